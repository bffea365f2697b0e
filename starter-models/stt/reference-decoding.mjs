// Greedy decoding of the exported graphs, written out plainly: what every other loader of the model must agree with.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));
/** @type {typeof import('onnxruntime-node')} */
const ort = require('onnxruntime-node');

// The stem needs 895 samples for one frame; a tenth of a second is the shortest clip worth asking about.
const SHORTEST_SAMPLES = 1600;
const TOKENS_PER_SECOND = 6.5;
const FEWEST_TOKENS = 8;

/** @param {number} sampleCount at 16 kHz */
export function tokenLimit(sampleCount) {
  return Math.max(FEWEST_TOKENS, Math.ceil((sampleCount / 16000) * TOKENS_PER_SECOND));
}

/**
 * Loads the graphs of a model folder.
 * @param {string} folder
 * @param {string} suffix of the graph files: '' for float32, '_quantized' for int8
 */
export async function openRecogniser(folder, suffix = '') {
  const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
  const vocabulary = Object.keys(JSON.parse(readFileSync(`${folder}/tokenizer.json`, 'utf8')).model.vocab);
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const encoder = await ort.InferenceSession.create(`${folder}/onnx/encoder_model${suffix}.onnx`, options);
  const decoder = await ort.InferenceSession.create(`${folder}/onnx/decoder_model_merged${suffix}.onnx`, options);
  const heads = config.decoder_num_key_value_heads;
  const headDim = config.hidden_size / config.decoder_num_attention_heads;
  const cacheNames = decoder.inputNames.filter((name) => name.startsWith('past_key_values.'));

  /** @param {import('onnxruntime-node').Tensor} logits */
  function bestToken(logits) {
    const last = /** @type {Float32Array} */ (logits.data).subarray(-Number(logits.dims[2]));
    return last.reduce((best, value, id) => (value > last[best] ? id : best), 0);
  }

  /** @param {number[]} tokens @param {object} past @param {boolean} useCache */
  function decoderInputs(tokens, hidden, past, useCache) {
    return {
      input_ids: new ort.Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
      encoder_hidden_states: hidden,
      use_cache_branch: new ort.Tensor('bool', [useCache], [1]),
      ...past,
    };
  }

  const emptyPast = () =>
    Object.fromEntries(cacheNames.map((name) => [name, new ort.Tensor('float32', new Float32Array(0), [1, heads, 0, headDim])]));

  /** @param {Float32Array} samples mono, 16 kHz, −1..1 */
  async function encode(samples) {
    const padded = new Float32Array(Math.max(samples.length, SHORTEST_SAMPLES));
    padded.set(samples);
    const outputs = await encoder.run({ input_values: new ort.Tensor('float32', padded, [1, padded.length]) });
    return outputs.last_hidden_state;
  }

  return {
    config,

    /** Token ids without start and end, using the cache. @param {Float32Array} samples */
    async tokens(samples) {
      const hidden = await encode(samples);
      const tokens = [];
      let past = emptyPast();
      let token = config.decoder_start_token_id;
      for (let step = 0; step < tokenLimit(samples.length); step++) {
        const outputs = await decoder.run(decoderInputs([token], hidden, past, step > 0));
        token = bestToken(outputs.logits);
        if (token === config.eos_token_id) break;
        tokens.push(token);
        const kept = past;
        past = Object.fromEntries(cacheNames.map((name) =>
          [name, step > 0 && name.includes('.encoder.') ? kept[name] : outputs[name.replace('past_key_values', 'present')]]));
      }
      return tokens;
    },

    /** The same, giving the decoder the whole prefix with an empty cache at every step. @param {Float32Array} samples */
    async tokensWithoutCache(samples) {
      const hidden = await encode(samples);
      const tokens = [config.decoder_start_token_id];
      while (tokens.length <= tokenLimit(samples.length)) {
        const outputs = await decoder.run(decoderInputs(tokens, hidden, emptyPast(), false));
        const token = bestToken(outputs.logits);
        if (token === config.eos_token_id) break;
        tokens.push(token);
      }
      return tokens.slice(1);
    },

    /** @param {number[]} tokens */
    text: (tokens) => tokens.map((id) => vocabulary[id]).join('').replaceAll('▁', ' ').trim(),
  };
}
