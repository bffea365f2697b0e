import { assert } from '../assert.ts';
import type { WorkerEndpoint } from './call-endpoint.ts';
import { serializeError } from './call-message.ts';

/** What a call returns when part of it should be moved rather than copied. */
export class Moved<T> {
  readonly value: T;
  readonly transfer: readonly ArrayBuffer[];

  constructor(value: T, transfer: readonly ArrayBuffer[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

export type CallHandlers = {
  /** Told to the other side once loaded, for example the engine's capabilities. */
  readonly info: unknown;
  readonly calls: Readonly<Record<string, (args: never, options: { readonly signal: AbortSignal }) => unknown>>;
  readonly notifications?: Readonly<Record<string, (args: never) => void>>;
  dispose(): PromiseLike<void>;
};

/** The worker's side: loads, says so, then answers calls until told to end. */
export async function serveCalls(endpoint: WorkerEndpoint, load: () => Promise<CallHandlers>): Promise<void> {
  let handlers: CallHandlers;
  try {
    handlers = await load();
  } catch (thrown) {
    endpoint.post({ type: 'load-failed', error: serializeError(thrown) }, []);
    endpoint.close();
    return;
  }
  const running = new Map<number, AbortController>();

  const answer = async (callId: number, method: string, args: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(callId, controller);
    try {
      const call = handlers.calls[method];
      assert(call, `the worker knows the call ${method}`);
      const value = await call(args as never, { signal: controller.signal });
      if (value instanceof Moved) endpoint.post({ type: 'result', callId, value: value.value }, value.transfer);
      else endpoint.post({ type: 'result', callId, value }, []);
    } catch (thrown) {
      endpoint.post({ type: 'error', callId, error: serializeError(thrown) }, []);
    } finally {
      running.delete(callId);
    }
  };
  const dispose = async (): Promise<void> => {
    for (const controller of running.values()) controller.abort();
    try {
      await handlers.dispose();
    } finally {
      endpoint.close();
    }
  };

  endpoint.listen((message) => {
    switch (message.type) {
      case 'call':
        return void answer(message.callId, message.method, message.args);
      case 'abort':
        return running.get(message.callId)?.abort();
      case 'notify':
        return handlers.notifications?.[message.method]?.(message.args as never);
      case 'dispose':
        return void dispose();
    }
  });
  endpoint.post({ type: 'ready', info: handlers.info }, []);
}
