import { assert, assertNever } from '../assert.ts';
import { DisposedError, OverrunError } from '../errors.ts';

/**
 * What a queue does with an item that does not fit:
 * `suspend` makes the producer wait, `drop-oldest` lets go of what waits longest,
 * `drop-newest` does not take the item, `fail` throws. Captured audio is
 * `drop-oldest`, text and tokens are `suspend`, control messages are `fail`.
 */
export type OverflowPolicy = 'suspend' | 'drop-oldest' | 'drop-newest' | 'fail';

export type BoundedQueueOptions<T> = {
  /** Names the queue in errors. */
  readonly name: string;
  /** Total weight held at most; there is no default, every queue's bound is somebody's decision. */
  readonly capacity: number;
  readonly policy: OverflowPolicy;
  /** Weight of an item, a positive number in whatever unit `capacity` has: items, samples, milliseconds. @defaultValue 1 for each */
  readonly weigh?: (item: T) => number;
  /** Called for every item dropped by the policy. Must not throw. */
  readonly onDrop?: (item: T) => void;
};

type Held<T> = { readonly item: T; readonly weight: number };
type Producer<T> = Held<T> & { readonly resolve: () => void; readonly reject: (reason: unknown) => void };
type Consumer<T> = { readonly resolve: (result: IteratorResult<T, undefined>) => void; readonly reject: (reason: unknown) => void };

