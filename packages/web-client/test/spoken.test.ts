import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeWav, writeMicrophoneFile } from './microphone-file.ts';
import { type Fixture, fixturePath, PageRig, readFixtures } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

const sotto = fileURLToPath(new URL('../../server/bin/sotto.js', import.meta.url));

/** Keeps everything that goes to the loudspeaker. */
const RECORD_LOUDSPEAKER = `(() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    // A page that changes its engine opens another context.
    if (target instanceof AudioDestinationNode && globalThis.recorder?.context !== this.context) {
      const recorder = this.context.createScriptProcessor(4096, 1, 1);
      globalThis.sounded = [];
      globalThis.recorder = recorder;
      recorder.onaudioprocess = (event) => globalThis.sounded.push(event.inputBuffer.getChannelData(0).slice());
      connect.call(this, recorder);
      connect.call(recorder, target);
    }
    return connect.call(this, target, ...rest);
  };
})()`;

let server: SottoServer;
let question: Fixture;
beforeAll(async () => {
  server = await SottoServer.start();
  question = readFixtures().find(({ kind, file, expectedFact }) => kind === 'question' && file.endsWith('-clean.wav') && expectedFact !== undefined)!;
});
afterAll(() => server[Symbol.asyncDispose]());

function microphoneAsking(fixture: Fixture): string {
  return writeMicrophoneFile([{ silenceMs: 1500 }, { file: fixturePath(fixture) }, { silenceMs: 60_000 }]);
}

/** What came out of the loudspeaker, transcribed by the recogniser of the command line. */
async function transcribeLoudspeaker(rig: PageRig): Promise<string> {
  const { samples, sampleRate } = await rig.page.evaluate<{ samples: number[]; sampleRate: number }>(
    `({ samples: globalThis.sounded.flatMap((block) => Array.from(block, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 32767))), sampleRate: globalThis.recorder.context.sampleRate })`,
  );
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-loudspeaker-')), 'reply.wav');
  writeFileSync(path, encodeWav([Int16Array.from(samples)], sampleRate));
  return execFileSync(process.execPath, [sotto, 'transcribe', path], { encoding: 'utf8' }).trim();
}

async function askBySpeech(rig: PageRig): Promise<void> {
  await rig.ready();
  await rig.page.click('#talk');
  const heard = await rig.nextEvent('final');
  expect(heard['text']).not.toBe('');
  const reply = await rig.nextEvent('reply-end');
  expect(reply).toMatchObject({ status: 'completed' });
  expect(reply['text']).toContain(question.expectedFact);
  const latency = await rig.nextEvent('latency');
  const { totalMs, unattributedMs, stages } = latency['waterfall'] as { totalMs: number; unattributedMs: number; stages: { durationMs: number }[] };
  expect(stages.reduce((sum, { durationMs }) => sum + durationMs, unattributedMs)).toBeCloseTo(totalMs, 3);
  expect(await transcribeLoudspeaker(rig)).toContain(question.expectedFact);
  expect(rig.offOrigin).toEqual([]);
  expect(rig.errors).toEqual([]);
}

test('a spoken question is answered aloud with the right fact, all in the tab', async () => {
  await using rig = await PageRig.open({ url: server.url, microphone: microphoneAsking(question), initScript: RECORD_LOUDSPEAKER });
  await askBySpeech(rig);
  expect(await rig.page.evaluate('sotto.page.session.engines.devices()')).toEqual({ stt: 'wasm', tts: 'wasm' });
});

test('the same on the server', async () => {
  await using rig = await PageRig.open({ url: server.url, microphone: microphoneAsking(question), initScript: RECORD_LOUDSPEAKER });
  await rig.ready();
  await rig.page.check('input[value=server]', { force: true });
  await rig.page.waitForTimeout(500);
  await askBySpeech(rig);
});

test('the same in the tab on WebGPU', async () => {
  await using rig = await PageRig.open({
    url: `${server.url}/?device=webgpu`,
    microphone: microphoneAsking(question),
    initScript: RECORD_LOUDSPEAKER,
    extraArgs: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  });
  await askBySpeech(rig);
  expect(await rig.page.evaluate('sotto.page.session.engines.devices()')).toEqual({ stt: 'webgpu', tts: 'webgpu' });
});
