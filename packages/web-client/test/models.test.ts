import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDED_MICROPHONE, speak } from './commanded-microphone.ts';
import { fixturePath, PageRig, readFixtures } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';
import { KEEP_STATES, statesShown } from './state-recording.ts';

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function open(): Promise<PageRig> {
  const rig = await PageRig.open({ url: server.url, initScript: `${KEEP_STATES}; ${COMMANDED_MICROPHONE}` });
  await rig.ready();
  return rig;
}

/** Addresses of a model's files in Cache Storage. */
const keptFiles = (rig: PageRig, modelId: string) =>
  rig.page.evaluate<string[]>(`caches.open('sotto-models-v1').then((cache) => cache.keys()).then((requests) => requests.map(({ url }) => url).filter((url) => url.includes('/models/${modelId}/')))`);

const fetchedFiles = (rig: PageRig, modelId: string) =>
  rig.page.evaluate<string[]>(`performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/models/${modelId}/'))`);

const card = (rig: PageRig, title: string) => rig.page.locator('#models article', { hasText: title });

async function answers(rig: PageRig): Promise<void> {
  const count = (await rig.events('reply-end')).length;
  await rig.type('When does the museum open?');
  expect(await rig.nextEvent('reply-end', count)).toMatchObject({ status: 'completed', text: expect.stringMatching(/ten/) as string });
}

describe('a model kept in the browser', () => {
  test.each([
    ['dropped by the browser', 'cache.delete(request)', 'the browser had dropped it'],
    ['changed by somebody else', `cache.put(request, new Response('something else'))`, 'what was kept had changed'],
  ])('and %s is missed, fetched again and kept again', async (_, harm, reason) => {
    await using rig = await open();
    expect(await statesShown(rig)).not.toContain('again');
    const files = await keptFiles(rig, 'starter-llm');
    expect(files.length).toBeGreaterThan(0);
    await rig.page.evaluate(`caches.open('sotto-models-v1').then(async (cache) => { for (const request of await cache.keys()) if (request.url.includes('/models/starter-llm/')) await ${harm}; })`);
    await rig.page.reload();
    await rig.ready();
    const shown = await statesShown(rig);
    expect(shown).toContain(`Fetching starter-llm again: ${reason}`);
    expect(shown).not.toMatch(/Fetching (?!starter-llm)/);
    expect(await fetchedFiles(rig, 'starter-llm')).toEqual(files);
    expect(await fetchedFiles(rig, 'starter-tts')).toEqual([]);
    expect(await keptFiles(rig, 'starter-llm')).toEqual(files);
    await answers(rig);
  });

  test('and dropped while the page is open is no longer shown as kept once somebody looks', async () => {
    await using rig = await open();
    await card(rig, 'Language model').getByText('kept in this browser').waitFor();
    await rig.page.evaluate(`caches.delete('sotto-models-v1')`);
    await rig.page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await rig.until(`!document.querySelector('#models').textContent.includes('kept in this browser')`);
    await answers(rig);
  });

  test('and removed by its button is gone, said to be gone, and missed by nobody', async () => {
    await using rig = await open();
    await rig.page.getByRole('button', { name: 'Remove Sotto starter voice from this browser' }).click();
    await rig.until(`document.querySelector('#state').textContent === 'Sotto starter voice was removed from this browser; the next start fetches it again'`);
    expect(await keptFiles(rig, 'starter-tts')).toEqual([]);
    expect(await card(rig, 'Sotto starter voice').innerText()).not.toContain('kept in this browser');
    expect(await rig.page.getByRole('button', { name: /^Remove Sotto starter voice/ }).count()).toBe(0);
    expect(await rig.page.evaluate('document.activeElement.id')).toBe('models');
    await answers(rig);
    await rig.page.reload();
    await rig.ready();
    expect(await statesShown(rig)).not.toContain('again: ');
    expect((await keptFiles(rig, 'starter-tts')).length).toBeGreaterThan(0);
  });
});

test('another recogniser that was chosen hears the next turn, and the conversation goes on', async () => {
  await using rig = await open();
  await answers(rig);
  const items = await rig.page.evaluate<unknown[]>('sotto.page.session.session.items');
  expect(await fetchedFiles(rig, 'starter-stt-int8')).toEqual([]);
  await rig.page.getByLabel('Recogniser to use').selectOption('starter-stt-int8');
  await rig.until(`sotto.page.session?.engines.manifests.stt.id === 'starter-stt-int8'`, 120_000);
  await rig.ready();
  expect((await fetchedFiles(rig, 'starter-stt-int8')).filter((url) => url.endsWith('.onnx')).map((url) => url.split('/').at(-1))).toEqual(['decoder_model_merged_quantized.onnx', 'encoder_model_quantized.onnx']);
  expect(await rig.page.evaluate('sotto.page.session.session.items')).toEqual(items);

  await rig.page.click('#talk');
  await rig.nextEvent('listening');
  const question = readFixtures().find(({ name }) => name === 'question-007-clean')!;
  await speak(rig, fixturePath(question));
  expect((await rig.nextEvent('final'))['text']).not.toBe('');
  expect(await rig.nextEvent('reply-end', 1)).toMatchObject({ status: 'completed' });
  expect(rig.errors).toEqual([]);
});
