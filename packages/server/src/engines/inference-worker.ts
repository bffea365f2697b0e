import { workerData } from 'node:worker_threads';
import type { LocatedModel } from '../models/model-folder.ts';
import { type CallHandlers, serveCalls } from '@sotto/pipeline';
import { workerPort } from './worker-port.ts';

/** What the thread is to become. */
export type InferenceWorkerData = {
  readonly kind: 'vad' | 'stt' | 'tts';
  readonly model: LocatedModel;
  /** Threads of one inference. */
  readonly threadCount: number;
};

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
