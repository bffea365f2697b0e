import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('the microphone', () => {
  test('denied: a sentence that says where to allow it, and typing still works', async () => {
    await using rig = await PageRig.open({ url: server.url, permission: 'denied' });
    await rig.ready();
    await rig.page.click('#talk');
    await rig.until(`/not allowed/.test(document.querySelector('#state').textContent)`);
    expect(await rig.text('state')).toBe('The microphone was not allowed; permit it in the address bar and try again');
    await rig.type('When does the museum open?');
    expect(await rig.nextEvent('reply-end')).toMatchObject({ status: 'completed' });
  });

  test('missing: a sentence that says to connect one', async () => {
    await using rig = await PageRig.open({ url: server.url, permission: 'missing' });
    await rig.ready();
    await rig.page.click('#talk');
    await rig.until(`/No microphone/.test(document.querySelector('#state').textContent)`);
    expect(await rig.text('state')).toBe('No microphone was found; connect one and try again');
  });

  test('unplugged and muted: told apart', async () => {
    await using rig = await PageRig.open({ url: server.url });
    await rig.page.evaluate(`(() => {
      const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await getUserMedia(constraints);
        globalThis.track = stream.getAudioTracks()[0];
        return stream;
      };
    })()`);
    await rig.ready();
    await rig.page.click('#talk');
    await rig.nextEvent('listening');
    await rig.page.evaluate(`track.dispatchEvent(new Event('mute'))`);
    await rig.until(`/muted/.test(document.querySelector('#state').textContent)`);
    await rig.page.evaluate(`track.dispatchEvent(new Event('unmute')); track.dispatchEvent(new Event('ended'))`);
    await rig.until(`/disconnected/.test(document.querySelector('#state').textContent)`);
    expect(await rig.text('talk-label')).toBe('Talk');
  });
});

test('the server answers after the network was away for a moment', async () => {
  await using rig = await PageRig.open({ url: server.url });
  await rig.ready();
  await rig.page.check('input[value=server]', { force: true });
  await rig.ready();
  await rig.context.setOffline(true);
  await rig.context.setOffline(false);
  await rig.type('When does the museum open?');
  expect(await rig.nextEvent('reply-end')).toMatchObject({ status: 'completed' });
});

test('the page works again after a reload with the server and the network gone', async () => {
  await using own = await SottoServer.start();
  await using rig = await PageRig.open({ url: own.url });
  await rig.ready();
  await rig.until('navigator.serviceWorker.getRegistration().then((registration) => registration?.active?.state === "activated")');
  await rig.until(`caches.keys().then((names) => names.some((name) => name.startsWith('sotto-page-')))`);
  await rig.page.reload();
  await rig.ready();
  await own[Symbol.asyncDispose]();
  await rig.page.reload();
  await rig.ready();
  await rig.type('When does the museum open?');
  expect((await rig.nextEvent('reply-end'))['text']).toMatch(/ten/);
  expect(rig.offOrigin).toEqual([]);
});
