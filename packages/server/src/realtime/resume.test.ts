import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { DeviceClient } from './testing/device-client.ts';
import { TestClient } from './testing/test-client.ts';
import { startTestServer } from './testing/test-server.ts';

/** Mulberry32. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('coming back after a dropped connection', () => {
  it('a hundred times at random points loses and repeats nothing', async () => {
    await using host = await startTestServer({ answer: ({ messages }) => `Answer to ${messages.at(-1)?.text ?? ''} one two.` });
    const device = await DeviceClient.connect(host.realtimeUrl);
    const next = random(7);
    let asked = 0;
    let dropCount = 0;
    while (dropCount < 100) {
      asked++;
      const id = `item_question_${asked}`;
      const added = () => device.events.some((event) => event['type'] === 'conversation.item.added' && (event['item'] as { id: string }).id === id);
      const done = () => device.events.filter((event) => event['type'] === 'response.done').length >= asked;
      const ask = () => {
        if (!added()) device.send({ type: 'conversation.item.create', item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text: `question ${asked}` }] } });
        const started = device.events.filter((event) => event['type'] === 'response.created').length;
        if (started < asked) device.send({ type: 'response.create', response: { output_modalities: [asked % 3 === 0 ? 'audio' : 'text'] } });
      };
      ask();
      const drops = dropCount < 100 ? 1 + Math.floor(next() * 3) : 0;
      for (let i = 0; i < drops && dropCount < 100; i++) {
        await pause(next() * 25);
        await device.drop();
        dropCount++;
        if (next() < 0.5) await pause(next() * 20);
        expect(await device.resume()).toBe(true);
        // What was sent into a dying connection may not have arrived.
        await pause(15);
        device.take();
        ask();
      }
      while (!done()) {
        await pause(5);
        device.take();
      }
    }
    await pause(50);
    device.take();
    expect(device.faults).toEqual([]);
    // What the client pieced together is what the server has.
    const itemIds = device.events.filter((event) => event['type'] === 'conversation.item.added').map((event) => (event['item'] as { id: string }).id);
    expect(new Set(itemIds).size).toBe(itemIds.length);
    expect(itemIds.filter((id) => id.startsWith('item_question'))).toEqual(Array.from({ length: asked }, (_, i) => `item_question_${i + 1}`));
    expect(device.events.filter((event) => event['type'] === 'response.done').every((event) => (event['response'] as { status: string }).status === 'completed')).toBe(true);
    for (const id of itemIds) device.send({ type: 'conversation.item.retrieve', item_id: id });
    await device.connection.next('conversation.item.retrieved', { where: ({ item }) => item.id === itemIds.at(-1) });
    device.take();
    const texts = device.events.filter((event) => event['type'] === 'conversation.item.retrieved').map((event) => JSON.stringify((event['item'] as { content: unknown }).content));
    expect(texts.filter((text) => text.includes('Answer to question'))).toHaveLength(asked);
    expect(host.server.sessionCount).toBe(1);
    await device.connection.close();
  });

  it('finishes a reply that was being spoken', async () => {
    await using host = await startTestServer({ answer: () => 'One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty.' });
    const device = await DeviceClient.connect(host.realtimeUrl);
    device.sendAudio(speechSamples(700, 24_000));
    device.sendAudio(silenceSamples(1200, 24_000));
    await device.connection.next('sotto.output_audio.started');
    await pause(100);
    await device.drop();
    await pause(300);
    expect(await device.resume()).toBe(true);
    await device.connection.next('response.done');
    device.take();
    expect(device.faults).toEqual([]);
    expect([...device.heardSampleCounts.values()]).toEqual([20 * 200 * 24]);
    await device.connection.close();
  });

  it('keeps settings and history, and gives the whole history when too much was missed', async () => {
    await using host = await startTestServer({ settings: { resumeBytes: 2000 } });
    const device = await DeviceClient.connect(host.realtimeUrl);
    device.send({ type: 'session.update', session: { instructions: 'Be a pirate.', output_modalities: ['text'] } });
    await device.connection.next('session.updated');
    device.take();
    for (let i = 0; i < 20; i++) device.send({ type: 'conversation.item.create', item: { id: `item_${i}`, type: 'message', role: 'user', content: [{ type: 'input_text', text: `number ${i}` }] } });
    await device.connection.next('conversation.item.done', { where: ({ item }) => item.id === 'item_19' });
    await device.drop({ deaf: true });
    expect(await device.resume()).toBe(false);
    const resumed = await device.connection.next('sotto.session.resumed');
    expect(resumed.items?.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `item_${i}`));
    expect(resumed.session).toMatchObject({ instructions: 'Be a pirate.', output_modalities: ['text'] });
    device.send({ type: 'response.create' });
    await device.connection.next('response.done');
    expect(host.requests.at(-1)?.messages[0]).toEqual({ role: 'system', text: 'Be a pirate.' });
    await device.connection.close();
  });

  it('declares a reply lost of which too much was missed', async () => {
    await using host = await startTestServer({ settings: { resumeBytes: 2000 }, answer: () => 'word '.repeat(60) });
    const device = await DeviceClient.connect(host.realtimeUrl);
    device.sendAudio(speechSamples(700, 24_000));
    device.sendAudio(silenceSamples(1200, 24_000));
    const { response } = await device.connection.next('response.created');
    device.take();
    await device.connection.next('sotto.output_audio.started');
    await pause(100);
    await device.drop({ deaf: true });
    expect(await device.resume()).toBe(false);
    expect(await device.connection.next('sotto.response.lost')).toMatchObject({ response_id: response.id });
    expect((await device.connection.next('response.done')).response).toMatchObject({ id: response.id, status: 'cancelled' });
    await device.connection.close();
  });

  it('takes over from a connection that still seems alive', async () => {
    await using host = await startTestServer();
    const device = await DeviceClient.connect(host.realtimeUrl);
    const old = device.connection;
    await device.resume();
    expect(await old.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('superseded') as string });
    expect(host.server.sessionCount).toBe(1);
    await device.connection.close();
  });

  it('is refused without a valid token, after a goodbye and after the time is over', async () => {
    await using host = await startTestServer({ settings: { resumeWithinMs: 200 } });
    const stranger = new TestClient(`${host.realtimeUrl}?resume=guess&last_event_id=x`, ['sotto.v1']);
    expect(await stranger.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('session_expired') as string });
    const polite = await DeviceClient.connect(host.realtimeUrl);
    await polite.connection.close();
    await expect(polite.resume()).rejects.toThrow('1008');
    const late = await DeviceClient.connect(host.realtimeUrl);
    await late.drop();
    await pause(400);
    await expect(late.resume()).rejects.toThrow('1008');
    expect(host.server.sessionCount).toBe(0);
  });
});
