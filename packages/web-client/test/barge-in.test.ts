import { afterAll, beforeAll, expect, test } from 'vitest';
import { findClearQuestion } from './command-line.ts';
import { BLOCK_SAMPLE_COUNT, RECORD_LOUDSPEAKER } from './loudspeaker-recording.ts';
import { writeMicrophoneFile } from './microphone-file.ts';
import { fixturePath, PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

/** Sentences that share no words with any question, so that the question cannot pass for their echo. */
const LONG_REPLY = Array.from({ length: 8 }, () => 'Two buses pass by the old stone bridge and a boat waits near the river.').join(' ');

/** Blocks that may still sound after the loudspeaker was told to stop: its fade, and what the recorder holds. */
const SETTLING_BLOCK_COUNT = 5;

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

type Block = { readonly contextTime: number; readonly peak: number };

test('speech over a reply silences it, captions keep what was heard, and what was said is answered', async () => {
  const question = await findClearQuestion();
  const microphone = await writeMicrophoneFile([{ silenceMs: 1500 }, { file: fixturePath(question) }, { silenceMs: 120_000 }]);
  await using rig = await PageRig.open({ url: server.url, microphone, initScript: RECORD_LOUDSPEAKER });
  await rig.ready();
  // The audio clock at each event tells which recorded blocks come after it, however late the page looks at them.
  await rig.page.evaluate(`(() => {
    globalThis.marks = [];
    sotto.page.session.on('*', ({ type }) => globalThis.marks.push({ type, contextTime: globalThis.recordedContext.currentTime }));
    void sotto.page.session.session.say(${JSON.stringify(LONG_REPLY)});
  })()`);
  await rig.until(`(globalThis.pageEvents ?? []).some(({ type, text }) => type === 'heard' && text !== '')`);
  await rig.page.click('#talk');
  const interrupted = await rig.nextEvent('interrupted');
  const heardText = String(interrupted['heardText']);
  expect(heardText).not.toBe('');
  expect(LONG_REPLY.startsWith(heardText)).toBe(true);
  expect(heardText.length).toBeLessThan(LONG_REPLY.length);
  expect(await rig.nextEvent('reply-end')).toMatchObject({ status: 'interrupted', heardText });
  expect((await rig.page.innerText('.caption.assistant')).replace(/ —$/, '')).toBe(heardText);

  const answer = await rig.nextEvent('reply-end', 1);
  expect(answer).toMatchObject({ status: 'completed' });
  expect(String(answer['text']).toLowerCase()).toContain(question.expectedFact);
  expect((await rig.page.innerText('.caption.user')).toLowerCase()).toContain(String((await rig.nextEvent('final'))['text']).toLowerCase());

  const { blocks, marks, sampleRate } = await rig.page.evaluate<{ blocks: Block[]; marks: { type: string; contextTime: number }[]; sampleRate: number }>(
    `({ marks: globalThis.marks, sampleRate: globalThis.recordedContext.sampleRate, blocks: globalThis.sounded.map(({ samples, contextTime }) => ({ contextTime, peak: samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0) })) })`,
  );
  const stopped = marks.findIndex(({ type }) => type === 'interrupted');
  const stoppedAt = marks[stopped]!.contextTime;
  const detectedAt = marks.slice(0, stopped).findLast(({ type }) => type === 'hearing')!.contextTime;
  const answeredAt = marks.slice(stopped).find(({ type }) => type === 'speaking')!.contextTime;
  const settling = (SETTLING_BLOCK_COUNT * BLOCK_SAMPLE_COUNT) / sampleRate;
  const sounding = (from: number, to: number) => blocks.filter(({ contextTime, peak }) => contextTime > from && contextTime < to && peak > 0.001).length;
  expect(sounding(0, detectedAt)).toBeGreaterThan(10);
  expect(sounding(stoppedAt + settling, answeredAt)).toBe(0);
  // Speech holds the sound at once, before it is known to be an interruption.
  expect(sounding(detectedAt + settling, stoppedAt)).toBe(0);
  expect(sounding(answeredAt, Infinity)).toBeGreaterThan(10);
  expect(rig.errors).toEqual([]);
});
