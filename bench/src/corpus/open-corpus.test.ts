import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openCorpus } from './open-corpus.ts';

describe('openCorpus', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sotto-corpus-'));
  });

  async function put(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  }

  it('reads a LibriSpeech tree, in the order of its names', async () => {
    await put({
      'LibriSpeech/test-other/20/5/20-5.trans.txt': '20-5-0000 NOT SO LOUD\n\n',
      'LibriSpeech/test-clean/7/1/7-1.trans.txt': '7-1-0000 HELLO THERE\n7-1-0001 HE SAID\n',
    });
    const corpus = await openCorpus(folder);
    expect(corpus.format).toBe('librispeech');
    expect(corpus.utterances).toEqual([
      { id: '7-1-0000', audioPath: join(folder, 'LibriSpeech/test-clean/7/1/7-1-0000.flac'), transcript: 'HELLO THERE', speaker: '7', split: 'test-clean' },
      { id: '7-1-0001', audioPath: join(folder, 'LibriSpeech/test-clean/7/1/7-1-0001.flac'), transcript: 'HE SAID', speaker: '7', split: 'test-clean' },
      { id: '20-5-0000', audioPath: join(folder, 'LibriSpeech/test-other/20/5/20-5-0000.flac'), transcript: 'NOT SO LOUD', speaker: '20', split: 'test-other' },
    ]);
  });

  it('reads a JSONL manifest with paths from its own folder', async () => {
    await put({ 'lists/mine.jsonl': '{"file":"../a.wav","transcript":"hello"}\n\n{"file":"b.wav","transcript":"yes","speaker":"ann","split":"kiosk","id":"b"}\n' });
    const { format, utterances } = await openCorpus(join(folder, 'lists/mine.jsonl'));
    expect(format).toBe('jsonl');
    expect(utterances).toEqual([
      { id: '../a.wav', audioPath: join(folder, 'a.wav'), transcript: 'hello', speaker: '../a.wav', split: 'all' },
      { id: 'b', audioPath: join(folder, 'lists/b.wav'), transcript: 'yes', speaker: 'ann', split: 'kiosk' },
    ]);
  });

  it.each([['{"file":"a.wav"}', /:2 has no "transcript"/], ['{"transcript":"a"}', /:2 has no "file"/], ['{torn', /:2 is not JSON/]])('says which line of a manifest is wrong: %s', async (line, message) => {
    await put({ 'mine.jsonl': `{"file":"a.wav","transcript":"hello"}\n${line}\n` });
    await expect(openCorpus(join(folder, 'mine.jsonl'))).rejects.toThrow(message);
  });

  it('reads audio with its text beside it, a folder being a speaker', async () => {
    await put({ 'ann/1.wav': '', 'ann/1.txt': ' hello \n', 'loose.FLAC': '', 'loose.txt': 'bye', 'without-text.wav': '' });
    const { format, utterances } = await openCorpus(folder);
    expect(format).toBe('sidecar');
    expect(utterances.map(({ id, transcript, speaker }) => [id, transcript, speaker])).toEqual([['ann/1.wav', 'hello', 'ann'], ['loose.FLAC', 'bye', 'loose.FLAC']]);
  });

  it('takes of the fixtures the questions, clean ones and noise apart', async () => {
    const fixture = { file: 'q.wav', kind: 'question', voice: 'v1', snrDb: null, transcript: 'where', sampleRate: 16_000, speechStartMs: 0, speechEndMs: 1 };
    await put({ 'index.json': JSON.stringify({ fixtures: [{ ...fixture, name: 'q' }, { ...fixture, name: 'n', snrDb: 5 }, { ...fixture, name: 'p', kind: 'mid-pause' }] }) });
    const { format, utterances } = await openCorpus(folder);
    expect(format).toBe('fixtures');
    expect(utterances.map(({ id, split, speaker }) => [id, split, speaker])).toEqual([['q', 'clean', 'v1'], ['n', 'noise 5 dB', 'v1']]);
  });

  it('refuses a path that does not exist or holds nothing', async () => {
    await expect(openCorpus(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
    await expect(openCorpus(folder)).rejects.toMatchObject({ code: 'VOICE_ERR_INVALID_OPTION' });
  });
});
