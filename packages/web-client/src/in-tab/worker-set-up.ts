import type { ModelDriver, ModelDtype } from '@sotto/pipeline';

/** Where an ONNX model computes in the tab. */
export type InTabDevice = 'wasm' | 'webgpu';

/** The first message to an engine's Worker. */
export type WorkerSetUp = {
  readonly device: InTabDevice;
  readonly driver: ModelDriver;
  /** Folder with ONNX Runtime's own module and WASM files, on the page's origin. */
  readonly runtimeUrl: string;
  readonly threadCount: number;
  readonly dtype: ModelDtype | { readonly encoder: ModelDtype; readonly decoder: ModelDtype };
  /** The model's files by name, checked already; moved into the Worker. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly defaultVoice?: string;
};

/** Resolves with the set-up that the page sends first. */
export function receiveSetUp(): Promise<WorkerSetUp> {
  const scope = globalThis as unknown as { onmessage: ((event: MessageEvent<WorkerSetUp>) => void) | null };
  return new Promise((resolve) => {
    scope.onmessage = ({ data }) => {
      scope.onmessage = null;
      resolve(data);
    };
  });
}
