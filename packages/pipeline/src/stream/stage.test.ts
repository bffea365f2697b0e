import { describe, expect, it, vi } from 'vitest';
import { createStage, type Emit, type StageOptions } from './stage.ts';

class BargeIn extends Error {}

/** Everything that promises have made ready runs before this resolves. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function source(itemCount = Infinity) {
  const state = { produced: 0, cancelledWith: undefined as unknown };
  const readable = new ReadableStream<number>(
    {
      pull(controller) {
        if (state.produced === itemCount) controller.close();
        else controller.enqueue(state.produced++);
      },
      cancel: (reason) => void (state.cancelledWith = reason),
    },
    { highWaterMark: 0 },
  );
  return { state, readable };
}

function passing(overrides: Partial<StageOptions<number, number>> = {}) {
  const { signal } = new AbortController();
  return createStage<number, number>({ name: 'pass', signal, transform: (item, emit) => emit(item), ...overrides });
}

async function collect<T>(readable: ReadableStream<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of readable) items.push(item);
  return items;
}

describe('flow', () => {
  it('passes items in order, flushes, disposes once, and leaves no listener behind', async () => {
    const abort = new AbortController();
    const add = vi.spyOn(abort.signal, 'addEventListener');
    const remove = vi.spyOn(abort.signal, 'removeEventListener');
    const dispose = vi.fn();
    const stage = passing({
      signal: abort.signal,
      dispose,
      transform: async (item, emit) => {
        await emit(item * 10);
        await emit(item * 10 + 1);
      },
      flush: (emit) => emit(-1),
    });
    expect(await collect(source(3).readable.pipeThrough(stage))).toEqual([0, 1, 10, 11, 20, 21, -1]);
    await stage.disposed;
    abort.abort(new BargeIn());
    expect(dispose).toHaveBeenCalledOnce();
    expect(add).toHaveBeenCalledOnce();
    expect(remove.mock.calls).toEqual(add.mock.calls.map(([type, listener]) => [type, listener]));
  });

  it('holds one item a stage while nobody reads', async () => {
    const { state, readable } = source();
    let end = readable;
    for (let i = 0; i < 4; i++) end = end.pipeThrough(passing());
    await settle();
    expect(state.produced).toBe(4);
    const reader = end.getReader();
    await reader.read();
    await settle();
    expect(state.produced).toBe(5);
    await reader.cancel();
  });

  it('slows down a transform that makes many items out of one', async () => {
    let made = 0;
    const stage = passing({
      transform: async (_, emit) => {
        for (let i = 0; i < 100; i++) {
          made++;
          await emit(i);
        }
      },
    });
    const reader = source(1).readable.pipeThrough(stage).getReader();
    await settle();
    expect(made).toBe(0);
    for (let reads = 1; reads <= 10; reads++) {
      expect((await reader.read()).value).toBe(reads - 1);
      await settle();
      expect(made - reads).toBeGreaterThanOrEqual(0);
      expect(made - reads).toBeLessThanOrEqual(1);
    }
    await reader.cancel();
  });

  it('does not begin a transform before somebody wants its result', async () => {
    const transform = vi.fn((item: number, emit: Emit<number>) => emit(item));
    const stage = passing({ transform });
    const writer = stage.writable.getWriter();
    const write = writer.write(1);
    await settle();
    expect(transform).not.toHaveBeenCalled();
    const reader = stage.readable.getReader();
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    await write;
  });
});

describe('abort', () => {
  it('delivers nothing afterwards, whatever was already made', async () => {
    for (let abortAfter = 1; abortAfter < 12; abortAfter++) {
      const abort = new AbortController();
      const { signal } = abort;
      const reason = new BargeIn();
      const burst = passing({ signal, transform: (item, emit) => void [item, item, item].map((copy) => emit(copy)) });
      const end = source().readable.pipeThrough(burst).pipeThrough(passing({ signal })).pipeThrough(passing({ signal }));
      const reader = end.getReader();
      for (let i = 0; i < abortAfter; i++) await reader.read();
      await settle();
      const afterAbort = reader.read();
      const alreadyMade = await afterAbort;
      expect(alreadyMade.done).toBe(false);
      abort.abort(reason);
      await expect(reader.read()).rejects.toBe(reason);
    }
  });

  it('fails a read that waits, a write that waits and a transform that works, all in the same turn of the loop', async () => {
    const abort = new AbortController();
    const reason = new BargeIn();
    const told = vi.fn();
    const stage = passing({
      signal: abort.signal,
      transform: (_item, _emit, { signal }) => {
        signal.addEventListener('abort', told);
        return new Promise(() => {});
      },
    });
    const writer = stage.writable.getWriter();
    const outcomes = Promise.allSettled([writer.write(1), writer.write(2), stage.readable.getReader().read(), writer.closed]);
    await settle();
    let settled: PromiseSettledResult<unknown>[] | undefined;
    void outcomes.then((results) => (settled = results));
    abort.abort(reason);
    expect(told).toHaveBeenCalledOnce();
    await settle();
    expect(settled?.map((result) => result.status === 'rejected' && result.reason === reason)).toEqual([true, true, true, true]);
  });

  it('makes a pending emit reject, so that a loop in a transform ends', async () => {
    const abort = new AbortController();
    const reason = new BargeIn();
    let ended: unknown;
    const stage = passing({
      signal: abort.signal,
      transform: async (_, emit) => {
        try {
          for (;;) await emit(1);
        } catch (error) {
          ended = error;
          throw error;
        }
      },
    });
    const reader = source().readable.pipeThrough(stage).getReader();
    await reader.read();
    abort.abort(reason);
    await stage.disposed;
    expect(ended).toBe(reason);
  });

  it('disposes once, and only after the transform under way has let go', async () => {
    const abort = new AbortController();
    const order: string[] = [];
    let finish!: () => void;
    const stage = passing({
      signal: abort.signal,
      transform: async () => {
        await new Promise<void>((resolve) => (finish = resolve));
        order.push('transform ended');
      },
      dispose: () => void order.push('disposed'),
    });
    const read = source().readable.pipeThrough(stage).getReader().read();
    await settle();
    abort.abort(new BargeIn());
    await expect(read).rejects.toBeInstanceOf(BargeIn);
    expect(order).toEqual([]);
    finish();
    await stage.disposed;
    expect(order).toEqual(['transform ended', 'disposed']);
  });

  it('never starts when the signal is aborted before', async () => {
    const reason = new BargeIn();
    const dispose = vi.fn();
    const transform = vi.fn();
    const stage = passing({ signal: AbortSignal.abort(reason), transform, dispose });
    await expect(source().readable.pipeTo(stage.writable)).rejects.toBe(reason);
    await expect(stage.readable.getReader().read()).rejects.toBe(reason);
    await stage.disposed;
    expect(transform).not.toHaveBeenCalled();
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('cancels the source upstream, unless the pipe was told to keep it', async () => {
    for (const preventCancel of [false, true]) {
      const abort = new AbortController();
      const reason = new BargeIn();
      const { state, readable } = source();
      const reader = readable.pipeThrough(passing({ signal: abort.signal }), { preventCancel }).getReader();
      await reader.read();
      abort.abort(reason);
      await settle();
      expect(state.cancelledWith).toBe(preventCancel ? undefined : reason);
      if (preventCancel) await expect(readable.getReader().read()).resolves.toMatchObject({ done: false });
    }
  });

  it('is swept over every step of a three-stage pipe: each stage disposes once and nothing made later is delivered', async () => {
    const steps = await runPipe(Infinity);
    expect(steps.delivered).toEqual([0, 1, 2, 3]);
    for (let abortAt = 0; abortAt < steps.stepCount; abortAt++) {
      const run = await runPipe(abortAt);
      expect(run.delivered, `aborted at step ${abortAt}`).toEqual(run.emittedBeforeAbort.slice(0, run.delivered.length));
      expect(run.deliveredAfterTurnOfAbort).toBe(0);
      expect(run.disposeCounts).toEqual([1, 1, 1]);
      expect(run.error).toBeInstanceOf(BargeIn);
    }
  });
});

/** Runs four items through three stages and aborts at the n-th step that any stage takes. */
async function runPipe(abortAt: number) {
  const abort = new AbortController();
  const disposeCounts = [0, 0, 0];
  const delivered: number[] = [];
  const emittedBeforeAbort: number[] = [];
  let deliveredAfterTurnOfAbort = 0;
  let turnOfAbortOver = false;
  let stepCount = 0;
  let error: unknown;
  const step = async () => {
    if (stepCount++ === abortAt) {
      abort.abort(new BargeIn());
      setImmediate(() => (turnOfAbortOver = true));
    }
    await Promise.resolve();
  };
  const stages = disposeCounts.map((_, index) =>
    passing({
      signal: abort.signal,
      transform: async (item, emit) => {
        await step();
        if (index === 2 && !abort.signal.aborted) emittedBeforeAbort.push(item);
        await emit(item);
        await step();
      },
      flush: step,
      dispose: () => void disposeCounts[index]!++,
    }),
  );
  try {
    for await (const item of stages.reduce((readable, stage) => readable.pipeThrough(stage), source(4).readable)) {
      delivered.push(item);
      if (turnOfAbortOver) deliveredAfterTurnOfAbort++;
    }
  } catch (thrown) {
    error = thrown;
  }
  await Promise.all(stages.map(({ disposed }) => disposed));
  return { stepCount, delivered, emittedBeforeAbort, deliveredAfterTurnOfAbort, disposeCounts, error };
}

