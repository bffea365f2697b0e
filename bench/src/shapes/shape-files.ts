import { onnxModel, randomGguf, type StreamedBytes } from '@sotto/server/testing';
import { moonshineTokenizer, whisperLanguages, whisperTokenIds, whisperTokenizer } from './made-up-tokenizer.ts';
import type { ModelShape, MoonshineShape, WhisperShape } from './model-shape.ts';
import { moonshineDecoder, moonshineEncoder } from './moonshine-graphs.ts';
import { WHISPER_TARGET_POSITIONS, whisperDecoder, whisperEncoder } from './whisper-graphs.ts';

/** Name of the language model's file. */
export const GGUF_FILE_NAME = 'model.gguf';

/** Files of a model folder, by their path in it, in the layout of the public repositories. Nothing is made before it is written. */
export function shapeFiles(shape: ModelShape): ReadonlyMap<string, StreamedBytes> {
  switch (shape.architecture) {
    case 'moonshine': return new Map([
      ['onnx/encoder_model.onnx', onnxModel(moonshineEncoder(shape))],
      ['onnx/decoder_model_merged.onnx', onnxModel(moonshineDecoder(shape))],
      ...jsonFiles(moonshineConfigurations(shape)),
    ]);
    case 'whisper': return new Map([
      ['onnx/encoder_model.onnx', onnxModel(whisperEncoder(shape))],
      ['onnx/decoder_model_merged.onnx', onnxModel(whisperDecoder(shape))],
      ...jsonFiles(whisperConfigurations(shape)),
    ]);
    case 'qwen3': return new Map([[GGUF_FILE_NAME, randomGguf({ shape: shape.gguf, weights: 'q8_0', tied: true })]]);
  }
}

function jsonFiles(contents: Readonly<Record<string, unknown>>): [string, StreamedBytes][] {
  return Object.entries(contents).map(([name, content]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(content));
    return [name, { byteCount: bytes.length, pieces: () => [bytes] }];
  });
}

function moonshineConfigurations(shape: MoonshineShape): Record<string, unknown> {
  const tokens = { bos_token_id: 1, eos_token_id: 2, pad_token_id: 2, decoder_start_token_id: 1 };
  return {
    'config.json': {
      model_type: 'moonshine', architectures: ['MoonshineForConditionalGeneration'], is_encoder_decoder: true, use_cache: true, tie_word_embeddings: true, ...tokens,
      hidden_size: shape.width, intermediate_size: shape.feedForwardWidth, vocab_size: shape.vocabularySize, max_position_embeddings: 194,
      encoder_num_hidden_layers: shape.layerCount, decoder_num_hidden_layers: shape.layerCount,
      encoder_num_attention_heads: shape.headCount, decoder_num_attention_heads: shape.headCount, encoder_num_key_value_heads: shape.headCount, decoder_num_key_value_heads: shape.headCount,
    },
    'generation_config.json': { ...tokens, max_length: 194 },
    'preprocessor_config.json': { feature_extractor_type: 'MoonshineFeatureExtractor', feature_size: 1, padding_value: 0, sampling_rate: 16_000, do_normalize: false, return_attention_mask: false },
    'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '</s>', clean_up_tokenization_spaces: false },
    'tokenizer.json': moonshineTokenizer(shape.vocabularySize),
  };
}

function whisperConfigurations(shape: WhisperShape): Record<string, unknown> {
  const ids = whisperTokenIds(shape.vocabularySize);
  const tokens = { decoder_start_token_id: ids.start, bos_token_id: ids.end, eos_token_id: ids.end, pad_token_id: ids.end };
  return {
    'config.json': {
      model_type: 'whisper', architectures: ['WhisperForConditionalGeneration'], is_encoder_decoder: true, use_cache: true, ...tokens, vocab_size: shape.vocabularySize, num_mel_bins: 80,
      d_model: shape.width, encoder_layers: shape.layerCount, decoder_layers: shape.layerCount, encoder_attention_heads: shape.headCount, decoder_attention_heads: shape.headCount,
      encoder_ffn_dim: shape.feedForwardWidth, decoder_ffn_dim: shape.feedForwardWidth, max_source_positions: 1500, max_target_positions: WHISPER_TARGET_POSITIONS,
    },
    'generation_config.json': {
      ...tokens, is_multilingual: true, max_length: WHISPER_TARGET_POSITIONS, no_timestamps_token_id: ids.noTimestamps, return_timestamps: false, begin_suppress_tokens: [220, ids.end],
      suppress_tokens: suppressedTokens(shape.vocabularySize), lang_to_id: whisperLanguages(shape.vocabularySize), task_to_id: { transcribe: ids.transcribe, translate: ids.translate },
    },
    'preprocessor_config.json': { feature_extractor_type: 'WhisperFeatureExtractor', processor_class: 'WhisperProcessor', chunk_length: 30, feature_size: 80, hop_length: 160, n_fft: 400, n_samples: 480_000, nb_max_frames: 3000, padding_side: 'right', padding_value: 0, return_attention_mask: false, sampling_rate: 16_000 },
    'tokenizer_config.json': { tokenizer_class: 'WhisperTokenizer', add_prefix_space: false, bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', model_max_length: 1024, clean_up_tokenization_spaces: false },
    'tokenizer.json': whisperTokenizer(shape.vocabularySize),
  };
}

/** As many as the public models suppress: 82 that are no speech, and the special ones from the start token on. */
function suppressedTokens(vocabularySize: number): number[] {
  const { end, start, translate, noTimestamps } = whisperTokenIds(vocabularySize);
  const stride = Math.floor(end / 82);
  return [...Array.from({ length: 82 }, (_, i) => i * stride + 1), start, ...Array.from({ length: noTimestamps - translate }, (_, i) => translate + i)];
}
