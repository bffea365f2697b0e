import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BoundedQueue, type OverflowPolicy } from './bounded-queue.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const queueOf = (capacity: number, policy: OverflowPolicy) => new BoundedQueue<number>({ name: 'test', capacity, policy });

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  promise.then(() => (pending = false), () => (pending = false));
  await settle();
  return pending;
}

function contents<T>(queue: BoundedQueue<T>): T[] {
  const items: T[] = [];
  while (queue.itemCount > 0) items.push(queue.poll()!);
  return items;
}

describe('policies', () => {
  it('suspend: the producer waits, in order, until there is room', async () => {
    const queue = queueOf(2, 'suspend');
    await queue.push(1);
    await queue.push(2);
    const third = queue.push(3);
    const fourth = queue.push(4);
    expect(queue.offer(5)).toBe(false);
    expect(await isPending(third)).toBe(true);
    expect(await queue.take()).toEqual({ done: false, value: 1 });
    await third;
    expect(await isPending(fourth)).toBe(true);
    expect(queue.poll()).toBe(2);
    await fourth;
    expect(contents(queue)).toEqual([3, 4]);
    expect(queue.droppedCount).toBe(0);
  });

  it('drop-oldest: lets go of what waits longest, and counts it', async () => {
    const onDrop = vi.fn();
    const queue = new BoundedQueue<number>({ name: 'capture', capacity: 2, policy: 'drop-oldest', onDrop });
    for (let item = 1; item <= 5; item++) await queue.push(item);
    expect(onDrop.mock.calls).toEqual([[1], [2], [3]]);
    expect(queue.droppedCount).toBe(3);
    expect(contents(queue)).toEqual([4, 5]);
  });

  it('drop-newest: does not take what comes last, and counts it', () => {
    const onDrop = vi.fn();
    const queue = new BoundedQueue<number>({ name: 'level', capacity: 2, policy: 'drop-newest', onDrop });
    expect([1, 2, 3].map((item) => queue.offer(item))).toEqual([true, true, false]);
    expect(onDrop.mock.calls).toEqual([[3]]);
    expect(contents(queue)).toEqual([1, 2]);
  });

  it('fail: throws, and keeps what it has', async () => {
    const queue = queueOf(1, 'fail');
    queue.offer(1);
    expect(() => queue.offer(2)).toThrow(expect.objectContaining({ name: 'OverrunError', code: 'VOICE_ERR_QUEUE_FULL', message: expect.stringContaining('"test"') as string }));
    await expect(queue.push(2)).rejects.toMatchObject({ code: 'VOICE_ERR_QUEUE_FULL' });
    expect(contents(queue)).toEqual([1]);
  });
});

