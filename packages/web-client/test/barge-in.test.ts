import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDED_MICROPHONE, speak } from './commanded-microphone.ts';
import { findClearQuestion } from './command-line.ts';
import { RECORD_LOUDSPEAKER } from './loudspeaker-recording.ts';
import { writeMicrophoneFile } from './microphone-file.ts';
import { fixturePath, PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

/** Sentences that share no words with any question, so that the question cannot pass for their echo. */
const LONG_REPLY = Array.from({ length: 8 }, () => 'Two buses pass by the old stone bridge and a boat waits near the river.').join(' ');

/** How long the loudspeaker may still sound after it was told to stop, and how late the page hears of what sounds. */
const SETTLING_SECONDS = 0.1;

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Notes the audio clock at each event: it tells which recorded blocks come after it, however late the page looks at them. */
const MARK_EVENTS = `(() => {
  globalThis.marks = [];
  sotto.page.session.on('*', ({ type }) => globalThis.marks.push({ type, contextTime: globalThis.recordedContext.currentTime }));
})()`;

const HEARD_SOMETHING = `(globalThis.pageEvents ?? []).some(({ type, text }) => type === 'heard' && text !== '')`;

type Mark = { readonly type: string; readonly contextTime: number };
type Block = { readonly contextTime: number; readonly peak: number };

/** What sounded before speech was noticed, while it was looked at, between the stop and the answer, and after that: in blocks of 20 ms. */
async function soundingBlockCounts(rig: PageRig): Promise<{ before: number; noticed: number; stopped: number; answered: number }> {
  const { blocks, marks } = await rig.page.evaluate<{ blocks: Block[]; marks: Mark[] }>(
    `({ marks: globalThis.marks, blocks: globalThis.sounded.map(({ samples, contextTime }) => ({ contextTime, peak: samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0) })) })`,
  );
  const stop = marks.findIndex(({ type }) => type === 'interrupted');
  const stoppedAt = marks[stop]!.contextTime;
  // A server tells of speech together with what it did to the reply.
  const noticedAt = (marks.slice(0, stop).findLast(({ type }) => type === 'hearing') ?? marks[stop]!).contextTime;
  // Told after the fact: the first blocks of the answer have sounded by then.
  const answeredAt = marks.slice(stop).find(({ type }) => type === 'speaking')!.contextTime - SETTLING_SECONDS;
  const sounding = (from: number, to: number) => blocks.filter(({ contextTime, peak }) => contextTime > from && contextTime < to && peak > 0.001).length;
  return {
    before: sounding(0, noticedAt),
    noticed: sounding(noticedAt + SETTLING_SECONDS, stoppedAt),
    stopped: sounding(stoppedAt + SETTLING_SECONDS, answeredAt),
    answered: sounding(answeredAt, Infinity),
  };
}

test('speech over a reply silences it, captions keep what was heard, and what was said is answered', async () => {
  const question = await findClearQuestion();
  const microphone = await writeMicrophoneFile([{ silenceMs: 1500 }, { file: fixturePath(question) }, { silenceMs: 120_000 }]);
  await using rig = await PageRig.open({ url: server.url, microphone, initScript: RECORD_LOUDSPEAKER });
  await rig.ready();
  await rig.page.evaluate(MARK_EVENTS);
  await rig.page.evaluate(`void sotto.page.session.session.say(${JSON.stringify(LONG_REPLY)})`);
  await rig.until(HEARD_SOMETHING);
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

  const { before, noticed, stopped, answered } = await soundingBlockCounts(rig);
  expect(before).toBeGreaterThan(10);
  // Speech holds the sound at once, before it is known to be an interruption.
  expect(noticed).toBe(0);
  expect(stopped).toBe(0);
  expect(answered).toBeGreaterThan(10);
  expect(rig.errors).toEqual([]);
});

/** Speaks over a typed question's answer; a machine too busy to notice before the answer ends is given another chance. */
async function speakOverReply(rig: PageRig, path: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const endCount = (await rig.events('reply-end')).length;
    await rig.type('When does the museum close?');
    await rig.nextEvent('thinking', endCount);
    const { replyId } = (await rig.events('thinking'))[endCount]!;
    await rig.until(`globalThis.pageEvents.some(({ type, replyId, text }) => type === 'heard' && replyId === '${String(replyId)}' && text !== '')`);
    await speak(rig, path);
    await rig.until(`globalThis.pageEvents.some(({ type }) => type === 'interrupted') || globalThis.pageEvents.filter(({ type }) => type === 'reply-end').length >= ${endCount + 2}`);
    if ((await rig.events('interrupted')).length > 0) return;
  }
  throw new Error('Every answer was over before speech over it was noticed');
}

test('the same on the server', async () => {
  const question = await findClearQuestion();
  await using rig = await PageRig.open({ url: `${server.url}/?engine=server`, initScript: `${COMMANDED_MICROPHONE}; ${RECORD_LOUDSPEAKER}` });
  await rig.ready();
  await rig.page.click('#talk');
  await rig.nextEvent('listening');
  await rig.page.evaluate(MARK_EVENTS);
  // As slowly as the voice speaks, so that the reply lasts long enough to be spoken over.
  await rig.page.evaluate('sotto.page.session.update({ speed: 0.5 })');
  await speakOverReply(rig, fixturePath(question));
  await rig.page.evaluate('sotto.page.session.update({ speed: 1 })');
  const interrupted = await rig.nextEvent('interrupted');
  const heardText = String(interrupted['heardText']);
  const endIndex = (await rig.events('reply-end')).findIndex(({ replyId }) => replyId === interrupted['replyId']);
  const cut = await rig.nextEvent('reply-end', endIndex);
  expect(cut).toMatchObject({ status: 'interrupted', heardText });
  expect(heardText).not.toBe('');
  expect(String(cut['text']).trim().startsWith(heardText)).toBe(true);
  expect(heardText.length).toBeLessThan(String(cut['text']).trim().length);
  expect(await rig.page.locator('.caption.assistant').nth(endIndex).innerText()).toBe(`${heardText} —`);

  const answer = await rig.nextEvent('reply-end', endIndex + 1);
  expect(answer).toMatchObject({ status: 'completed' });
  expect(String(answer['text']).toLowerCase()).toContain(question.expectedFact);
  expect(await rig.page.locator('.caption').count()).toBe(2 * (endIndex + 2));

  const { before, stopped, answered } = await soundingBlockCounts(rig);
  expect(before).toBeGreaterThan(10);
  expect(stopped).toBe(0);
  expect(answered).toBeGreaterThan(10);
  expect(rig.errors).toEqual([]);
});
