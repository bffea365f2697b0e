import { createKokoro, createKokoroPhonemizer, inMemoryModelFiles, Moved, serveCalls, type SpeechChunk, type SynthesizeOptions } from '@sotto/pipeline';
import { openOnnxRuntime } from './onnx-web.ts';
import { workerEndpoint } from './worker-endpoint.ts';
import { receiveSetUp } from './worker-set-up.ts';

export type TtsCallOptions = Pick<SynthesizeOptions, 'voice' | 'speed'>;

const setUp = await receiveSetUp();

await serveCalls(workerEndpoint(), async () => {
  const { ort, sessionOptions } = await openOnnxRuntime(setUp);
  const phonemizer = await createKokoroPhonemizer(() => import('kokoro-js'));
  const { defaultVoice, dtype } = setUp;
  const tts = await createKokoro({ ort, files: inMemoryModelFiles(setUp.files), phonemizer, sessionOptions, ...(typeof dtype === 'string' && { dtype }), ...(defaultVoice === undefined ? {} : { defaultVoice }) });
  return {
    info: tts.capabilities,
    calls: {
      async synthesize({ text, options }: { text: string; options: TtsCallOptions }, { signal }) {
        const chunks: SpeechChunk[] = [];
        for await (const chunk of tts.synthesize(text, { ...options, signal })) chunks.push(chunk);
        return new Moved(chunks, chunks.map(({ samples }) => samples.buffer as ArrayBuffer));
      },
    },
    dispose: () => tts[Symbol.asyncDispose](),
  };
});
