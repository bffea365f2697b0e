import { EngineError, type CallRequest, type CallResponse, serializeError } from '@sotto/pipeline';
import { describe, expect, test } from 'vitest';
import { EngineWorker } from './engine-worker.ts';
import type { WorkerSetUp } from './worker-set-up.ts';

type Answer = (request: CallRequest & { readonly type: 'call' }) => CallResponse | 'never' | 'crash';

/** A Worker that loads, or does not, and answers calls by a script. */
class ScriptedWorker {
  onmessage: ((event: { readonly data: CallResponse }) => void) | null = null;
  onerror: ((event: { readonly message: string; preventDefault(): void }) => void) | null = null;
  isTerminated = false;
  device = '';
  readonly #script: { readonly load: 'ready' | 'failed' | 'never'; readonly answer: Answer };

  constructor(script: { readonly load: 'ready' | 'failed' | 'never'; readonly answer: Answer }) {
    this.#script = script;
  }

  postMessage(message: WorkerSetUp | CallRequest): void {
    if ('device' in message) {
      this.device = message.device;
      if (this.#script.load === 'ready') this.#tell({ type: 'ready', info: { runsOn: message.device } });
      if (this.#script.load === 'failed') this.#tell({ type: 'load-failed', error: serializeError(new EngineError('VOICE_ERR_ENGINE_FAILED', 'no kernel for Cast', { stage: 'tts' })) });
    } else if (message.type === 'call') {
      const answer = this.#script.answer(message);
      if (answer === 'crash') queueMicrotask(() => this.onerror?.({ message: 'out of memory', preventDefault: () => undefined }));
      else if (answer !== 'never') this.#tell(answer);
    }
  }

  terminate(): void {
    this.isTerminated = true;
  }

  #tell(data: CallResponse): void {
    queueMicrotask(() => this.onmessage?.({ data }));
  }
}

const echo: Answer = ({ callId, args }) => ({ type: 'result', callId, value: args });
const failing: Answer = ({ callId }) => ({ type: 'error', callId, error: serializeError(new EngineError('VOICE_ERR_ENGINE_FAILED', 'device was lost', { stage: 'tts' })) });

function rig(device: 'wasm' | 'webgpu', scripts: readonly ConstructorParameters<typeof ScriptedWorker>[0][]) {
  const started: ScriptedWorker[] = [];
  const fallbacks: string[] = [];
  const worker = new EngineWorker({
    stage: 'tts',
    start: () => {
      const script = scripts[started.length];
      if (script === undefined) throw new Error('Broken invariant: one Worker too many');
      started.push(new ScriptedWorker(script));
      return started.at(-1) as unknown as Worker;
    },
    setUp: { device } as WorkerSetUp,
    onFallback: (reason) => fallbacks.push(reason),
  });
  return { worker, started, fallbacks };
}

describe('a model on the GPU', () => {
  test('that cannot be loaded there is loaded in WASM, and the reason is told', async () => {
    const { worker, started, fallbacks } = rig('webgpu', [{ load: 'failed', answer: echo }, { load: 'ready', answer: echo }]);
    expect(await worker.ready()).toEqual({ runsOn: 'wasm' });
    expect(started.map(({ device }) => device)).toEqual(['webgpu', 'wasm']);
    expect(fallbacks).toEqual(['no kernel for Cast']);
  });

  test('that hangs while loading is ended from outside, and whoever waits gets WASM', async () => {
    const { worker, started } = rig('webgpu', [{ load: 'never', answer: echo }, { load: 'ready', answer: echo }]);
    const ready = worker.ready();
    worker.leaveGpu('no answer in 60 s');
    expect(await ready).toEqual({ runsOn: 'wasm' });
    expect(started[0]?.isTerminated).toBe(true);
  });

  test('that fails in a call answers the same call from WASM', async () => {
    const { worker, fallbacks } = rig('webgpu', [{ load: 'ready', answer: failing }, { load: 'ready', answer: echo }]);
    expect(await worker.call('synthesize', () => 'hello')).toBe('hello');
    expect(worker.device).toBe('wasm');
    expect(fallbacks).toHaveLength(1);
  });

  test('that is lost in mid-call answers the same call from WASM, with arguments asked for anew', async () => {
    const { worker, fallbacks } = rig('webgpu', [{ load: 'ready', answer: () => 'never' }, { load: 'ready', answer: echo }]);
    await worker.ready();
    const generations: number[] = [];
    const call = worker.call('synthesize', () => {
      generations.push(worker.generation);
      return 'hello';
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(worker.leaveGpu('the device was lost')).toBe(true);
    expect(await call).toBe('hello');
    expect(generations).toEqual([1, 2]);
    expect(worker.leaveGpu('again')).toBe(false);
    expect(fallbacks).toEqual(['the device was lost']);
  });

  test('a call that was aborted is not made again elsewhere', async () => {
    const { worker, started } = rig('webgpu', [{ load: 'ready', answer: () => 'never' }]);
    const controller = new AbortController();
    const call = worker.call('synthesize', () => 'hello', { signal: controller.signal });
    await worker.ready();
    controller.abort(new Error('interrupted'));
    await expect(call).rejects.toThrow('interrupted');
    expect(started).toHaveLength(1);
  });
});

describe('a model in WASM', () => {
  test('that dies fails the call under way, and the next call gets a fresh Worker', async () => {
    const { worker, started } = rig('wasm', [{ load: 'ready', answer: () => 'crash' }, { load: 'ready', answer: echo }]);
    await expect(worker.call('synthesize', () => 'hello')).rejects.toMatchObject({ code: 'VOICE_ERR_WORKER_CRASHED' });
    expect(await worker.call('synthesize', () => 'again')).toBe('again');
    expect(started.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
  });

  test('that was disposed refuses calls', async () => {
    const { worker } = rig('wasm', []);
    worker.dispose();
    await expect(worker.call('synthesize', () => 'hello')).rejects.toMatchObject({ code: 'VOICE_ERR_DISPOSED' });
  });
});