describe('other ends', () => {
  it('tells both neighbours what the transform threw', async () => {
    const failure = new Error('engine down');
    const dispose = vi.fn();
    const { state, readable } = source();
    const stage = passing({
      dispose,
      transform: () => {
        throw failure;
      },
    });
    await expect(collect(readable.pipeThrough(stage))).rejects.toBe(failure);
    await stage.disposed;
    expect(state.cancelledWith).toBe(failure);
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('disposes when the reader cancels, and cancels upstream', async () => {
    const dispose = vi.fn();
    const { state, readable } = source();
    const stage = passing({ dispose });
    const reader = readable.pipeThrough(stage).getReader();
    await reader.read();
    await reader.cancel('enough');
    await settle();
    expect(dispose).toHaveBeenCalledOnce();
    expect(state.cancelledWith).toBe('enough');
  });

  it('disposes when the writer aborts, and fails downstream', async () => {
    const dispose = vi.fn();
    const stage = passing({ dispose });
    await stage.writable.abort('gone');
    expect(dispose).toHaveBeenCalledOnce();
    await expect(stage.readable.getReader().read()).rejects.toBe('gone');
  });

  it('tells downstream what flush or dispose threw', async () => {
    for (const part of ['flush', 'dispose'] as const) {
      const failure = new Error(part);
      const stage = passing({ [part]: () => Promise.reject(failure) });
      await expect(collect(source(1).readable.pipeThrough(stage))).rejects.toBe(failure);
    }
  });

  it('refuses an emit after its transform has ended', async () => {
    let late!: Emit<number>;
    const stage = passing({ transform: (_, emit) => void (late = emit) });
    const writer = stage.writable.getWriter();
    const read = stage.readable.getReader().read();
    await writer.write(1);
    expect(() => late(2)).toThrow('Stage "pass" emitted outside transform and flush');
    await writer.abort('end');
    await expect(read).rejects.toBe('end');
  });
});
