import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { runSotto } from '../main.ts';
import { captureIo } from '../testing/captured-io.ts';
import { FaultyFileServer } from '../testing/file-server.ts';

let home: string;
let cwd: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sotto-demo-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(async () => {
  process.chdir(cwd);
  await rm(home, { recursive: true });
});

it('holds a conversation, offers the public models once on a terminal, and remembers the answer', async () => {
  await using hub = await FaultyFileServer.start({});
  const env = { HOME: home, SOTTO_MODEL_HUB: hub.origin };
  const first = captureIo({ env, isTerminal: true, answers: ['n'] });
  expect(await runSotto(['demo'], first)).toBe(0);
  const text = first.outLines.join('\n');
  for (const word of ['You:', 'Sotto:', 'end of speech → first sound', 'sotto-out/reply.wav']) expect(text).toContain(word);
  expect((await readAudioFile(join(home, 'sotto-out', 'reply.wav'))).durationMs).toBeGreaterThan(300);
  expect(first.notes.join('\n')).toMatch(/moonshine-base: .*licence MIT[\s\S]*qwen3-1.7b: .*1\.1 GB, licence Apache-2\.0[\s\S]*Pull them now\?/);
  expect(JSON.parse(await readFile(join(home, '.config/sotto/config.json'), 'utf8'))).toEqual({ modelOffer: 'declined' });

  const second = captureIo({ env, isTerminal: true, answers: ['y'] });
  expect(await runSotto(['demo'], second)).toBe(0);
  expect(second.notes.join('\n')).not.toContain('Pull them now?');
  expect(hub.requests).toEqual([]);
}, 300_000);
