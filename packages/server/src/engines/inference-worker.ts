import { workerData } from 'node:worker_threads';
import type { LocatedModel } from '../models/model-folder.ts';
import { type WorkerHandlers, hostInWorker } from './worker-host.ts';

/** What the thread is to become. */
export type InferenceWorkerData = {
  readonly kind: 'vad' | 'stt' | 'tts';
  readonly model: LocatedModel;
  /** Threads of one inference. */
  readonly threadCount: number;
};

/** Each thread imports only the drivers it needs, which keeps the start short. */
async function load(data: InferenceWorkerData): Promise<WorkerHandlers> {
  switch (data.kind) {
    case 'vad':
      return (await import('./vad-worker.ts')).hostVad(data);
    case 'stt':
      return (await import('./stt-worker.ts')).hostStt(data);
    case 'tts':
      return (await import('./tts-worker.ts')).hostTts(data);
  }
}

// An entry, not a library: nothing but type imports may come from here.
if (workerData !== null) await hostInWorker(() => load(workerData as InferenceWorkerData));
