import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readResult } from './read-result.ts';

async function written(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'sotto-result-')), 'result.json');
  await writeFile(path, text);
  return path;
}

describe('readResult', () => {
  it('reads a result of the schema it knows', async () => {
    expect(await readResult(await written('{"schemaVersion":1,"kind":"wer"}'))).toEqual({ schemaVersion: 1, kind: 'wer' });
  });

  it.each([
    ['{"schemaVersion":2,"kind":"wer"}', /schema version 2, expected 1/],
    ['{"kind":"wer"}', /schema version undefined/],
    ['{"schemaVersion":1,"kind":"turns"}', /kind turns; only wer and latency/],
    ['# WER', /is not JSON/],
  ])('refuses %s', async (text, message) => {
    const reading = readResult(await written(text));
    await expect(reading).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
    await expect(reading).rejects.toThrow(message);
  });

  it('refuses a file that is not there', async () => {
    await expect(readResult(join(tmpdir(), 'no-such-result.json'))).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
  });
});
