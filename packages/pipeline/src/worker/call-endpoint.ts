import type { CallRequest, CallResponse } from './call-message.ts';

/** One end of a line between two threads: a browser `Worker` or worker scope, a Node `Worker` or `parentPort`. */
export type CallEndpoint<Sent, Received> = {
  post(message: Sent, transfer: readonly ArrayBuffer[]): void;
  /** At most one listener; called for every message in order. */
  listen(listener: (message: Received) => void): void;
  close(): void;
};

export type WorkerEndpoint = CallEndpoint<CallResponse, CallRequest>;
export type PageEndpoint = CallEndpoint<CallRequest, CallResponse>;
