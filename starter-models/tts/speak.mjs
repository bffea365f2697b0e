// Speaks lines of text with a voice folder through kokoro-js's phonemes and onnxruntime-node on one thread.
// Usage: node speak.mjs MODEL_FOLDER OUTPUT_FOLDER < requests > reports
// stdin: one JSON object a line, {"text", "voice", "speed"}, optionally "style": "foreign" for a style that no voice file holds.
// stdout: one JSON report a line (its real-time factor counts processor time); the samples go to OUTPUT_FOLDER/<line>.f32 (24 kHz float32).
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const server = process.env.KOKORO_JS_ROOT ?? path.resolve(import.meta.dirname, '../../packages/server');
const require = createRequire(path.join(server, 'package.json'));
const ort = require('onnxruntime-node');
const { KokoroTTS } = await import(pathToFileURL(require.resolve('kokoro-js').replace(/\.cjs$/, '.js')));

const [folder, output] = process.argv.slice(2);
const session = await ort.InferenceSession.create(`${folder}/onnx/model.onnx`, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const vocabulary = JSON.parse(readFileSync(`${folder}/tokenizer.json`, 'utf8')).model.vocab;
const SAMPLE_RATE = 24000;
const STYLE_SIZE = 256;

let phonemes = '';
const kokoro = new KokoroTTS(async () => ({ waveform: { data: new Float32Array(1) } }), (text) => {
  phonemes = text;
  return { input_ids: { dims: [1, 2] } };
});

function styleRow(request, tokenCount) {
  if (request.style === 'foreign') return Float32Array.from({ length: STYLE_SIZE }, (_, place) => Math.sin(place * 12.9898) * 0.8);
  const bytes = readFileSync(`${folder}/voices/${request.voice}.bin`);
  const rows = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const row = Math.min(Math.max(tokenCount - 2, 0), 509);
  return rows.slice(row * STYLE_SIZE, (row + 1) * STYLE_SIZE);
}

let line = 0;
for await (const text of createInterface({ input: process.stdin })) {
  const request = JSON.parse(text);
  await kokoro.generate(request.text, { voice: request.voice });
  const known = [...phonemes].filter((symbol) => symbol in vocabulary).map((symbol) => BigInt(vocabulary[symbol]));
  const ids = BigInt64Array.from([0n, ...known, 0n]);
  const feeds = {
    input_ids: new ort.Tensor('int64', ids, [1, ids.length]),
    style: new ort.Tensor('float32', styleRow(request, ids.length), [1, STYLE_SIZE]),
    speed: new ort.Tensor('float32', [request.speed ?? 1], [1]),
  };
  const started = process.cpuUsage();
  const { waveform, durations } = await session.run(feeds);
  const used = process.cpuUsage(started);
  const seconds = (used.user + used.system) / 1e6;
  const samples = waveform.data;
  writeFileSync(path.join(output, `${line}.f32`), Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  const durationSum = [...durations.data].reduce((sum, value) => sum + Number(value), 0);
  console.log(JSON.stringify({ phonemes, sampleCount: samples.length, durationSum, realTimeFactor: seconds / (samples.length / SAMPLE_RATE) }));
  line += 1;
}
