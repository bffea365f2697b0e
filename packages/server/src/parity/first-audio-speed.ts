/**
 * How soon a spoken paragraph begins here and with kokoro-js `generate` of the whole text: same files, one thread.
 *
 *     node packages/server/dist/parity/first-audio-speed.js [rounds=5]
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AutoTokenizer, env, StyleTextToSpeech2Model, Tensor } from '@huggingface/transformers';
import { KokoroTTS } from 'kokoro-js';
import * as ort from 'onnxruntime-node';
import { createKokoro, createKokoroPhonemizer } from '@sotto/pipeline';
import { modelFolder } from './model-folder.ts';

const folder = fileURLToPath(new URL('../../../../starter-models/tts', import.meta.url));
const voice = 'af_heart';
const paragraph = 'The museum opens at nine in the morning. It closes at six, except on Thursdays, when it stays open until eight. Tickets are at the desk on your left. '
  + 'Children under twelve do not pay. The garden and the cafe are open to everyone. Would you like to hear about the exhibition?';

const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, extra: { session: { intra_op: { allow_spinning: '0' } } } };

async function openKokoroJs(): Promise<() => Promise<unknown>> {
  env.allowRemoteModels = false;
  const model = (await StyleTextToSpeech2Model.from_pretrained(folder, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions })) as unknown as (inputs: Record<string, Tensor>) => Promise<unknown>;
  const rows = new Float32Array((await readFile(`${folder}/voices/${voice}.bin`)).slice().buffer);
  // kokoro-js reads the public model's voices; the starter's row takes its place.
  const withStarterVoice = (inputs: Record<string, Tensor>) => {
    const row = Math.min(inputs['input_ids']!.dims.at(-1)! - 2, rows.length / 256 - 1);
    return model({ ...inputs, style: new Tensor('float32', rows.slice(row * 256, (row + 1) * 256), [1, 256]) });
  };
  const kokoro = new KokoroTTS(withStarterVoice as never, (await AutoTokenizer.from_pretrained(folder)));
  return () => kokoro.generate(paragraph, { voice });
}

async function openSotto(): Promise<() => Promise<unknown>> {
  const phonemizer = await createKokoroPhonemizer(() => import('kokoro-js'));
  const engine = await createKokoro({ ort, files: modelFolder(folder), phonemizer, sessionOptions, defaultVoice: voice });
  return () => engine.synthesize(paragraph)[Symbol.asyncIterator]().next();
}

async function timed(run: () => Promise<unknown>): Promise<{ readonly wallMs: number; readonly processorMs: number }> {
  const wall = performance.now();
  const processor = process.cpuUsage();
  await run();
  const used = process.cpuUsage(processor);
  return { wallMs: performance.now() - wall, processorMs: (used.user + used.system) / 1000 };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const rounds = Number(process.argv[2] ?? 5);
const runners = { 'sotto': await openSotto(), 'kokoro-js': await openKokoroJs() };
for (const run of Object.values(runners)) await run();
const timings: Record<keyof typeof runners, Awaited<ReturnType<typeof timed>>[]> = { 'sotto': [], 'kokoro-js': [] };
for (let round = 0; round < rounds; round++) {
  timings['sotto'].push(await timed(runners['sotto']));
  timings['kokoro-js'].push(await timed(runners['kokoro-js']));
}
for (const key of ['wallMs', 'processorMs'] as const) {
  const [ours, theirs] = [median(timings['sotto'].map((timing) => timing[key])), median(timings['kokoro-js'].map((timing) => timing[key]))];
  console.log(`${key}: first audio after ${ours.toFixed(1)} ms, kokoro-js after ${theirs.toFixed(1)} ms, ${(theirs / ours).toFixed(1)} times sooner (median of ${rounds})`);
}
