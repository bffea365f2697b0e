// node transcribe.mjs MODEL_FOLDER SUFFIX < requests > transcripts
// stdin: one JSON object a line, {"file": path of raw float32 samples at 16 kHz}; stdout: one JSON list of token ids a line.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openRecogniser } from './reference-decoding.mjs';

const [folder, suffix = ''] = process.argv.slice(2);
const recogniser = await openRecogniser(folder, suffix);

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const bytes = readFileSync(JSON.parse(line).file);
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  console.log(JSON.stringify(await recogniser.tokens(samples)));
}
