import { appendFile, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunJournal } from './run-journal.ts';

const utterance = (id: string) => ({ id, hypothesis: `what ${id} says, ünïcode`, audioMs: 1000, processingMs: 10, processorMs: 8 });

describe('RunJournal', () => {
  let path: string;
  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'sotto-journal-')), 'runs', 'run.jsonl');
  });

  it('finds after reopening what was added before', async () => {
    const journal = await RunJournal.open(path);
    await journal.add(utterance('a'));
    await journal.add(utterance('b'));
    const again = await RunJournal.open(path);
    expect([again.find('a'), again.find('b'), again.find('c')]).toEqual([utterance('a'), utterance('b'), undefined]);
  });

  it('takes a torn last line as not written, and goes on behind the last whole one', async () => {
    await (await RunJournal.open(path)).add(utterance('a'));
    await appendFile(path, '{"id":"b","hypothesis":"ünf');
    const resumed = await RunJournal.open(path);
    expect(resumed.find('b')).toBeUndefined();
    await resumed.add(utterance('c'));
    const again = await RunJournal.open(path);
    expect([again.find('a'), again.find('b'), again.find('c')]).toEqual([utterance('a'), undefined, utterance('c')]);
  });

  it('forgets a run that is complete', async () => {
    const journal = await RunJournal.open(path);
    await journal.add(utterance('a'));
    await journal.remove();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
    expect((await RunJournal.open(path)).find('a')).toBeUndefined();
  });
});
