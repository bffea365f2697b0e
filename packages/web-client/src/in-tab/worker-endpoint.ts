import type { CallRequest, CallResponse, PageEndpoint, WorkerEndpoint } from '@sotto/pipeline';

/** The page's end of the line to a Worker. */
export function pageEndpoint(worker: Worker): PageEndpoint {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen: (listener) => {
      worker.onmessage = ({ data }: MessageEvent<CallResponse>) => listener(data);
    },
    close: () => worker.terminate(),
  };
}

/** What a Worker's own scope offers; the page's typings do not have it. */
type WorkerScope = {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<CallRequest>) => void) | null;
  close(): void;
};

/** The Worker's end of the line to the page that started it. */
export function workerEndpoint(): WorkerEndpoint {
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message, transfer) => scope.postMessage(message, [...transfer]),
    listen: (listener) => {
      scope.onmessage = ({ data }) => listener(data);
    },
    close: () => scope.close(),
  };
}
