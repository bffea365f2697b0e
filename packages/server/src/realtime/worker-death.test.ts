import { Worker } from 'node:worker_threads';
import { type LlmEngine, EngineError, encodePcm16, resample } from '@sotto/pipeline';
import type { SentServerEvent } from '@sotto/pipeline/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { startServer } from '../commands/serve.ts';
import { type LoadedEngines, loadEngines } from '../engines/load-engines.ts';
import { resolveServeConfig } from '../serve/serve-config.ts';
import type { VoiceServer } from '../serve/voice-server.ts';
import { TestClient } from './testing/test-client.ts';

/** From the end of a thread until its session is told: an error, or a finished turn. A promise to users, hence a time and no ratio. */
const TOLD_WITHIN_MS = 2000;
const FRAME_MS = 20;
/** Turns until a fresh worker has loaded its model on a busy machine. */
const ATTEMPT_COUNT = 20;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Called for every call that any thread is given. */
let onWorkerCall: (worker: Worker, method: string) => void = () => {};
const postMessage = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (this: Worker, ...args: Parameters<typeof postMessage>) {
  const { type, method } = args[0] as { type: string; method?: string };
  // Told first: what ends the thread reaches it before the call, which is then sure to be lost.
  if (type === 'call') onWorkerCall(this, method ?? '');
  postMessage.apply(this, args);
};
afterAll(() => void (Worker.prototype.postMessage = postMessage));

/** Ends threads in the middle of the next call of this name: its own, or all that were given work before. @returns when, on the clock of `performance.now()`. */
function killDuring(method: string, which: 'its own' | 'all' = 'its own'): Promise<number> {
  const seen = new Set<Worker>();
  return new Promise((resolve) => {
    onWorkerCall = (worker, called) => {
      seen.add(worker);
      if (called !== method) return;
      onWorkerCall = () => {};
      const victims = which === 'all' ? [...seen] : [worker];
      const ends = victims.map((victim) => new Promise<number>((ended) => victim.once('error', () => ended(performance.now()))));
      // A message that nobody can read is an error that nobody catches. Terminating from here could hit native code and end the process.
      for (const victim of victims) postMessage.call(victim, null);
      void Promise.race(ends).then(resolve);
    };
  });
}

/** The language model, which has no thread of its own here: it fails where told to. */
function mortal(llm: LlmEngine, dies: () => boolean): LlmEngine {
  return {
    ...llm,
    capabilities: llm.capabilities,
    openSession: async (options) => {
      const session = await llm.openSession(options);
      return {
        warm: (...args) => session.warm(...args),
        async *generate(...args) {
          for await (const event of session.generate(...args)) {
            yield event;
            if (dies()) throw new EngineError('VOICE_ERR_WORKER_CRASHED', 'The language model died', { stage: 'llm', retryable: true });
          }
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
  };
}

let engines: LoadedEngines;
let server: VoiceServer;
let question: Float32Array;
/** Called whenever the language model works; @returns whether it is to die of it. */
let llmDies: () => boolean = () => false;
beforeAll(async () => {
  const { samples, sampleRate } = await readAudioFile(new URL('../../../../audio-fixtures/question-001-clean.wav', import.meta.url).pathname);
  question = resample(samples, sampleRate, 24_000);
  engines = await loadEngines({ sessionCount: 2 });
  const { llm } = engines.forSession('shared');
  const dying = mortal(llm, () => llmDies());
  const withMortalLlm: LoadedEngines = { ...engines, forSession: (key) => ({ ...engines.forSession(key), llm: dying }), [Symbol.asyncDispose]: () => Promise.resolve() };
  server = await startServer(resolveServeConfig({ flags: { port: 0, logLevel: 'silent', llmContexts: 2, maxQueueDelayMs: 10_000 } }), withMortalLlm);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await engines[Symbol.asyncDispose]();
});

/** Asks the question at the pace of a microphone, and is then silent until told. */
async function ask(client: TestClient, done: () => boolean): Promise<void> {
  const startedMs = performance.now();
  const frame = new Float32Array(FRAME_MS * 24);
  for (let offset = 0; !done() && offset < 40_000 * 24; offset += frame.length) {
    const samples = offset + frame.length <= question.length ? question.subarray(offset, offset + frame.length) : frame;
    client.send({ type: 'input_audio_buffer.append', audio: Buffer.from(encodePcm16(samples)).toString('base64') });
    const aheadMs = offset / 24 - (performance.now() - startedMs);
    if (aheadMs > 5) await pause(aheadMs);
  }
}

/** What tells a session that its turn failed or is done; on a busy machine there may also be news of dropped audio. */
function nextTold(client: TestClient, since: number): Promise<SentServerEvent> {
  return Promise.race([client.next('error', { since, where: ({ error }) => error.code === 'VOICE_ERR_WORKER_CRASHED' }), client.next('response.done', { since })]);
}

/** Asks, and waits for what is told after `death`. @returns what, and how long after it. */
async function askUntil(client: TestClient, death: Promise<number>): Promise<{ readonly event: SentServerEvent; readonly tookMs: number }> {
  let told = false;
  const asking = ask(client, () => told);
  const diedMs = await death;
  const event = await nextTold(client, client.events.length);
  const tookMs = performance.now() - diedMs;
  told = true;
  await asking;
  return { event, tookMs };
}

async function expectNextTurnToWork(client: TestClient): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
    // What a failed turn still tells is not the next turn's.
    await pause(500);
    const { event } = await askUntil(client, Promise.resolve(performance.now()));
    if (event.type === 'response.done' && event.response.status === 'completed') return;
  }
  throw new Error(`No turn works any more: ${JSON.stringify(client.ofType('error').at(-1))}`);
}

describe('the death of a worker in the middle of a turn is told within two seconds, and the next turn works', { timeout: 300_000 }, () => {
  it.each([
    ['vad', 'scoreFrames', 'its own'],
    ['stt', 'finish', 'its own'],
    ['tts', 'nextChunk', 'its own'],
    ['every', 'finish', 'all'],
  ] as const)('%s', async (_stage, method, which) => {
    const client = await TestClient.connect(`${server.url.replace('http', 'ws')}/v1/realtime`);
    const { event, tookMs } = await askUntil(client, killDuring(method, which));
    expect(tookMs).toBeLessThan(TOLD_WITHIN_MS);
    if (event.type === 'error') expect(event.error).toMatchObject({ type: 'server_error', code: 'VOICE_ERR_WORKER_CRASHED' });
    else expect(event).toMatchObject({ response: { status: 'failed', status_details: { error: { code: 'VOICE_ERR_WORKER_CRASHED' } } } });
    await expectNextTurnToWork(client);
    await client.close();
  });

  it('llm', async () => {
    const client = await TestClient.connect(`${server.url.replace('http', 'ws')}/v1/realtime`);
    let diedMs = 0;
    // Until it was told: the death of an answer made ahead of need is made good unseen.
    const death = new Promise<number>((resolve) => {
      llmDies = () => {
        diedMs = performance.now();
        resolve(diedMs);
        return true;
      };
    });
    const { event } = await askUntil(client, death);
    expect(performance.now() - diedMs).toBeLessThan(TOLD_WITHIN_MS);
    expect(event).toMatchObject({ type: 'error', error: { code: 'VOICE_ERR_WORKER_CRASHED' } });
    expect((await client.next('response.done')).response).toMatchObject({ status: 'failed', status_details: { error: { code: 'VOICE_ERR_WORKER_CRASHED' } } });
    llmDies = () => false;
    await expectNextTurnToWork(client);
    await client.close();
  });
});
