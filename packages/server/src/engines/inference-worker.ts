import { workerData } from 'node:worker_threads';
import { type CallHandlers, serveCalls } from '@sotto/pipeline';
import type { InferenceWorkerData } from './inference-worker-data.ts';
import { workerPort } from './worker-port.ts';

/** Each thread imports only the drivers it needs, which keeps the start short. */
async function load(data: InferenceWorkerData): Promise<CallHandlers> {
  switch (data.kind) {
    case 'vad':
      return (await import('./vad-worker.ts')).hostVad(data);
    case 'stt':
      return (await import('./stt-worker.ts')).hostStt(data);
    case 'tts':
      return (await import('./tts-worker.ts')).hostTts(data);
  }
}

await serveCalls(workerPort(), () => load(workerData as InferenceWorkerData));
