import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKokoro, createKokoroPhonemizer, type SpeechChunk } from '@sotto/pipeline';
import { bundledModel } from '../models/bundled-models.ts';
import { openModel } from '../models/model-folder.ts';
import { nodeOnnxRuntime } from './onnx-node.ts';
import { TtsPool } from './tts-pool.ts';

const TEXT = 'The museum opens at ten. The castle closes at seven. The lift is behind the desk.';

describe('TtsPool', () => {
  let tts: TtsPool;
  let order: string[];
  beforeAll(async () => { tts = await TtsPool.load(await bundledModel('tts'), { replacementWaitMs: 60_000 }); });
  afterAll(() => tts?.[Symbol.asyncDispose]());

  async function speak(session: string, text: string): Promise<SpeechChunk[]> {
    const chunks: SpeechChunk[] = [];
    for await (const chunk of tts.forSession(session).synthesize(text)) {
      chunks.push(chunk);
      order?.push(session);
    }
    return chunks;
  }

  it('speaks the same samples and words as the driver on its own', async () => {
    const phonemizer = await createKokoroPhonemizer(() => import('kokoro-js'));
    const alone = await createKokoro({ ort: nodeOnnxRuntime, files: openModel(await bundledModel('tts')), phonemizer });
    const expected: SpeechChunk[] = [];
    for await (const chunk of alone.synthesize(TEXT)) expected.push(chunk);
    await alone[Symbol.asyncDispose]();
    const chunks = await speak('a', TEXT);
    expect(chunks.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    expect(chunks.length).toBe(3);
    chunks.forEach((chunk, i) => {
      expect(chunk.words).toEqual(expected[i]!.words);
      expect(chunk.samples).toEqual(expected[i]!.samples);
    });
  });

  it('lets sessions take turns sentence by sentence', async () => {
    order = [];
    await Promise.all([speak('a', TEXT), speak('b', TEXT)]);
    expect(order.join('')).toMatch(/^(ab|ba){3}$/);
  });

  it('stops between sentences when the listener leaves, and on abort with the reason', async () => {
    for await (const chunk of tts.forSession('a').synthesize(TEXT)) {
      expect(chunk.samples.length).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const chunks = tts.forSession('a').synthesize(TEXT, { signal: controller.signal })[Symbol.asyncIterator]();
    await chunks.next();
    controller.abort('enough');
    await expect(chunks.next()).rejects.toBe('enough');
    expect(await speak('b', 'Still here.')).toHaveLength(1);
  });

  it('fails a text whose worker was replaced in the middle, and speaks the next one', async () => {
    const chunks = tts.forSession('a').synthesize(TEXT)[Symbol.asyncIterator]();
    await chunks.next();
    tts.pool.replaceWorkers('as a test');
    await expect(chunks.next()).rejects.toMatchObject({ code: 'VOICE_ERR_WORKER_CRASHED' });
    expect(await speak('a', 'Here again.')).toHaveLength(1);
  });

  it('passes the error for an unknown voice through', async () => {
    await expect(tts.forSession('a').synthesize('Hello.', { voice: 'nobody' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'ConfigError', code: 'VOICE_ERR_INVALID_OPTION' });
  });
});
