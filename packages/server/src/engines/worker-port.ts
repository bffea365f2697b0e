import { parentPort } from 'node:worker_threads';
import { assert, type WorkerEndpoint } from '@sotto/pipeline';

/** The worker's end of its line to the pool. */
export function workerPort(): WorkerEndpoint {
  assert(parentPort, 'a worker entry runs in a worker');
  const port = parentPort;
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen: (listener) => void port.on('message', listener),
    close: () => port.close(),
  };
}
