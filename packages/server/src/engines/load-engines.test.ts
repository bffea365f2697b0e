import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeModelFolder } from '../models/describe-folder.ts';
import { writeRandomGguf } from '../testing/random-gguf.ts';
import { loadEngines } from './load-engines.ts';

let dir: string;
let llm: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sotto-engines-'));
  llm = join(dir, 'scripted.gguf');
  writeRandomGguf(llm, { script: ['Hello', '.'] });
});
afterAll(() => rm(dir, { recursive: true }));

/** Threads and sockets that would keep the process alive. */
const openHandles = (): string[] => process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|TCP|Pipe/.test(name));

describe('loadEngines', () => {
  it('loads all four, lends them to sessions, and leaves nothing running', async () => {
    const before = openHandles().length;
    {
      await using engines = await loadEngines({ models: { llm: await describeModelFolder(llm) } });
      const { vad, stt, tts, llm: chat } = engines.forSession('a');
      expect([vad.capabilities.sampleRate, stt.capabilities.sampleRate, tts.capabilities.sampleRate]).toEqual([16_000, 16_000, 24_000]);
      expect(engines.models.stt?.manifest.id).toBe('starter-stt');
      // A session must not be able to take engines away from others.
      for (const engine of [vad, stt, tts]) await engine[Symbol.asyncDispose]();
      using stream = engines.forSession('b').vad.openStream();
      expect(await stream.process(new Float32Array(512))).toBeLessThan(0.5);
      await using session = await chat.openSession();
      let reply = '';
      for await (const event of session.generate({ messages: [{ role: 'user', text: 'Hi' }] })) if (event.type === 'text-delta') reply += event.text;
      expect(reply).toBe('Hello.');
    }
    expect(openHandles().length).toBeLessThanOrEqual(before);
  }, 240_000);

  it('frees what was loaded when one of them cannot be', async () => {
    const before = openHandles().length;
    writeRandomGguf(join(dir, 'bad.gguf'), { omitKeys: ['llama.context_length'] });
    await expect(loadEngines({ models: { llm: await describeModelFolder(join(dir, 'bad.gguf')) } })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
    const wrongKind = await describeModelFolder(llm);
    await expect(loadEngines({ models: { stt: wrongKind } })).rejects.toMatchObject({ code: 'VOICE_ERR_MODEL_FORMAT' });
    expect(openHandles().length).toBeLessThanOrEqual(before);
  }, 240_000);
});
