import type { PlayoutChunk } from '@sotto/pipeline';
import { FakeClock } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { SocketSink } from './socket-sink.ts';

const signal = new AbortController().signal;

function setUp(options: { readonly leadMs?: number; readonly listenerPauses?: boolean } = {}) {
  const clock = new FakeClock();
  const sent: PlayoutChunk[] = [];
  const told: string[] = [];
  const sink = new SocketSink({
    clock,
    leadMs: options.leadMs ?? 20_000,
    listenerPauses: () => options.listenerPauses ?? false,
    onAudio: (chunk) => void sent.push(chunk),
    onAllSent: (replyId) => told.push(`all sent ${replyId}`),
    onPause: () => told.push('pause'),
    onResume: () => told.push('resume'),
  });
  const chunk = (durationMs: number, more: Partial<PlayoutChunk> = {}): PlayoutChunk => ({ replyId: 'r1', turnId: 't', epoch: 0, samples: new Float32Array(durationMs * 24).fill(0.5), sampleRate: 24_000, startMs: 0, text: '', words: [], ...more });
  return { clock, sent, told, sink, chunk };
}

describe('SocketSink', () => {
  it('takes the listener to play in real time, and never more than was sent', async () => {
    const { clock, sink, chunk } = setUp();
    await sink.write(chunk(1000), { signal });
    expect(sink.heardMs('r1')).toBe(0);
    await clock.advance(400);
    expect(sink.heardMs('r1')).toBe(400);
    await clock.advance(5000);
    expect(sink.heardMs('r1')).toBe(1000);
    expect(sink.heardMs('another')).toBe(0);
  });

  it('takes a listener that ran dry to start again with the next piece', async () => {
    const { clock, sink, chunk } = setUp();
    await sink.write(chunk(200), { signal });
    await clock.advance(1000);
    await sink.write(chunk(200), { signal });
    expect(sink.heardMs('r1')).toBe(200);
    await clock.advance(100);
    expect(sink.heardMs('r1')).toBe(300);
  });

  it('sends no further ahead than its lead', async () => {
    const { clock, sent, sink, chunk } = setUp({ leadMs: 1000 });
    const writing = (async () => {
      for (let i = 0; i < 15; i++) await sink.write(chunk(200), { signal });
    })();
    await clock.advance(0);
    expect(sent).toHaveLength(5);
    await clock.advance(1000);
    expect(sent.length).toBeGreaterThanOrEqual(9);
    expect(sent.length).toBeLessThanOrEqual(10);
    await clock.advance(1200);
    await writing;
    expect(sent).toHaveLength(15);
  });

  it('tells at once that all was sent, and drains when all was heard', async () => {
    const { clock, told, sink, chunk } = setUp();
    await sink.write(chunk(1000), { signal });
    let drained = false;
    const draining = sink.drain('r1', { signal }).then(() => (drained = true));
    expect(told).toEqual(['all sent r1']);
    await clock.advance(990);
    expect(drained).toBe(false);
    await clock.advance(20);
    await draining;
  });

  it('believes a client that says how much it heard', async () => {
    const { clock, sink, chunk } = setUp();
    await sink.write(chunk(1000), { signal });
    await clock.advance(700);
    const draining = sink.drain('r1', { signal });
    sink.reportHeard('r1', 300);
    await draining;
    expect(sink.heardMs('r1')).toBe(300);
  });

  it('stands still while a listener that can pause does, and goes on with one that cannot', async () => {
    for (const listenerPauses of [true, false]) {
      const { clock, told, sink, chunk } = setUp({ listenerPauses });
      await sink.write(chunk(2000), { signal });
      await clock.advance(500);
      sink.pause();
      await clock.advance(500);
      expect(sink.heardMs('r1')).toBe(listenerPauses ? 500 : 1000);
      sink.resume();
      await clock.advance(100);
      expect(sink.heardMs('r1')).toBe(listenerPauses ? 600 : 1100);
      expect(told).toEqual(['pause', 'resume']);
    }
  });

  it('sends and counts nothing while nobody is connected', async () => {
    const { clock, sent, sink, chunk } = setUp();
    await sink.write(chunk(1000), { signal });
    await clock.advance(300);
    sink.disconnected();
    const writing = sink.write(chunk(1000), { signal });
    await clock.advance(10_000);
    expect(sent).toHaveLength(1);
    expect(sink.heardMs('r1')).toBe(300);
    sink.reconnected();
    await writing;
    await clock.advance(100);
    expect([sent.length, sink.heardMs('r1')]).toEqual([2, 400]);
  });

  it('drops what is stale, and wakes whoever waits to write it', async () => {
    const { clock, sent, sink, chunk } = setUp({ leadMs: 500 });
    await sink.write(chunk(600), { signal });
    const writing = sink.write(chunk(600), { signal });
    sink.clear(1);
    await writing;
    await sink.write(chunk(600), { signal });
    await clock.advance(0);
    expect(sent).toHaveLength(1);
    await sink.write(chunk(600, { replyId: 'r2', epoch: 1 }), { signal });
    expect(sent).toHaveLength(2);
  });

  it('rejects waiting calls with the reason of an abort, and keeps no listener', async () => {
    const { sink, chunk } = setUp({ leadMs: 100 });
    const abort = new AbortController();
    await sink.write(chunk(600), { signal: abort.signal });
    const waiting = [sink.write(chunk(600), { signal: abort.signal }), sink.drain('r1', { signal: abort.signal })];
    abort.abort(new Error('enough'));
    for (const wait of waiting) await expect(wait).rejects.toThrow('enough');
  });

  it('knows when the first audible sample leaves, leading silence and all', async () => {
    const { clock, sink, chunk } = setUp();
    await clock.advance(1000);
    const first = sink.firstAudibleMs('r1', { signal });
    await sink.write(chunk(100, { samples: new Float32Array(2400) }), { signal });
    const samples = new Float32Array(2400);
    samples.fill(0.5, 1200);
    await sink.write(chunk(100, { samples }), { signal });
    expect(await first).toBe(1150);
  });
});
