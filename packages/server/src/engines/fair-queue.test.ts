import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue, type Queued } from './fair-queue.ts';

type Item = Queued & { readonly name: string };
const item = (name: string, sessionKey: string, priority: Item['priority'] = 'background'): Item => ({ name, sessionKey, priority });
const names = (queue: FairQueue<Item>): string => queue.drain().map(({ name }) => name).join(' ');

describe('FairQueue', () => {
  it('serves real time before first audio before the rest', () => {
    const queue = new FairQueue<Item>();
    queue.add(item('late', 'a'));
    queue.add(item('soon', 'b', 'first-audio'));
    queue.add(item('now', 'c', 'realtime'));
    expect(names(queue)).toBe('now soon late');
  });

  it('lets sessions take turns, however much one of them has waiting', () => {
    const queue = new FairQueue<Item>();
    for (const name of ['a1', 'a2', 'a3', 'a4']) queue.add(item(name, 'a'));
    queue.add(item('b1', 'b'));
    queue.add(item('c1', 'c'));
    expect(queue.take()?.name).toBe('a1');
    queue.add(item('b2', 'b'));
    expect(names(queue)).toBe('b1 c1 a2 b2 a3 a4');
  });

  it('skips what the taker cannot do and forgets what was removed', () => {
    const queue = new FairQueue<Item>();
    const removed = item('removed', 'b');
    queue.add(item('other', 'a'));
    queue.add(removed);
    queue.add(item('mine', 'b'));
    expect(queue.remove(removed)).toBe(true);
    expect(queue.remove(removed)).toBe(false);
    expect(queue.take(({ name }) => name === 'mine')?.name).toBe('mine');
    expect(queue.size).toBe(1);
  });

  it('delays a session by at most one item of each other session', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 }), (owners) => {
      const queue = new FairQueue<Item>();
      owners.forEach((owner, index) => queue.add(item(String(index), `s${owner}`)));
      const order = queue.drain().map(({ sessionKey }) => sessionKey);
      expect(order).toHaveLength(owners.length);
      for (let from = 0; from < order.length; from++) {
        const again = order.indexOf(order[from]!, from + 1);
        if (again > 0) expect(new Set(order.slice(from + 1, again)).size, 'nobody is served twice while another waits').toBe(again - from - 1);
      }
    }), { seed: 7, numRuns: 200 });
  });
});
