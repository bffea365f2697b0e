import { ModelError, type ModelFile, type ModelKind, type ModelManifest, type ModelLicence } from '@sotto/pipeline';
import { KOKORO_VOICE_BYTES, KOKORO_VOICES } from './kokoro-voices.ts';

/**
 * Public models that `sotto models pull` knows. Digests and lengths come from publicly recorded manifests; a file
 * without a digest has none on record: it is taken on trust the first time and held to that digest from then on.
 */

const MIT = (url: string): ModelLicence => ({ name: 'MIT', url });
const APACHE: ModelLicence = { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' };
const LLAMA_3_2: ModelLicence = {
  name: 'Llama 3.2 Community License',
  url: 'https://www.llama.com/llama3_2/license/',
  note: 'Attribution ("Built with Llama") and an acceptable-use policy; a separate licence above 700 million monthly users.',
};
const GEMMA: ModelLicence = { name: 'Gemma Terms of Use', url: 'https://ai.google.dev/gemma/terms', note: 'Use restrictions apply and must be passed on with the model.' };

const million = (count: number) => ({ total: Math.round(count * 1e6), active: Math.round(count * 1e6) });
const unrecorded = (paths: readonly string[]): ModelFile[] => paths.map((path) => ({ path }));

type Hub = readonly [repository: string, revision: string];
const hub = ([repository, revision]: Hub) => ({ type: 'hub', repository, revision }) as const;

const MOONSHINE_TOKENIZER: ModelFile = { path: 'tokenizer.json', bytes: 3_761_754, sha256: '7b913404bdd039af4756783218af4440bc07fb7d6d8258d677e34f95b3ec416f' };
const MOONSHINE_TINY: Hub = ['onnx-community/moonshine-tiny-ONNX', 'a6da1241cd305dcd64eab1edbd615f2bb9aabb95'];
const MOONSHINE_BASE: Hub = ['onnx-community/moonshine-base-ONNX', 'b1e9b6aae3c3c7298f10c3798393fdf38e8fbbad'];
const MOONSHINE_LICENCE = MIT('https://github.com/moonshine-ai/moonshine/blob/main/LICENSE');

const MOONSHINE_TINY_FILES: readonly ModelFile[] = [
  { path: 'config.json', bytes: 921, sha256: '558e1e02069137c796ace1e50c48d8fe451f04a295929138e6bea885517f0edb' },
  { path: 'generation_config.json', bytes: 147, sha256: 'f9b3f711b57be7def2e50a8942f64f36ee0a55fad5b84ff93a687b6c5bcc1d44' },
  { path: 'preprocessor_config.json', bytes: 128, sha256: 'fa43a7017ef85cd1d0fba0d9aae77c8adb16990ae6f11115631f41ec5d8aa679' },
  MOONSHINE_TOKENIZER,
];
const MOONSHINE_BASE_FILES: readonly ModelFile[] = [
  { path: 'config.json', bytes: 922, sha256: 'fab7241d1e9fc6c2370c4c6dfb5da79bb54d67ed9ab6b507ac51d29d2abe01d1' },
  ...unrecorded(['generation_config.json', 'preprocessor_config.json']),
  MOONSHINE_TOKENIZER,
  { path: 'onnx/encoder_model.onnx', bytes: 80_818_781, sha256: '153e128e7abd64a74ee47f2c3f585c3171c4d46cbb368b032827934c4e01e779' },
];

function moonshine(id: string, title: string, from: Hub, parameters: number, dtype: ModelManifest['dtype'], files: readonly ModelFile[]): ModelManifest {
  return { schemaVersion: 1, id, title, kind: 'stt', driver: 'moonshine', languages: ['en'], licence: MOONSHINE_LICENCE, parameters: million(parameters), source: hub(from), files, ...(dtype && { dtype }) };
}

function whisper(id: string, title: string, from: Hub, parameters: number, languages: readonly string[], known: readonly ModelFile[] = []): ModelManifest {
  const paths = ['config.json', 'generation_config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/encoder_model_quantized.onnx', 'onnx/decoder_model_merged_quantized.onnx'];
  const files = paths.map((path) => known.find((file) => file.path === path) ?? { path });
  return { schemaVersion: 1, id, title, kind: 'stt', driver: 'whisper', languages, licence: MIT('https://github.com/openai/whisper/blob/main/LICENSE'), parameters: million(parameters), source: hub(from), files, dtype: 'q8' };
}

function kokoro(id: string, title: string, dtype: 'fp32' | 'q8', graph: ModelFile): ModelManifest {
  const voices = Object.entries(KOKORO_VOICES).map(([voice, sha256]) => ({ path: `voices/${voice}.bin`, bytes: KOKORO_VOICE_BYTES, sha256 }));
  return {
    schemaVersion: 1, id, title, kind: 'tts', driver: 'kokoro', languages: ['en'], licence: APACHE, parameters: million(82), dtype,
    source: hub(['onnx-community/Kokoro-82M-v1.0-ONNX', '1939ad2a8e416c0acfeecc08a694d14ef25f2231']),
    files: [
      { path: 'config.json' },
      { path: 'tokenizer.json', sha256: '77a02c8e164413299b4b4c403b14f8e0e1c1b727db4d46a09d6327b861060a34' },
      { path: 'tokenizer_config.json', sha256: 'be1cb066d6ef6b074b3f15e6a6dd21ac88ff3cdaedf325f0aaed686c70f75d20' },
      graph,
      ...voices,
    ],
  };
}

function gguf(id: string, title: string, repository: string, parameters: number, languages: readonly string[], licence: ModelLicence, file: ModelFile): ModelManifest {
  return { schemaVersion: 1, id, title, kind: 'llm', driver: 'llama', languages, licence, parameters: million(parameters), source: hub([repository, 'main']), files: [file] };
}

const ANY = ['mul'];

export const CATALOGUE: readonly ModelManifest[] = [
  moonshine('moonshine-tiny', 'Moonshine tiny, 8-bit', MOONSHINE_TINY, 27.1, 'q8', [
    ...MOONSHINE_TINY_FILES,
    { path: 'onnx/encoder_model_quantized.onnx', bytes: 7_937_661, sha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a' },
    { path: 'onnx/decoder_model_merged_quantized.onnx', bytes: 20_243_286, sha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367' },
  ]),
  moonshine('moonshine-base', 'Moonshine base', MOONSHINE_BASE, 61.5, 'fp32', [
    ...MOONSHINE_BASE_FILES,
    { path: 'onnx/decoder_model_merged.onnx', bytes: 166_211_345, sha256: '58778763ca8438963190244d6b26572bdca2cedec56a4b91e828f3f2d69ef3c5' },
  ]),
  moonshine('moonshine-base-q8', 'Moonshine base, 8-bit decoder', MOONSHINE_BASE, 61.5, { encoder: 'fp32', decoder: 'q8' }, [
    ...MOONSHINE_BASE_FILES,
    { path: 'onnx/decoder_model_merged_quantized.onnx', bytes: 42_498_870, sha256: 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3' },
  ]),
  whisper('whisper-tiny.en', 'Whisper tiny.en, 8-bit', ['onnx-community/whisper-tiny.en', 'main'], 39, ['en']),
  whisper('whisper-base', 'Whisper base, 8-bit', ['onnx-community/whisper-base', '1846881b6b3a3024392c1eea3ad983695bc23925'], 74, ANY, [
    { path: 'onnx/encoder_model_quantized.onnx', sha256: '5862993336bf33acd23736071aae2b32261d3b1b2f37780194460d4ef974dd46' },
    { path: 'onnx/decoder_model_merged_quantized.onnx', sha256: 'fa3ef9902734ce5ae6f9ef2bdb2ba9a6c4b5785b09f4f420ce036573dc9d090b' },
    { path: 'tokenizer.json', sha256: '27fc476bfe7f17299480be2273fc0608e4d5a99aba2ab5dec5374b4482d1a566' },
  ]),
  whisper('whisper-small', 'Whisper small, 8-bit', ['onnx-community/whisper-small', 'main'], 244, ANY),
  whisper('whisper-large-v3-turbo', 'Whisper large-v3-turbo, 8-bit', ['onnx-community/whisper-large-v3-turbo', 'main'], 809, ANY),
  {
    schemaVersion: 1, id: 'silero', title: 'Silero VAD, newest', kind: 'vad', driver: 'silero', languages: ANY, licence: MIT('https://github.com/snakers4/silero-vad/blob/master/LICENSE'), parameters: { total: 309_633, active: 309_633 },
    source: hub(['onnx-community/silero-vad', 'main']), files: [{ path: 'onnx/model.onnx' }],
  },
  kokoro('kokoro-82m', 'Kokoro 82M', 'fp32', { path: 'onnx/model.onnx', bytes: 325_532_232, sha256: '8fbea51ea711f2af382e88c833d9e288c6dc82ce5e98421ea61c058ce21a34cb' }),
  kokoro('kokoro-82m-q8', 'Kokoro 82M, 8-bit', 'q8', { path: 'onnx/model_quantized.onnx', bytes: 92_361_116, sha256: 'fbae9257e1e05ffc727e951ef9b9c98418e6d79f1c9b6b13bd59f5c9028a1478' }),
  gguf('qwen3-0.6b', 'Qwen3 0.6B, 4-bit', 'unsloth/Qwen3-0.6B-GGUF', 596, ANY, APACHE, { path: 'Qwen3-0.6B-Q4_K_M.gguf', bytes: 396_705_472, sha256: 'ac2d97712095a558e31573f62f466a3f9d93990898b0ec79d7c974c1780d524a' }),
  gguf('qwen3-1.7b', 'Qwen3 1.7B, 4-bit', 'unsloth/Qwen3-1.7B-GGUF', 1721, ANY, APACHE, { path: 'Qwen3-1.7B-Q4_K_M.gguf', bytes: 1_107_409_472, sha256: 'b139949c5bd74937ad8ed8c8cf3d9ffb1e99c866c823204dc42c0d91fa181897' }),
  gguf('qwen3-4b', 'Qwen3 4B, 4-bit', 'Qwen/Qwen3-4B-GGUF', 4022, ANY, APACHE, { path: 'Qwen3-4B-Q4_K_M.gguf', bytes: 2_497_280_256, sha256: '7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5' }),
  gguf('qwen3-4b-instruct', 'Qwen3 4B Instruct 2507, 4-bit', 'unsloth/Qwen3-4B-Instruct-2507-GGUF', 4022, ANY, APACHE, { path: 'Qwen3-4B-Instruct-2507-Q4_K_M.gguf', bytes: 2_497_281_120, sha256: '3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597' }),
  gguf('qwen3.5-0.8b', 'Qwen3.5 0.8B, 4-bit', 'bartowski/Qwen_Qwen3.5-0.8B-GGUF', 800, ANY, APACHE, { path: 'Qwen_Qwen3.5-0.8B-Q4_K_M.gguf', bytes: 579_615_840, sha256: 'fb044e93939a70469c905781334f5de1e6c8b608ced6cbc8c9249bd4127d9526' }),
  gguf('qwen3.5-2b', 'Qwen3.5 2B, 4-bit', 'bartowski/Qwen_Qwen3.5-2B-GGUF', 2000, ANY, APACHE, { path: 'Qwen_Qwen3.5-2B-Q4_K_M.gguf', bytes: 1_396_198_496, sha256: '57a1085840f497d764a7fc5d346922dbde961efb54cc792ea81d694fd846a1d8' }),
  gguf('qwen3.5-4b', 'Qwen3.5 4B, 4-bit', 'bartowski/Qwen_Qwen3.5-4B-GGUF', 4000, ANY, APACHE, { path: 'Qwen_Qwen3.5-4B-Q4_K_M.gguf', sha256: '13c16f426047e2de38cd075bdade4a7bcbc8c774384876f677740cda65f8a983' }),
  gguf('llama-3.2-1b', 'Llama 3.2 1B Instruct, 4-bit', 'bartowski/Llama-3.2-1B-Instruct-GGUF', 1236, ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'], LLAMA_3_2, { path: 'Llama-3.2-1B-Instruct-Q4_K_M.gguf', bytes: 807_694_464, sha256: '6f85a640a97cf2bf5b8e764087b1e83da0fdb51d7c9fab7d0fece9385611df83' }),
  gguf('llama-3.2-3b', 'Llama 3.2 3B Instruct, 4-bit', 'bartowski/Llama-3.2-3B-Instruct-GGUF', 3213, ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'], LLAMA_3_2, { path: 'Llama-3.2-3B-Instruct-Q4_K_M.gguf', bytes: 2_019_377_600, sha256: '6c99cc00ae910f6a532a80022cb4bc1939094527a089c29294b841c0bd87f74d' }),
  gguf('smollm2-360m', 'SmolLM2 360M Instruct, 8-bit', 'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF', 362, ['en'], APACHE, { path: 'smollm2-360m-instruct-q8_0.gguf', sha256: '48ab3034d0dd401fbc721eb1df3217902fee7dab9078992d66431f09b7750201' }),
  gguf('smollm2-1.7b', 'SmolLM2 1.7B Instruct, 4-bit', 'HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF', 1711, ['en'], APACHE, { path: 'smollm2-1.7b-instruct-q4_k_m.gguf', bytes: 1_055_609_536, sha256: 'decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33' }),
  gguf('gemma-3-1b', 'Gemma 3 1B, 4-bit', 'ggml-org/gemma-3-1b-it-GGUF', 1000, ['en'], GEMMA, { path: 'gemma-3-1b-it-Q4_K_M.gguf', sha256: '8ccc5cd1f1b3602548715ae25a66ed73fd5dc68a210412eea643eb20eb75a135' }),
];

/** What `npm start` offers: understands people, answers sensibly, sounds human, runs on a laptop without a graphics card. */
export const RECOMMENDED: Readonly<Record<Exclude<ModelKind, 'vad'>, string>> = { stt: 'moonshine-base', llm: 'qwen3-1.7b', tts: 'kokoro-82m-q8' };

/** @throws {ModelError} VOICE_ERR_MODEL_NOT_FOUND */
export function catalogueEntry(id: string, catalogue = CATALOGUE): ModelManifest {
  const found = catalogue.find((manifest) => manifest.id === id);
  if (!found) throw new ModelError('VOICE_ERR_MODEL_NOT_FOUND', `There is no model called ${id}; sotto models list shows those there are`, { stage: 'models' });
  return found;
}