describe('weights', () => {
  const weighed = (policy: OverflowPolicy) => new BoundedQueue<number>({ name: 'audio', capacity: 10, policy, weigh: (item) => item });

  it('drops as many old items as the new one needs', () => {
    const queue = weighed('drop-oldest');
    for (const item of [3, 3, 4, 5]) queue.offer(item);
    expect([queue.weight, queue.droppedCount, queue.droppedWeight]).toEqual([9, 2, 6]);
    expect(contents(queue)).toEqual([4, 5]);
    expect(queue.weight).toBe(0);
  });

  it('treats an item heavier than the whole queue by its policy, without emptying the queue for it', async () => {
    for (const policy of ['drop-oldest', 'drop-newest'] as const) {
      const queue = weighed(policy);
      queue.offer(2);
      expect(queue.offer(11)).toBe(false);
      expect([queue.itemCount, queue.droppedWeight]).toEqual([1, 11]);
    }
    for (const policy of ['suspend', 'fail'] as const) await expect(weighed(policy).push(11)).rejects.toMatchObject({ code: 'VOICE_ERR_QUEUE_FULL' });
  });

  it('lets no light item overtake a heavy one that waits, and goes on when that is withdrawn', async () => {
    const queue = weighed('suspend');
    await queue.push(8);
    const abort = new AbortController();
    const heavy = queue.push(5, { signal: abort.signal });
    const light = queue.push(1);
    expect(await isPending(light)).toBe(true);
    abort.abort(new Error('withdrawn'));
    await expect(heavy).rejects.toThrow('withdrawn');
    await light;
    expect(contents(queue)).toEqual([8, 1]);
  });

  it('never exceeds its capacity and loses nothing uncounted, whatever happens', async () => {
    const operation = fc.oneof(fc.record({ kind: fc.constant('offer' as const), weight: fc.integer({ min: 1, max: 12 }) }), fc.record({ kind: fc.constant('poll' as const), weight: fc.constant(0) }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<OverflowPolicy>('suspend', 'drop-oldest', 'drop-newest', 'fail'), fc.array(operation, { maxLength: 80 }), (policy, operations) => {
        const queue = weighed(policy);
        let offered = 0, taken = 0, refused = 0;
        for (const { kind, weight } of operations) {
          if (kind === 'poll') taken += queue.poll() ?? 0;
          else {
            offered += weight;
            try {
              if (!queue.offer(weight) && policy === 'suspend') refused += weight;
            } catch {
              refused += weight;
            }
          }
          expect(queue.weight).toBeLessThanOrEqual(10);
          expect(queue.weight + taken + refused + queue.droppedWeight).toBe(offered);
        }
        return Promise.resolve();
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

describe('consuming', () => {
  it('serves consumers that wait in the order they came', async () => {
    const queue = queueOf(1, 'fail');
    const takes = [queue.take(), queue.take(), queue.take()];
    for (const item of [1, 2, 3]) queue.offer(item);
    expect((await Promise.all(takes)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it('is iterated to its end, and a loop left early leaves the rest for the next', async () => {
    const queue = queueOf(10, 'suspend');
    for (const item of [1, 2, 3, 4]) await queue.push(item);
    const seen: number[] = [];
    for await (const item of queue) if (seen.push(item) === 2) break;
    queue.close();
    for await (const item of queue) seen.push(item);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('loses no item to a take that was aborted, and leaves no listener on its signal', async () => {
    const queue = queueOf(2, 'fail');
    const abort = new AbortController();
    const remove = vi.spyOn(abort.signal, 'removeEventListener');
    const first = queue.take({ signal: abort.signal });
    queue.offer(1);
    expect((await first).value).toBe(1);
    expect(remove).toHaveBeenCalledOnce();
    const second = queue.take({ signal: abort.signal });
    abort.abort(new Error('barge-in'));
    await expect(second).rejects.toThrow('barge-in');
    queue.offer(2);
    await expect(queue.take({ signal: abort.signal })).rejects.toThrow('barge-in');
    expect((await queue.take()).value).toBe(2);
  });
});

describe('ending', () => {
  it('close: gives out the rest, refuses producers, ends consumers', async () => {
    const queue = queueOf(1, 'suspend');
    await queue.push(1);
    const waiting = queue.push(2);
    queue.close();
    await expect(waiting).rejects.toMatchObject({ code: 'VOICE_ERR_DISPOSED' });
    await expect(queue.push(3)).rejects.toMatchObject({ code: 'VOICE_ERR_DISPOSED' });
    expect(await queue.take()).toEqual({ done: false, value: 1 });
    expect(await queue.take()).toEqual({ done: true, value: undefined });
    const empty = queueOf(1, 'fail');
    const take = empty.take();
    empty.close();
    expect(await take).toEqual({ done: true, value: undefined });
  });

  it('abort: lets go of everything and fails everybody with the reason', async () => {
    const reason = new Error('session closed');
    const queue = queueOf(1, 'suspend');
    await queue.push(1);
    const waiting = queue.push(2);
    queue.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(queue.push(3)).rejects.toBe(reason);
    await expect(queue.take()).rejects.toBe(reason);
    expect([queue.itemCount, queue.weight]).toEqual([0, 0]);
    const empty = queueOf(1, 'fail');
    const take = empty.take();
    empty.abort(reason);
    await expect(take).rejects.toBe(reason);
  });

  it('clear: forgets what waits and lets producers that wait in', async () => {
    const queue = queueOf(2, 'suspend');
    await queue.push(1);
    await queue.push(2);
    const waiting = queue.push(3);
    queue.clear();
    await waiting;
    expect(contents(queue)).toEqual([3]);
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  /** Sends objects through a queue, one at a time, to a consumer that already waits; returns how many are still held at the end. */
  async function survivors(take: (queue: BoundedQueue<object>) => Promise<unknown>): Promise<number> {
    const queue = new BoundedQueue<object>({ name: 'memory', capacity: 4, policy: 'suspend' });
    const items: WeakRef<object>[] = [];
    for (let i = 0; i < 5000; i++) {
      const taken = take(queue);
      const item = { samples: i };
      items.push(new WeakRef(item));
      await queue.push(item);
      await taken;
    }
    await settle();
    collectGarbage();
    const held = items.filter((item) => item.deref() !== undefined).length;
    queue.close();
    return held;
  }

  it('keeps nothing that was consumed', async () => {
    const { signal } = new AbortController();
    expect(await survivors((queue) => queue.take({ signal }))).toBeLessThan(50);
  });

  it('lets go of an item when it is taken, not when the rest is', async () => {
    const queue = new BoundedQueue<object>({ name: 'memory', capacity: 1000, policy: 'fail' });
    const items = Array.from({ length: 1000 }, (_, index) => {
      const item = { samples: index };
      queue.offer(item);
      return new WeakRef(item);
    });
    for (let i = 0; i < 400; i++) await queue.take();
    await settle();
    collectGarbage();
    expect(items.slice(0, 400).filter((item) => item.deref() !== undefined).length).toBeLessThan(10);
    expect(items.slice(400).filter((item) => item.deref() === undefined).length).toBe(0);
    queue.close();
  });

  it('does not grow with the number of items that have passed', () => {
    const queue = queueOf(10, 'fail');
    const pass = (count: number) => {
      for (let i = 0; i < count; i++) {
        queue.offer(i);
        if (queue.itemCount > 5) queue.poll();
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = pass(1000);
    // A slot kept for each item would be 16 MB.
    expect(pass(2_000_000) - before).toBeLessThan(4_000_000);
  });

  it('would keep all of it if take() were raced against an abort', async () => {
    const never = new Promise<never>(() => {});
    expect(await survivors((queue) => Promise.race([queue.take(), never]))).toBeGreaterThan(4000);
    expect(await isPending(never)).toBe(true);
  });
});