/**
 * A first-in-first-out queue of bounded weight between producers and consumers.
 *
 * Waiting calls hold no chain of promises: what was consumed can be collected
 * however long the queue lives. For that reason nothing should be raced against
 * {@link BoundedQueue.take}; pass it a signal.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #options: BoundedQueueOptions<T>;
  #held = new Fifo<Held<T>>();
  #weight = 0;
  #droppedCount = 0;
  #droppedWeight = 0;
  readonly #producers = new Set<Producer<T>>();
  readonly #consumers = new Set<Consumer<T>>();
  #end: { readonly type: 'closed' } | { readonly type: 'aborted'; readonly reason: unknown } | undefined;

  constructor(options: BoundedQueueOptions<T>) {
    assert(options.capacity > 0 && Number.isFinite(options.capacity), `queue "${options.name}" has a positive, finite capacity`);
    this.#options = options;
  }

  /** Items that wait. */
  get itemCount(): number {
    return this.#held.length;
  }

  /** Sum of the weights of the items that wait, never above the capacity. */
  get weight(): number {
    return this.#weight;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Sum of the weights of the items dropped. */
  get droppedWeight(): number {
    return this.#droppedWeight;
  }

  /**
   * Adds an item; resolves when it was taken in, or dropped by the policy. Only `suspend` waits.
   * @throws {OverrunError} VOICE_ERR_QUEUE_FULL under `fail`, and under `suspend` for an item heavier than the whole capacity.
   * @throws {DisposedError} VOICE_ERR_DISPOSED after close; the reason after abort; `signal.reason` when aborted while waiting, and then the item was not taken.
   */
  async push(item: T, options?: { readonly signal?: AbortSignal }): Promise<void> {
    options?.signal?.throwIfAborted();
    if (this.offer(item) || this.#options.policy !== 'suspend') return;
    try {
      await waitIn(this.#producers, (resolve, reject) => ({ item, weight: this.#weigh(item), resolve, reject }), options?.signal);
    } catch (reason) {
      // A heavy item that is withdrawn may have stood before lighter ones that fit.
      this.#admitProducers();
      throw reason;
    }
  }

  /**
   * Adds an item without ever waiting.
   * @returns whether it was taken in; under `suspend` a full queue takes nothing.
   * @throws as {@link BoundedQueue.push}.
   */
  offer(item: T): boolean {
    if (this.#end?.type === 'aborted') throw this.#end.reason;
    if (this.#end) throw new DisposedError(`Queue "${this.#options.name}"`);
    const { capacity, policy } = this.#options;
    const weight = this.#weigh(item);
    if (this.#producers.size === 0 && this.#weight + weight <= capacity) {
      this.#take({ item, weight });
      return true;
    }
    switch (policy) {
      case 'suspend':
        if (weight > capacity) throw this.#overrun(weight);
        return false;
      case 'fail':
        throw this.#overrun(weight);
      case 'drop-oldest':
        while (weight <= capacity && this.#weight + weight > capacity) this.#drop(this.#release());
        if (weight > capacity) this.#drop({ item, weight });
        else this.#take({ item, weight });
        return weight <= capacity;
      case 'drop-newest':
        this.#drop({ item, weight });
        return false;
      default:
        return assertNever(policy);
    }
  }

  /**
   * Takes the oldest item, waiting for one; `done` once the queue is closed and empty.
   * @throws the reason after abort; `signal.reason` when aborted while waiting, and then no item is lost.
   */
  async take(options?: { readonly signal?: AbortSignal }): Promise<IteratorResult<T, undefined>> {
    options?.signal?.throwIfAborted();
    if (this.#end?.type === 'aborted') throw this.#end.reason;
    if (this.#held.length > 0) {
      const { item } = this.#release();
      this.#admitProducers();
      return { done: false, value: item };
    }
    if (this.#end) return { done: true, value: undefined };
    return await waitIn<Consumer<T>, IteratorResult<T, undefined>>(this.#consumers, (resolve, reject) => ({ resolve, reject }), options?.signal);
  }

  /** Takes the oldest item if there is one. */
  poll(): T | undefined {
    if (this.#held.length === 0) return undefined;
    const { item } = this.#release();
    this.#admitProducers();
    return item;
  }

  /** Lets go of the items that wait, without counting them as dropped; producers that wait get their turn. */
  clear(): void {
    this.#held = new Fifo();
    this.#weight = 0;
    this.#admitProducers();
  }

  /** Takes no more items; what waits can still be consumed, producers that wait are refused. */
  close(): void {
    if (this.#end) return;
    this.#end = { type: 'closed' };
    for (const consumer of drain(this.#consumers)) consumer.resolve({ done: true, value: undefined });
    for (const producer of drain(this.#producers)) producer.reject(new DisposedError(`Queue "${this.#options.name}"`));
  }

  /** Ends the queue at once: lets go of everything, and fails whoever waits or comes later with `reason`. */
  abort(reason: unknown): void {
    if (this.#end?.type === 'aborted') return;
    this.#end = { type: 'aborted', reason };
    this.#held = new Fifo();
    this.#weight = 0;
    for (const waiting of [...drain(this.#consumers), ...drain(this.#producers)]) waiting.reject(reason);
  }

  /** Consumes the queue; leaving the loop early leaves the queue open. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.take() };
  }

  #weigh(item: T): number {
    const weight = this.#options.weigh?.(item) ?? 1;
    assert(weight > 0 && Number.isFinite(weight), `an item of queue "${this.#options.name}" has a positive, finite weight`);
    return weight;
  }

  #take(held: Held<T>): void {
    const [consumer] = this.#consumers;
    if (consumer) {
      this.#consumers.delete(consumer);
      consumer.resolve({ done: false, value: held.item });
      return;
    }
    this.#held.push(held);
    this.#weight += held.weight;
  }

  #release(): Held<T> {
    const held = this.#held.shift();
    // Weights may be fractions; an empty queue must weigh nothing in spite of rounding.
    this.#weight = this.#held.length === 0 ? 0 : this.#weight - held.weight;
    return held;
  }

  #admitProducers(): void {
    for (const producer of this.#producers) {
      if (this.#weight + producer.weight > this.#options.capacity) return;
      this.#producers.delete(producer);
      this.#take(producer);
      producer.resolve();
    }
  }

  #drop({ item, weight }: Held<T>): void {
    this.#droppedCount++;
    this.#droppedWeight += weight;
    this.#options.onDrop?.(item);
  }

  #overrun(weight: number): OverrunError {
    const { name, capacity } = this.#options;
    return new OverrunError('VOICE_ERR_QUEUE_FULL', `Queue "${name}" holds ${this.#weight} of ${capacity} and cannot take ${weight} more; consume faster or raise its capacity`, { retryable: true });
  }
}

/** Waits as a member of `waiting` until somebody settles it; the signal's listener never outlives the wait. */
function waitIn<W, R>(waiting: Set<W>, make: (resolve: (result: R) => void, reject: (reason: unknown) => void) => W, signal: AbortSignal | undefined): Promise<R> {
  if (signal === undefined) return new Promise<R>((resolve, reject) => waiting.add(make(resolve, reject)));
  return new Promise<R>((resolve, reject) => {
    const onAbort = () => {
      waiting.delete(waiter);
      reject(signal.reason);
    };
    const settled = <A>(settle: (value: A) => void) => (value: A) => {
      signal.removeEventListener('abort', onAbort);
      settle(value);
    };
    const waiter = make(settled(resolve), settled(reject));
    waiting.add(waiter);
    signal.addEventListener('abort', onAbort);
  });
}

function drain<W>(waiting: Set<W>): W[] {
  const all = [...waiting];
  waiting.clear();
  return all;
}

/** An array whose head is taken off in constant time and not kept. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T {
    assert(this.length > 0, 'something is queued');
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined;
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
