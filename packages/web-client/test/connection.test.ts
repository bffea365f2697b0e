import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDED_MICROPHONE, speak } from './commanded-microphone.ts';
import { findClearQuestion, transcribe } from './command-line.ts';
import { RECORD_LOUDSPEAKER, saveLoudspeaker } from './loudspeaker-recording.ts';
import { fixturePath, type PageEvent, PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { WireRecording } from './wire-recording.ts';

let server: SottoServer;
let question: Awaited<ReturnType<typeof findClearQuestion>>;
beforeAll(async () => {
  question = await findClearQuestion();
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const captionsOf = (rig: PageRig) => rig.page.evaluate<string[]>(`[...document.querySelectorAll('.caption')].map(({ textContent }) => textContent)`);
const connectionsOf = async (rig: PageRig) => (await rig.events('connection')).map(({ state }) => state);

/** Opens the page as a client of its server, listening, at the far end of a network that can be cut. */
async function openOver(proxy: TcpProxy, initScript = ''): Promise<PageRig> {
  const rig = await PageRig.open({ url: `${proxy.url}/?engine=server`, initScript: `${COMMANDED_MICROPHONE}; ${RECORD_LOUDSPEAKER}; ${initScript}` });
  await rig.ready();
  await rig.page.click('#talk');
  await rig.nextEvent('listening');
  return rig;
}

/** Asks the question aloud, and again as a person would when the machine is too busy to listen. */
async function askAloud(rig: PageRig): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const overrunCount = (await overrunsOf(rig)).length;
    const answerCount = (await rig.events('reply-end')).length;
    await speak(rig, fixturePath(question));
    const reply = await rig.nextEvent('reply-end', answerCount, 120_000);
    const text = String(reply['text']).trim();
    if (reply['status'] === 'completed' && text.toLowerCase().includes(question.expectedFact)) return text;
    if (attempt === 4 || (await overrunsOf(rig)).length === overrunCount) throw new Error(`Asked for ${question.expectedFact}, answered ${JSON.stringify(reply)}`);
  }
}

const isOverrun = ({ error }: PageEvent) => (error as { code: string }).code === 'VOICE_ERR_CAPTURE_OVERRUN';
const overrunsOf = async (rig: PageRig) => (await rig.events('error')).filter(isOverrun);

test('a network that drops between two questions costs neither the session nor a caption', async () => {
  await using proxy = await TcpProxy.to(server.url);
  await using rig = await openOver(proxy);
  await askAloud(rig);
  const before = await captionsOf(rig);

  proxy.cut();
  await rig.until(`document.querySelector('#state').textContent.startsWith('Reconnecting')`);
  expect(await captionsOf(rig)).toEqual(before);
  proxy.mend();
  await rig.until(`document.querySelector('#state').textContent === 'Listening'`);
  expect(await connectionsOf(rig)).toEqual(['reconnecting', 'connected']);
  expect(proxy.requests.at(-1)).toMatch(/^GET \/v1\/realtime\?resume=/);

  await askAloud(rig);
  const captions = await captionsOf(rig);
  expect(captions.slice(0, before.length)).toEqual(before);
  expect(captions).toHaveLength(2 * (await rig.events('reply-end')).length);
  expect(rig.errors).toEqual([]);
});

test('a reply that is cut by the network goes on where it was, no sample lost or twice', async () => {
  await using proxy = await TcpProxy.to(server.url);
  await using rig = await PageRig.open({ url: proxy.url, initScript: RECORD_LOUDSPEAKER });
  await rig.ready();
  // Only connections that open from now on are recorded.
  const wire = new WireRecording(rig.page);
  await rig.page.check('input[value=server]', { force: true });
  await rig.until('sotto.page.session !== undefined && sotto.page.session.engines === undefined');
  await rig.collect();
  await rig.type(question.transcript);
  await rig.nextEvent('speaking', 0, 120_000);
  proxy.cut();
  await rig.until(`(globalThis.pageEvents ?? []).some(({ type, state }) => type === 'connection' && state === 'reconnecting')`);
  proxy.mend();
  const reply = await rig.nextEvent('reply-end', 0, 120_000);
  expect(reply).toMatchObject({ status: 'completed' });
  expect(await captionsOf(rig)).toEqual([question.transcript, String(reply['text']).trim()]);
  expect(await transcribe(await saveLoudspeaker(rig))).toContain(question.expectedFact);
  let position = 0;
  for (const frame of wire.frames) {
    expect(frame.position).toBe(position);
    position += frame.sampleCount;
  }
  expect(position).toBeGreaterThan(0);
});

test.each([
  ['goes through a server that was started anew', async (own: SottoServer) => {
    await own[Symbol.asyncDispose]();
    return SottoServer.start(Number(new URL(own.url).port));
  }],
  ['says goodbye in the middle', async (own: SottoServer, rig: PageRig) => {
    await rig.page.evaluate('openSockets.at(-1).close()');
    return own;
  }],
] as const)('a connection that %s is told the conversation and goes on', async (_, lose) => {
  const first = await SottoServer.start();
  await using proxy = await TcpProxy.to(first.url);
  await using rig = await openOver(proxy, `globalThis.openSockets = []; globalThis.WebSocket = class extends WebSocket { constructor(...given) { super(...given); openSockets.push(this); } }`);
  const answer = await askAloud(rig);
  const before = await captionsOf(rig);
  const wire = new WireRecording(rig.page);
  await using _second = await lose(first, rig);
  await rig.until(`(globalThis.pageEvents ?? []).some(({ type, state }) => type === 'connection' && state === 'connected')`, 120_000);
  expect(await connectionsOf(rig)).toEqual(['reconnecting', 'connected']);
  const retold = wire.sent.filter(({ type }) => type === 'conversation.item.create').map(({ item }) => [item?.role, item?.content[0]?.text.trim()]);
  expect(retold.map(([, text]) => text?.toLowerCase())).toEqual(before.map((caption) => caption.toLowerCase()));
  expect(retold.at(-1)).toEqual(['assistant', answer]);
  expect(wire.sent[0]).toMatchObject({ type: 'session.update', session: { instructions: await rig.page.inputValue('#facts') } });

  await askAloud(rig);
  const captions = await captionsOf(rig);
  expect(captions.slice(0, before.length)).toEqual(before);
  expect(captions).toHaveLength(2 * (await rig.events('reply-end')).length);
  expect((await rig.events('error')).filter((event) => !isOverrun(event))).toEqual([]);
});

test('typed text that the network swallowed is sent again and answered once', async () => {
  await using proxy = await TcpProxy.to(server.url);
  await using rig = await openOver(proxy);
  proxy.cut();
  await rig.type('When does the museum open?');
  await rig.until(`document.querySelector('#state').textContent.startsWith('Reconnecting')`);
  proxy.mend();
  expect(await rig.nextEvent('reply-end')).toMatchObject({ status: 'completed', text: expect.stringMatching(/ten/) as string });
  expect(await captionsOf(rig)).toHaveLength(2);
  await rig.type('When does the museum close?');
  expect((await rig.nextEvent('reply-end', 1))['text']).toMatch(/five/);
  expect(await captionsOf(rig)).toHaveLength(4);
});
