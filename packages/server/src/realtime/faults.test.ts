import { EngineError, type SttEngine, type TtsEngine, systemClock } from '@sotto/pipeline';
import { SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { scriptedLlm, scriptedStt, scriptedTts, scriptedVad, silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { TestClient } from './testing/test-client.ts';
import { startTestServer } from './testing/test-server.ts';

const crash = (stage: 'stt' | 'llm' | 'tts') => new EngineError('VOICE_ERR_WORKER_CRASHED', `The ${stage} worker died`, { stage, retryable: true });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ANSWER = 'It is a quarter past ten.';

function ask(client: TestClient): void {
  client.sendAudio(speechSamples(600, 24_000));
  client.sendAudio(silenceSamples(1200, 24_000));
}

describe('a worker that dies in the middle of a turn', () => {
  it('while transcribing gives a typed error, and the next turn works', async () => {
    const stt = scriptedStt({ clock: systemClock, texts: ['what time is it'] });
    let crashes = 1;
    const dying: SttEngine = {
      ...stt,
      openStream: (options) => {
        const stream = stt.openStream(options);
        return { ...stream, finish: (call) => (crashes-- > 0 ? Promise.reject(crash('stt')) : stream.finish(call)) };
      },
    };
    await using host = await startTestServer({ engines: { stt: dying } });
    const client = await TestClient.connect(host.realtimeUrl);
    ask(client);
    expect((await client.next('error')).error).toMatchObject({ type: 'server_error', code: 'VOICE_ERR_WORKER_CRASHED' });
    const failed = await client.next('conversation.item.input_audio_transcription.failed');
    expect(failed.item_id).toBe((await client.next('input_audio_buffer.committed')).item_id);
    expect(failed.error.code).toBe('VOICE_ERR_WORKER_CRASHED');
    ask(client);
    expect((await client.next('response.done')).response.output[0]).toMatchObject({ content: [{ transcript: ANSWER }] });
    await client.close();
  });

  it('while thinking gives a failed response, and the next turn works', async () => {
    const llm = scriptedLlm({ clock: systemClock, answer: () => ANSWER });
    // Until it was told: the death of an answer made ahead of need is made good unseen.
    let dies = true;
    const dying = {
      ...llm,
      openSession: async () => {
        const session = await llm.openSession();
        return {
          ...session,
          async *generate(...args: Parameters<typeof session.generate>) {
            for await (const event of session.generate(...args)) {
              yield event;
              if (event.type === 'text-delta' && dies) throw crash('llm');
            }
          },
        };
      },
    };
    await using host = await startTestServer({ engines: { llm: dying } });
    const client = await TestClient.connect(host.realtimeUrl);
    client.send({ type: 'session.update', session: { output_modalities: ['text'] } });
    ask(client);
    const { response } = await client.next('response.done');
    expect(response).toMatchObject({ status: 'failed', status_details: { type: 'failed', error: { type: 'server_error', code: 'VOICE_ERR_WORKER_CRASHED' } } });
    dies = false;
    ask(client);
    const second = await client.next('response.done', { where: (event) => event.response.id !== response.id });
    expect(second.response).toMatchObject({ status: 'completed', output: [{ content: [{ text: ANSWER }] }] });
    await client.close();
  });

  it('while speaking gives a failed response, and the next turn works', async () => {
    const tts = scriptedTts({ clock: systemClock });
    let dies = true;
    const dying: TtsEngine = {
      ...tts,
      async *synthesize(text, options) {
        if (dies) throw crash('tts');
        yield* tts.synthesize(text, options);
      },
    };
    await using host = await startTestServer({ engines: { tts: dying } });
    const client = await TestClient.connect(host.realtimeUrl);
    ask(client);
    const { response } = await client.next('response.done');
    expect(response).toMatchObject({ status: 'failed', status_details: { error: { code: 'VOICE_ERR_WORKER_CRASHED' } } });
    dies = false;
    ask(client);
    const second = await client.next('response.done', { where: (event) => event.response.id !== response.id });
    expect(second.response.status).toBe('completed');
    const text = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(text).toMatch(/^sotto_errors_total\{code="VOICE_ERR_WORKER_CRASHED"\} 1$/m);
    await client.close();
  });
});

describe('listening that cannot keep up', () => {
  it('drops the oldest audio and says so, not more than once a second', async () => {
    await using host = await startTestServer({ engines: { vad: scriptedVad({ clock: systemClock, delayMs: 20 }) } });
    const client = await TestClient.connect(host.realtimeUrl);
    client.sendAudio(silenceSamples(8000, 24_000));
    expect((await client.next('error')).error).toMatchObject({ type: 'server_error', code: 'VOICE_ERR_CAPTURE_OVERRUN' });
    await pause(300);
    expect(client.ofType('error')).toHaveLength(1);
    const text = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(Number(/^sotto_dropped_audio_seconds_total ([\d.]+)$/m.exec(text)?.[1])).toBeGreaterThan(1);
    await client.close();
  });
});

describe('a client that dies', () => {
  it('in the middle of a turn leaves nothing behind', async () => {
    let openStreams = 0;
    let aborted = 0;
    const stt = scriptedStt({ clock: systemClock, texts: ['what time is it'] });
    const tts = scriptedTts({ clock: systemClock });
    await using host = await startTestServer({
      answer: () => 'word '.repeat(40),
      engines: {
        stt: {
          ...stt,
          openStream: (options) => {
            const stream = stt.openStream(options);
            openStreams++;
            let open = true;
            return {
              ...stream,
              [Symbol.asyncDispose]: () => {
                if (open) openStreams--;
                open = false;
                return Promise.resolve();
              },
            };
          },
        },
        tts: {
          ...tts,
          async *synthesize(text, options) {
            options?.signal?.addEventListener('abort', () => aborted++, { once: true });
            yield* tts.synthesize(text, options);
          },
        },
      },
    });
    for (const provoke of ['listening', 'replying'] as const) {
      const client = await TestClient.connect(host.realtimeUrl);
      client.sendAudio(speechSamples(600, 24_000));
      if (provoke === 'replying') {
        client.sendAudio(silenceSamples(1200, 24_000));
        await client.next('response.output_audio.delta');
      } else await client.next('input_audio_buffer.speech_started');
      client.socket.terminate();
      for (let i = 0; i < 100 && host.server.sessionCount > 0; i++) await pause(20);
      expect(host.server.sessionCount).toBe(0);
      expect(openStreams).toBe(0);
    }
    expect(aborted).toBeGreaterThan(0);
    for (let i = 0; i < 100 && (await host.server.connectionCount()) > 0; i++) await pause(20);
    expect(await host.server.connectionCount()).toBe(0);
  });

  it('of the extension is waited for, and then leaves nothing behind either', async () => {
    await using host = await startTestServer({ settings: { resumeWithinMs: 300 } });
    const client = await TestClient.connect(host.realtimeUrl, [SOTTO_SUBPROTOCOL]);
    client.socket.terminate();
    await pause(100);
    expect(host.server.sessionCount).toBe(1);
    for (let i = 0; i < 100 && host.server.sessionCount > 0; i++) await pause(20);
    expect(host.server.sessionCount).toBe(0);
  });
});
