import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { VoiceEvent } from '../src/voice-event.ts';
// @ts-expect-error a plain script without types, shared with `npm test`
import { CHROMIUM_ADVICE, findChromium } from '../../../scripts/find-chromium.mjs';

let browser: Browser;
let page: Page;
let script: string;
beforeAll(async () => {
  const executablePath = findChromium() as string | undefined;
  if (executablePath === undefined) throw new Error(CHROMIUM_ADVICE);
  const entry = fileURLToPath(new URL('../src/demo/captions.ts', import.meta.url));
  const bundle = (await build({ configFile: false, logLevel: 'silent', build: { write: false, lib: { entry, name: 'demo', formats: ['iife'] } } })) as Rolldown.RolldownOutput[];
  script = bundle[0]!.output[0].code;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  page = await browser.newPage();
}, 120_000);
afterAll(() => browser?.close());
beforeEach(async () => {
  await page.setContent('<div id="list" style="height: 80px; overflow: auto"><p class="hint">Ask something.</p></div><p id="announcer"></p>');
  await page.addScriptTag({ content: `${script}; globalThis.captions = new demo.Captions(document.querySelector('#list'), document.querySelector('#announcer'))` });
});

const end = { type: 'reply-end', replyId: 'reply_1' } as const;
const take = (...events: readonly VoiceEvent[]) => page.evaluate(`${JSON.stringify(events)}.forEach((event) => captions.take(event))`);
const lines = () => page.locator('.caption').allInnerTexts();
const partial = (turnId: string, text: string, stableText: string): VoiceEvent => ({ type: 'partial', turnId, text, stableText });
const final = (turnId: string, text: string): VoiceEvent => ({ type: 'final', turnId, text, confidence: 0.9 });
const heard = (text: string): VoiceEvent => ({ type: 'heard', replyId: 'reply_1', heardMs: 400, text });

test('what the user says grows in one line, unsure words told apart, until it is final', async () => {
  await take(partial('turn_1', 'when', ''));
  await take(partial('turn_1', 'when does the', 'when does'));
  expect(await lines()).toEqual(['When does the']);
  expect(await page.innerText('.unsure')).toBe(' the');
  await take(final('turn_1', 'when does the museum open'));
  expect(await lines()).toEqual(['When does the museum open']);
  expect(await page.locator('.unsure').count()).toBe(0);
  expect(await page.innerText('#announcer')).toBe('You: when does the museum open');
  expect(await page.isVisible('.hint')).toBe(false);
});

test('a sound that turns out to be no words leaves no line', async () => {
  await take(partial('turn_1', 'uh', ''), final('turn_1', ''));
  expect(await lines()).toEqual([]);
});

test('a reply shows the words that were heard, with the one being said marked', async () => {
  await take(final('turn_1', 'when'), heard('It'), heard('It opens at'));
  expect(await lines()).toEqual(['When', 'It opens at']);
  expect(await page.innerText('.now')).toBe('at');
  await take({ ...end, status: 'completed', text: ' It opens at ten. ', heardText: 'It opens at ten.' });
  expect(await lines()).toEqual(['When', 'It opens at ten.']);
  expect(await page.locator('.now').count()).toBe(0);
});

test('an interrupted reply keeps only what was heard, on the page and for screen readers', async () => {
  await take(heard('It opens'), { ...end, status: 'interrupted', text: 'It opens at ten in the morning.', heardText: 'It opens' });
  expect(await lines()).toEqual(['It opens —']);
  expect(await page.innerText('#announcer')).toBe('Sotto: It opens');
  expect(await page.content()).not.toContain('morning');
});

test('a reply of which nothing was heard leaves no line', async () => {
  await take(final('turn_1', 'when'), { ...end, status: 'cancelled', text: 'It opens at ten.', heardText: '' });
  expect(await lines()).toEqual(['When']);
});

test('the next turn begins a line of its own, also after words that never became final', async () => {
  await take(partial('turn_1', 'when does', 'when'), partial('turn_2', 'where is', 'where'), final('turn_2', 'where is the lift'));
  expect(await lines()).toEqual(['When does', 'Where is the lift']);
});

test('a long day keeps the last forty lines, the newest in view, and clearing brings the hint back', async () => {
  await take(...Array.from({ length: 50 }, (_, i) => final(`turn_${i}`, `question ${i}`)));
  const shown = await lines();
  expect(shown).toHaveLength(40);
  expect([shown[0], shown.at(-1)]).toEqual(['Question 10', 'Question 49']);
  expect(await page.evaluate('(() => { const list = document.querySelector("#list"); return list.scrollHeight - list.scrollTop - list.clientHeight })()')).toBeLessThan(2);
  await page.evaluate('captions.clear()');
  expect(await lines()).toEqual([]);
  expect(await page.isVisible('.hint')).toBe(true);
  expect(await page.innerText('#announcer')).toBe('');
});
