import { afterAll, beforeAll, expect, test } from 'vitest';
import { PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

test('a kiosk forgets the conversation when nobody uses it any more', async () => {
  await using rig = await PageRig.open({ url: `${server.url}/?kiosk=2000` });
  await rig.ready();
  expect(await rig.page.isVisible('#facts')).toBe(false);
  await rig.page.evaluate(`(() => {
    document.querySelector('#typed-text').value = 'When does the museum open?';
    document.querySelector('#typed').requestSubmit();
  })()`);
  expect((await rig.nextEvent('reply-end'))['text']).toMatch(/ten/);
  const before = await rig.page.evaluate<number>('sotto.page.session.session.items.length');
  expect(before).toBeGreaterThan(0);
  await rig.until(`document.querySelectorAll('.caption').length === 0 && sotto.page.session.session.items.length === 0`);
  expect(await rig.page.innerText('#captions')).toContain('Ask about');
  expect(await rig.page.evaluate('document.querySelector("#announcer").textContent')).toBe('');
  expect(rig.errors).toEqual([]);
});

test('a kiosk whose microphone was unplugged listens again by itself', async () => {
  await using rig = await PageRig.open({ url: `${server.url}/?kiosk` });
  await rig.page.evaluate(`(() => {
    const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    globalThis.tracks = [];
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      globalThis.tracks.push(stream.getAudioTracks()[0]);
      return stream;
    };
  })()`);
  await rig.ready();
  await rig.page.click('#talk');
  await rig.nextEvent('listening');
  await rig.page.evaluate(`tracks[0].dispatchEvent(new Event('ended'))`);
  await rig.until(`tracks.length === 2 && sotto.page.session.isListening`);
  await rig.until(`document.querySelector('#state').textContent === 'Listening'`);
});

test('a kiosk whose server went away answers again when there is one', async () => {
  const first = await SottoServer.start();
  await using rig = await PageRig.open({ url: `${first.url}/?kiosk=600000&engine=server` });
  await rig.ready();
  await rig.page.click('#talk');
  await rig.nextEvent('listening');
  await rig.page.evaluate('globalThis.notReloaded = true');
  await first[Symbol.asyncDispose]();
  await rig.until(`document.querySelector('#state').classList.contains('problem')`);
  await using _second = await SottoServer.start(Number(new URL(first.url).port));
  await rig.until(`document.querySelector('#state').textContent === 'Listening'`, 120_000);
  await rig.page.evaluate(`sotto.page.session.sendText('When does the museum open?')`);
  expect((await rig.nextEvent('reply-end'))['text']).toMatch(/ten/);
  expect(await rig.page.evaluate('globalThis.notReloaded')).toBe(true);
});
