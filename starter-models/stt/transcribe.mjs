// Greedy decoding of float32 clips with onnxruntime-node, the reference for every other loader of the model.
// Usage: node transcribe.mjs MODEL_FOLDER SUFFIX < requests > transcripts
// stdin: one JSON object a line, {"file": path of raw float32 samples at 16 kHz}; stdout: one JSON token list a line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));
const ort = require('onnxruntime-node');

const [folder, suffix = ''] = process.argv.slice(2);
const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
const SHORTEST_SAMPLES = 1600;
const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const encoder = await ort.InferenceSession.create(`${folder}/onnx/encoder_model${suffix}.onnx`, threads);
const decoder = await ort.InferenceSession.create(`${folder}/onnx/decoder_model_merged${suffix}.onnx`, threads);
const heads = config.decoder_num_key_value_heads;
const headDim = config.hidden_size / config.decoder_num_attention_heads;

function emptyPast() {
  const past = {};
  for (let layer = 0; layer < config.decoder_num_hidden_layers; layer++) {
    for (const side of ['decoder', 'encoder']) {
      for (const kind of ['key', 'value']) {
        past[`past_key_values.${layer}.${side}.${kind}`] = new ort.Tensor('float32', new Float32Array(0), [1, heads, 0, headDim]);
      }
    }
  }
  return past;
}

function bestToken(logits) {
  const last = logits.data.subarray(logits.data.length - logits.dims[2]);
  let best = 0;
  for (let id = 1; id < last.length; id++) if (last[id] > last[best]) best = id;
  return best;
}

async function transcribe(samples) {
  const padded = samples.length < SHORTEST_SAMPLES ? new Float32Array(SHORTEST_SAMPLES) : samples;
  if (padded !== samples) padded.set(samples);
  const { last_hidden_state } = await encoder.run({ input_values: new ort.Tensor('float32', padded, [1, padded.length]) });
  const limit = Math.max(8, Math.ceil((padded.length / 16000) * 6.5));
  const tokens = [];
  let past = emptyPast();
  let token = config.decoder_start_token_id;
  for (let step = 0; step < limit; step++) {
    const outputs = await decoder.run({
      input_ids: new ort.Tensor('int64', BigInt64Array.of(BigInt(token)), [1, 1]),
      encoder_hidden_states: last_hidden_state,
      use_cache_branch: new ort.Tensor('bool', [step > 0], [1]),
      ...past,
    });
    token = bestToken(outputs.logits);
    if (token === config.eos_token_id) break;
    tokens.push(token);
    past = Object.fromEntries(Object.entries(past).map(([name, kept]) =>
      [name, step > 0 && name.includes('.encoder.') ? kept : outputs[name.replace('past_key_values', 'present')]]));
  }
  return tokens;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const bytes = readFileSync(JSON.parse(line).file);
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  console.log(JSON.stringify(await transcribe(samples)));
}
