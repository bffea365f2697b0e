import { afterAll, beforeAll, expect, test } from 'vitest';
import { findClearQuestion, transcribe } from './command-line.ts';
import { RECORD_LOUDSPEAKER, saveLoudspeaker } from './loudspeaker-recording.ts';
import { writeMicrophoneFile } from './microphone-file.ts';
import { fixturePath, PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

let server: SottoServer;
let question: Awaited<ReturnType<typeof findClearQuestion>>;
let microphone: string;
beforeAll(async () => {
  question = await findClearQuestion();
  microphone = await writeMicrophoneFile([{ silenceMs: 1500 }, { file: fixturePath(question) }, { silenceMs: 120_000 }]);
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function askBySpeech(rig: PageRig): Promise<void> {
  await rig.ready();
  await rig.page.click('#talk');
  const heard = await rig.nextEvent('final');
  expect(heard['text']).not.toBe('');
  const reply = await rig.nextEvent('reply-end');
  expect(reply).toMatchObject({ status: 'completed' });
  expect(String(reply['text']).toLowerCase()).toContain(question.expectedFact);
  const latency = await rig.nextEvent('latency');
  const { totalMs, unattributedMs, stages } = latency['waterfall'] as { totalMs: number; unattributedMs: number; stages: { durationMs: number }[] };
  expect(stages.reduce((sum, { durationMs }) => sum + durationMs, unattributedMs)).toBeCloseTo(totalMs, 3);
  expect(await rig.text('captions')).toContain(String(reply['text']).trim());
  expect(await transcribe(await saveLoudspeaker(rig))).toContain(question.expectedFact);
  expect(rig.offOrigin).toEqual([]);
  expect(rig.errors).toEqual([]);
}

test('a spoken question is answered aloud with the right fact, all in the tab', async () => {
  await using rig = await PageRig.open({ url: server.url, microphone, initScript: RECORD_LOUDSPEAKER });
  await askBySpeech(rig);
  expect(await rig.page.evaluate('sotto.page.session.engines.devices()')).toEqual({ stt: 'wasm', tts: 'wasm' });
});

test('the same on the server', async () => {
  await using rig = await PageRig.open({ url: server.url, microphone, initScript: RECORD_LOUDSPEAKER });
  await rig.ready();
  await rig.page.check('input[value=server]', { force: true });
  await rig.page.waitForTimeout(500);
  await askBySpeech(rig);
});
