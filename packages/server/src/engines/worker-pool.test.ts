import { afterEach, describe, expect, it } from 'vitest';
import type { InferencePriority } from '@sotto/pipeline';
import { type PoolCall, WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

const entry = new URL('../../dist/engines/testing/scripted-worker.js', import.meta.url);
const pools: WorkerPool[] = [];
afterEach(async () => { for (const pool of pools.splice(0)) await pool[Symbol.asyncDispose](); });

async function start(options: Partial<WorkerPoolOptions> = {}): Promise<WorkerPool> {
  const { pool } = await WorkerPool.start({ stage: 'stt', entry, data: {}, replacementWaitMs: 60_000, ...options });
  pools.push(pool);
  return pool;
}
const call = (method: string, args: unknown = {}, options: Partial<PoolCall> = {}): PoolCall => ({ method, payload: () => ({ args }), priority: 'background', sessionKey: 's', ...options });
const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: { code?: string }) => error.code ?? error);

describe('WorkerPool', () => {
  it('answers calls, moves results and tells what the worker said about itself', async () => {
    const { pool, info } = await WorkerPool.start({ stage: 'tts', entry, data: {} });
    pools.push(pool);
    expect(info).toEqual({ threadName: 'scripted' });
    expect(await pool.call(call('echo', { a: [1, 2] }))).toEqual({ a: [1, 2] });
    const samples = await pool.call(call('samples', { count: 8 }));
    expect(samples).toEqual(new Float32Array(8).fill(0.5));
  });

  it('passes a typed error through and types any other', async () => {
    const pool = await start();
    await expect(pool.call(call('fail'))).rejects.toMatchObject({ name: 'ModelError', code: 'VOICE_ERR_MODEL_CHECKSUM', stage: 'stt', retryable: true });
    await expect(pool.call(call('failUntyped'))).rejects.toMatchObject({ name: 'EngineError', code: 'VOICE_ERR_ENGINE_FAILED', stage: 'stt' });
    expect(await pool.call(call('echo', 1))).toBe(1);
  });

  it('refuses to start when the model does not load, and leaves no thread behind', async () => {
    await expect(WorkerPool.start({ stage: 'stt', entry, data: { failToLoad: true } })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
    await expect(WorkerPool.start({ stage: 'stt', entry, data: { crashOnLoad: true } })).rejects.toMatchObject({ code: 'VOICE_ERR_WORKER_CRASHED' });
  });

  it('serves waiting calls by priority, sessions in turn', async () => {
    const pool = await start();
    const order: string[] = [];
    const queue = (label: string, sessionKey: string, priority: InferencePriority) => pool.call(call('work', { forMs: 1, label }, { sessionKey, priority })).then((done) => order.push(done as string));
    const blocker = pool.call(call('work', { forMs: 30, label: 'blocker' }));
    const all = [queue('a1', 'a', 'background'), queue('a2', 'a', 'background'), queue('b1', 'b', 'background'), queue('c1', 'c', 'first-audio'), queue('d1', 'd', 'realtime')];
    await Promise.all([blocker, ...all]);
    expect(order).toEqual(['d1', 'c1', 'a1', 'b1', 'a2']);
  });

  it('spreads calls over its workers and keeps a tied call on its own', async () => {
    const pool = await start({ workerCount: 2 });
    const places: number[] = [];
    const remember = (workerIndex?: number) => pool.call({ ...call('work'), workerIndex, payload: (place) => { places.push(place.workerIndex); return { args: { forMs: 20, label: '' } }; } });
    await Promise.all([remember(), remember()]);
    expect(places.sort()).toEqual([0, 1]);
    places.length = 0;
    await Promise.all([remember(1), remember(1), remember(1)]);
    expect(places).toEqual([1, 1, 1]);
  });

  it('drops a waiting call and stops a running one on abort', async () => {
    const pool = await start();
    const running = new AbortController();
    const waiting = new AbortController();
    const first = codeOf(pool.call(call('work', { forMs: 60_000, label: '' }, { signal: running.signal })));
    const second = codeOf(pool.call(call('echo', 2, { signal: waiting.signal })));
    const third = pool.call(call('echo', 3));
    waiting.abort('changed my mind');
    running.abort('stop');
    expect(await first).toBe('stop');
    expect(await second).toBe('changed my mind');
    expect(await third).toBe(3);
    expect(pool.queuedCount).toBe(0);
  });

  it.each(['die', 'throwLate'])('survives a worker that ends by %s: the call fails typed, waiting calls are served by a fresh one', async (method) => {
    const restarts: number[] = [];
    const pool = await start({ metrics: { onRestart: ({ delayMs }) => restarts.push(delayMs) } });
    const crashed = codeOf(pool.call(call(method)));
    const waiting = pool.call(call('echo', 'still here'));
    expect(await crashed).toBe('VOICE_ERR_WORKER_CRASHED');
    expect(await waiting).toBe('still here');
    expect(restarts).toEqual([100]);
  });

  it('tells calls that wait for a replacement which is long in coming, and serves them once it is there', async () => {
    const gate = new SharedArrayBuffer(8);
    const pool = await start({ data: { reloadGate: gate }, replacementWaitMs: 200 });
    const crashed = codeOf(pool.call(call('die')));
    const waiting = codeOf(pool.call(call('echo', 1)));
    expect(await crashed).toBe('VOICE_ERR_WORKER_CRASHED');
    expect(await waiting).toBe('VOICE_ERR_WORKER_CRASHED');
    // The time counts from the death, so nobody waits any more.
    const late = [codeOf(pool.call(call('echo', 2))), codeOf(pool.call(call('echo', 3, { priority: 'realtime' })))];
    expect(await Promise.race(late.map((code, index) => code.then(() => index)))).toBe(0);
    expect(await Promise.all(late)).toEqual(['VOICE_ERR_WORKER_CRASHED', 'VOICE_ERR_WORKER_CRASHED']);
    Atomics.store(new Int32Array(gate), 1, 1);
    Atomics.notify(new Int32Array(gate), 1);
    for (let served: unknown; served !== 'fulfilled'; ) served = await codeOf(pool.call(call('echo', 4)));
    expect(pool.queuedCount).toBe(0);
  });

  it('replaces a worker that hangs', async () => {
    const pool = await start({ callTimeoutMs: 200 });
    expect(await codeOf(pool.call(call('hang')))).toBe('VOICE_ERR_ENGINE_TIMEOUT');
    expect(await pool.call(call('echo', 1))).toBe(1);
  });

  it('waits longer after each crash in a row and starts anew after a success', async () => {
    const delays: number[] = [];
    const pool = await start({ metrics: { onRestart: ({ delayMs }) => delays.push(delayMs) } });
    await codeOf(pool.call(call('die')));
    await codeOf(pool.call(call('die')));
    await pool.call(call('echo', 1));
    await codeOf(pool.call(call('die')));
    expect(delays).toEqual([100, 200, 100]);
  });

  it('gives up a worker that never comes back, and says so to everyone', async () => {
    const loads = new SharedArrayBuffer(4);
    const pool = await start({ data: { dieAfterFirstLoad: loads } });
    const crashed = codeOf(pool.call(call('die')));
    const waiting = codeOf(pool.call(call('echo', 1)));
    expect(await crashed).toBe('VOICE_ERR_WORKER_CRASHED');
    expect(await waiting).toBe('VOICE_ERR_WORKER_CRASHED');
    expect(pool.isHealthy).toBe(false);
    expect(await codeOf(pool.call(call('echo', 1)))).toBe('VOICE_ERR_WORKER_CRASHED');
    expect(Atomics.load(new Int32Array(loads), 0)).toBe(6);
  });

  it('refuses more waiting calls than it may hold', async () => {
    const pool = await start({ maxQueuedCount: 1 });
    const running = pool.call(call('work', { forMs: 50, label: '' }));
    const waiting = pool.call(call('echo', 1));
    expect(await codeOf(pool.call(call('echo', 2)))).toBe('VOICE_ERR_QUEUE_FULL');
    await Promise.all([running, waiting]);
  });

  it('reports how long calls waited and ran', async () => {
    const calls: { queuedMs: number; runMs: number; outcome: string }[] = [];
    const pool = await start({ metrics: { onCallEnd: (report) => calls.push(report) } });
    await Promise.all([pool.call(call('work', { forMs: 40, label: '' })), pool.call(call('echo', 1))]);
    await codeOf(pool.call(call('fail')));
    expect(calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'error']);
    expect(calls[1]!.queuedMs).toBeGreaterThan(calls[1]!.runMs);
  });

  it('rejects everything in flight when it is disposed, twice over, and holds the process no longer', async () => {
    const pool = await start();
    const running = codeOf(pool.call(call('work', { forMs: 60_000, label: '' })));
    const waiting = codeOf(pool.call(call('echo', 1)));
    await pool[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
    expect(await running).toBe('VOICE_ERR_DISPOSED');
    expect(await waiting).toBe('VOICE_ERR_DISPOSED');
    expect(await codeOf(pool.call(call('echo', 1)))).toBe('VOICE_ERR_DISPOSED');
    expect(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length).toBeLessThanOrEqual(1);
  });

  it('delivers notes in order with calls, and none to a later generation', async () => {
    const pool = await start();
    pool.notify({ workerIndex: 0, generation: 1 }, 'note', 'a');
    pool.notify({ workerIndex: 0, generation: 2 }, 'note', 'b');
    expect(await pool.call(call('notified'))).toEqual(['a']);
  });
});
