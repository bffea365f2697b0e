import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutoTokenizer, env, StyleTextToSpeech2Model, Tensor } from '@huggingface/transformers';
import { createKokoro, createKokoroPhonemizer } from '@sotto/pipeline';
import { bundledModel, nodeOnnxRuntime, openModel, sessionOptions } from '@sotto/server';
import { KokoroTTS } from 'kokoro-js';
import type { Work } from '../runner/runner-message.ts';
import type { Runner } from './peer-task.ts';

const VOICE = 'af_heart';
/** Values of a voice for one length of text. */
const STYLE_SIZE = 256;

/** Below the 510 phonemes at which kokoro-js stops. */
export const PARAGRAPHS = [
  'The museum opens at nine in the morning. It closes at six, except on Thursdays, when it stays open until eight. Tickets are at the desk on your left, and they are good for the whole day. The old ships are on the ground floor, the maps and the globes are above them, and the garden is behind the house. If you have a large bag, please leave it at the door. You get a number for it.',
  'The guided tour starts at eleven fifteen by the fountain. It lasts forty minutes and ends in the tower. Children under twelve do not pay, and dogs may come if they are on a lead. The way goes over many steps, so good shoes help. On the roof there is often some wind. From there you can see the harbour, the two bridges, and on clear days the hills on the other side of the bay.',
  'You find the café on the first floor, next to the lift. Coffee costs two pounds fifty, and tea is a little less. Today there is tomato soup with fresh bread, and there is always apple cake. You can sit inside, or on the terrace if it is dry. The kitchen closes at four. After that there are still cold drinks, ice cream and sandwiches at the small shop near the exit.',
] as const;
export const REPLIES = [
  'The museum opens at nine in the morning. It closes at six, except on Thursdays, when it stays open until eight. Tickets are at the desk on your left.',
  'The guided tour starts at eleven fifteen by the fountain. It lasts forty minutes. Children under twelve do not pay, and dogs may come if they are on a lead.',
  'You find the café on the first floor, next to the lift. Coffee costs two pounds fifty. Today there is tomato soup, and there is always apple cake.',
] as const;

/** Each of the texts, until its first audio can be played. */
export async function openSpeaker(runner: Runner, threads: number, texts: readonly string[]): Promise<Work> {
  const speak = runner === 'sotto' ? await openSotto(threads) : await openKokoroJs(threads);
  return {
    itemCount: texts.length,
    async run(item) {
      await speak(texts[item]!);
      return {};
    },
  };
}

async function openSotto(threads: number): Promise<(text: string) => Promise<unknown>> {
  const phonemizer = await createKokoroPhonemizer(() => import('kokoro-js'));
  const engine = await createKokoro({ ort: nodeOnnxRuntime, files: openModel(await bundledModel('tts')), phonemizer, sessionOptions: sessionOptions(threads), defaultVoice: VOICE });
  return (text) => engine.synthesize(text)[Symbol.asyncIterator]().next();
}

async function openKokoroJs(threads: number): Promise<(text: string) => Promise<unknown>> {
  env.allowRemoteModels = false;
  const { directory } = await bundledModel('tts');
  const model = (await StyleTextToSpeech2Model.from_pretrained(directory, { dtype: 'fp32', device: 'cpu', session_options: sessionOptions(threads) })) as unknown as (inputs: Record<string, Tensor>) => Promise<unknown>;
  const rows = new Float32Array((await readFile(join(directory, 'voices', `${VOICE}.bin`))).slice().buffer);
  // kokoro-js fetches the public model's voices; the starter's takes their place.
  const withStarterVoice = (inputs: Record<string, Tensor>) => {
    const row = Math.min(inputs['input_ids']!.dims.at(-1)! - 2, rows.length / STYLE_SIZE - 1);
    return model({ ...inputs, style: new Tensor('float32', rows.slice(row * STYLE_SIZE, (row + 1) * STYLE_SIZE), [1, STYLE_SIZE]) });
  };
  const kokoro = new KokoroTTS(withStarterVoice as never, await AutoTokenizer.from_pretrained(directory));
  return (text) => kokoro.generate(text, { voice: VOICE });
}
