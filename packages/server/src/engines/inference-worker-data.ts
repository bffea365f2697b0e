import type { LocatedModel } from '../models/model-folder.ts';

/** What an inference thread is to become. */
export type InferenceWorkerData = {
  readonly kind: 'vad' | 'stt' | 'tts';
  readonly model: LocatedModel;
  /** Threads of one inference. */
  readonly threadCount: number;
};
