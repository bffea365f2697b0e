import { QWEN3_0_6B_SHAPE, type RandomGgufShape } from '@sotto/server/testing';

/** Sizes of Moonshine (arXiv 2410.15608 and its config.json). */
export type MoonshineShape = {
  readonly architecture: 'moonshine';
  readonly width: number;
  readonly feedForwardWidth: number;
  /** Of the encoder, and of the decoder as well. */
  readonly layerCount: number;
  readonly headCount: number;
  readonly vocabularySize: number;
  /** Channels of each head that are rotated: `partial_rotary_factor` of the head's width, cut to a whole number. */
  readonly rotaryWidth: number;
};

/** Sizes of Whisper (arXiv 2212.04356 and its config.json). */
export type WhisperShape = {
  readonly architecture: 'whisper';
  readonly width: number;
  readonly feedForwardWidth: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly vocabularySize: number;
};

export type LlmShape = { readonly architecture: 'qwen3'; readonly gguf: RandomGgufShape };
export type ModelShape = MoonshineShape | WhisperShape | LlmShape;

const MOONSHINE_VOCABULARY_SIZE = 32_768;
/** Of the multilingual models before large-v3. */
const WHISPER_VOCABULARY_SIZE = 51_865;

export const MODEL_SHAPES = {
  'moonshine-tiny': { architecture: 'moonshine', width: 288, feedForwardWidth: 1152, layerCount: 6, headCount: 8, vocabularySize: MOONSHINE_VOCABULARY_SIZE, rotaryWidth: 32 },
  'moonshine-base': { architecture: 'moonshine', width: 416, feedForwardWidth: 1664, layerCount: 8, headCount: 8, vocabularySize: MOONSHINE_VOCABULARY_SIZE, rotaryWidth: 32 },
  'whisper-tiny': { architecture: 'whisper', width: 384, feedForwardWidth: 1536, layerCount: 4, headCount: 6, vocabularySize: WHISPER_VOCABULARY_SIZE },
  'whisper-base': { architecture: 'whisper', width: 512, feedForwardWidth: 2048, layerCount: 6, headCount: 8, vocabularySize: WHISPER_VOCABULARY_SIZE },
  'qwen3-0.6b': { architecture: 'qwen3', gguf: QWEN3_0_6B_SHAPE },
} as const satisfies Readonly<Record<string, ModelShape>>;

export type ShapeName = keyof typeof MODEL_SHAPES;
export const SHAPE_NAMES = Object.keys(MODEL_SHAPES) as readonly ShapeName[];

/** Why a model that people run beside these is not among them. */
export const MISSING_SHAPES: Readonly<Record<string, string>> = {
  'kokoro-82m': 'its graph lets the predicted durations decide how long the speech becomes, through loops and a vocoder of some two thousand nodes; with random weights the amount of work would be made up, so the figure would be as well',
};
