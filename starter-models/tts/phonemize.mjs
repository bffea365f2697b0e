// Phonemes of each line of standard input exactly as kokoro-js's `generate` computes them, one JSON string a line.
// Argument: a kokoro voice id whose first letter chooses the accent ("a" American, "b" British).
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const searchRoot = process.env.KOKORO_JS_ROOT ?? path.resolve(import.meta.dirname, '../../packages/server');
const resolved = createRequire(path.join(searchRoot, 'package.json')).resolve('kokoro-js');
const { KokoroTTS } = await import(pathToFileURL(resolved.replace(/\.cjs$/, '.js')));

const voice = process.argv[2] ?? 'af_heart';
let phonemes = '';
const tokenizer = (text) => {
  phonemes = text;
  return { input_ids: { dims: [1, 2] } };
};
const model = async () => ({ waveform: { data: new Float32Array(1) } });
const kokoro = new KokoroTTS(model, tokenizer);

for await (const line of createInterface({ input: process.stdin })) {
  await kokoro.generate(line, { voice });
  process.stdout.write(`${JSON.stringify(phonemes)}\n`);
}
