import { createRequire } from 'node:module';

/** As much of sherpa-onnx-node as is compared; the package brings no types. */
type SherpaOnnx = {
  readonly OfflineRecognizer: new (config: unknown) => SherpaRecogniser;
  readonly Vad: new (config: unknown, bufferSeconds: number) => SherpaVad;
};

export type SherpaStream = { acceptWaveform(audio: { readonly samples: Float32Array; readonly sampleRate: number }): void };
export type SherpaRecogniser = {
  createStream(): SherpaStream;
  decode(stream: SherpaStream): void;
  getResult(stream: SherpaStream): { readonly text: string; readonly tokens: readonly string[] };
};
export type SherpaVad = { acceptWaveform(samples: Float32Array): void; isEmpty(): boolean; pop(): void; flush(): void; reset(): void };

/** Native code with an ONNX Runtime of its own inside, so never in one process with ours. */
export function loadSherpaOnnx(): SherpaOnnx {
  return createRequire(import.meta.url)('sherpa-onnx-node') as SherpaOnnx;
}
