import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodePcm16, resample } from '@sotto/pipeline';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { runSotto } from '../main.ts';
import { captureIo, type CapturedIo } from '../testing/captured-io.ts';
import { writeRandomGguf } from '../testing/random-gguf.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../../../audio-fixtures/${name}`, import.meta.url));

let dir: string;
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'sotto-mic-')); });
afterEach(() => rm(dir, { recursive: true }));

async function install(name: string, script: string): Promise<void> {
  await writeFile(join(dir, name), `#!${process.execPath}\n${script}\n`);
  await chmod(join(dir, name), 0o755);
}

/** A microphone in front of which a question is asked, and, once the answer sounds, something is said over it. */
async function installMicrophone(question: string, speechOverReply?: string): Promise<void> {
  const files = await Promise.all([question, speechOverReply].map(async (recording, index) => {
    const path = join(dir, `heard-${index}.raw`);
    const audio = recording === undefined ? undefined : await readAudioFile(fixture(recording));
    await writeFile(path, audio ? encodePcm16(resample(audio.samples, audio.sampleRate, 16_000)) : '');
    return path;
  }));
  await install('arecord', `
    const fs = require('node:fs');
    const [question, speechOverReply] = ${JSON.stringify(files)}.map((path) => fs.readFileSync(path));
    const silence = Buffer.alloc(640);
    const startedMs = performance.now();
    let sound = question;
    let sentBytes = 0;
    let at = 0;
    let isReplyHeard = false;
    setInterval(() => {
      if (!isReplyHeard && fs.existsSync(${JSON.stringify(join(dir, 'played.raw'))})) {
        isReplyHeard = true;
        sound = Buffer.concat([Buffer.alloc(16000), speechOverReply]);
        at = 0;
      }
      for (const dueBytes = (performance.now() - startedMs) * 32; sentBytes < dueBytes; sentBytes += 640, at += 640) process.stdout.write(at < sound.length ? sound.subarray(at, at + 640) : silence);
    }, 20);
    process.stdout.on('error', () => process.exit());`);
}

const REPLY = ['The visitor', ' centre', ' opens', ' at nine', ' and', ' closes', ' at six', ', the museum', ' shuts', ' its', ' doors', ' earlier', ', and the', ' castle', ' stays', ' open', ' until', ' seven', ' in the', ' evening', ' on every', ' day', ' of', ' this', ' long', ' summer', '.'];

async function talk(isOver: (io: CapturedIo) => boolean): Promise<CapturedIo> {
  const llm = join(dir, 'scripted.gguf');
  writeRandomGguf(llm, { script: REPLY });
  await install('aplay', `process.stdin.on('data', (data) => require('node:fs').appendFileSync(${JSON.stringify(join(dir, 'played.raw'))}, data));`);
  const controller = new AbortController();
  const io = captureIo({ env: { PATH: dir, HOME: dir }, signal: controller.signal });
  const ended = runSotto(['talk', '--mic', '--json', '--llm', llm], io);
  const timer = setInterval(() => { if (isOver(io)) controller.abort(); }, 50);
  expect(await ended).toBe(0);
  clearInterval(timer);
  return io;
}

type Line = { readonly type: 'you' | 'sotto'; readonly text: string; readonly heard?: string; readonly status?: string };
const lines = (io: CapturedIo): Line[] => io.outLines.map((line) => JSON.parse(line) as Line);

it('hears a question through the microphone and plays the answer, until Ctrl-C', async () => {
  await installMicrophone('question-001-clean.wav');
  const io = await talk((current) => lines(current).some(({ type }) => type === 'sotto'));
  expect(lines(io).map(({ type }) => type)).toEqual(['you', 'sotto']);
  expect(lines(io)[1]).toMatchObject({ status: 'completed', heard: REPLY.join('') });
  expect((await readFile(join(dir, 'played.raw'))).length).toBeGreaterThan(48_000);
}, 300_000);

it('stops when it is spoken over, and remembers only what was heard', async () => {
  await installMicrophone('question-001-clean.wav', 'question-007-clean.flac');
  const io = await talk((current) => lines(current).filter(({ type }) => type === 'you').length > 1);
  const [, reply] = lines(io);
  expect(reply).toMatchObject({ type: 'sotto', status: 'interrupted' });
  expect(REPLY.join('').startsWith(reply!.heard!)).toBe(true);
  expect(reply!.heard!.length).toBeLessThan(REPLY.join('').length);
}, 300_000);
