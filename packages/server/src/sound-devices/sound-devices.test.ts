import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePcm16 } from '@sotto/pipeline';
import { Loudspeaker } from './loudspeaker.ts';
import { recordMicrophone } from './microphone.ts';
import { player, recorder } from './sound-programs.ts';

let dir: string;
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'sotto-sound-')); });
afterEach(() => rm(dir, { recursive: true }));

/** Puts a program written in JavaScript onto a PATH of its own. */
async function install(name: string, script: string): Promise<void> {
  await writeFile(join(dir, name), `#!${process.execPath}\n${script}\n`);
  await chmod(join(dir, name), 0o755);
}
const env = () => ({ PATH: dir });
const ramp = Float32Array.from({ length: 1000 }, (_, i) => i / 32768);

async function record(signal = new AbortController().signal): Promise<Float32Array[]> {
  const pieces: Float32Array[] = [];
  for await (const piece of recordMicrophone(recorder(16_000, env()), signal, env())) pieces.push(piece);
  return pieces;
}

describe('the choice of a program', () => {
  it('prefers arecord and aplay, then sox, then ffmpeg', async () => {
    expect(() => recorder(16_000, env())).toThrowError(expect.objectContaining({ code: 'VOICE_ERR_MICROPHONE_MISSING' }) as Error);
    expect(() => player(24_000, env())).toThrowError(expect.objectContaining({ code: 'VOICE_ERR_MICROPHONE_MISSING' }) as Error);
    const found: string[][] = [];
    for (const name of ['ffmpeg', 'rec', 'play', 'arecord', 'aplay']) {
      await install(name, '');
      const commands = [recorder, player].map((choose) => { try { return choose(16_000, env()).command; } catch { return 'none'; } });
      found.push(commands);
    }
    expect(found).toEqual([['ffmpeg', 'ffmpeg'], ['rec', 'ffmpeg'], ['rec', 'play'], ['arecord', 'play'], ['arecord', 'aplay']]);
    expect(recorder(16_000, env()).args).toContain('16000');
  });
});

describe('recordMicrophone', () => {
  it('gives every sample, however the bytes are split', async () => {
    await writeFile(join(dir, 'sound.raw'), encodePcm16(ramp));
    await install('arecord', `
      const bytes = require('node:fs').readFileSync(${JSON.stringify(join(dir, 'sound.raw'))});
      let at = 0;
      const step = () => { if (at >= bytes.length) return process.exit(0); process.stdout.write(bytes.subarray(at, at + 333)); at += 333; setTimeout(step, 1); };
      step();`);
    const pieces: number[] = [];
    await expect((async () => { for await (const piece of recordMicrophone(recorder(16_000, env()), new AbortController().signal, env())) pieces.push(...piece); })()).rejects.toMatchObject({ code: 'VOICE_ERR_MICROPHONE_LOST' });
    expect(Float32Array.from(pieces)).toEqual(ramp);
  });

  it('quotes the complaint of a recorder that finds no microphone', async () => {
    await install('arecord', `process.stderr.write('no such card\\nmore'); process.exitCode = 1;`);
    await expect(record()).rejects.toMatchObject({ code: 'VOICE_ERR_MICROPHONE_MISSING', message: expect.stringContaining('no such card') as string });
  });

  it('ends without an error on abort, and ends the program', async () => {
    await install('arecord', `setInterval(() => process.stdout.write(Buffer.alloc(640)), 5);`);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    expect((await record(controller.signal)).length).toBeGreaterThan(0);
  });
});

describe('Loudspeaker', () => {
  const collector = (file: string): string => `
    const fs = require('node:fs');
    fs.appendFileSync(${JSON.stringify(join(dir, 'starts'))}, 'x');
    process.stdin.on('data', (data) => fs.appendFileSync(${JSON.stringify(join(dir, file))}, data));`;
  const played = () => readFile(join(dir, 'played.raw')).catch(() => Buffer.alloc(0));

  it('plays all it was given before it is disposed', async () => {
    await install('aplay', collector('played.raw'));
    {
      await using speaker = new Loudspeaker(player(24_000, env()), env(), () => undefined);
      speaker.play(ramp);
      speaker.play(ramp);
    }
    expect(Buffer.concat([encodePcm16(ramp), encodePcm16(ramp)]).equals(await played())).toBe(true);
  });

  it('falls silent by ending the program, and plays the next sound with a new one', async () => {
    await install('aplay', collector('played.raw'));
    const lost: string[] = [];
    await using speaker = new Loudspeaker(player(24_000, env()), env(), (why) => lost.push(why));
    speaker.play(ramp);
    await expect.poll(async () => (await played()).length, { timeout: 10_000 }).toBe(2000);
    speaker.silence();
    speaker.play(ramp);
    await expect.poll(async () => (await played()).length, { timeout: 10_000 }).toBe(4000);
    expect((await readFile(join(dir, 'starts'), 'utf8')).length).toBe(2);
    expect(lost).toEqual([]);
  });

  it('tells when the program ends by itself', async () => {
    await install('aplay', 'process.exit(3)');
    const lost: string[] = [];
    await using speaker = new Loudspeaker(player(24_000, env()), env(), (why) => lost.push(why));
    speaker.play(ramp);
    await expect.poll(() => lost, { timeout: 10_000 }).toEqual(['aplay ended with code 3']);
  });
});
