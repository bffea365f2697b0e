import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { type ErrorCode, VoiceError } from '@sotto/pipeline';
import { decodeAudio, readAudioFile } from './read-audio-file.ts';
import { WavWriter, writeWavFile } from './wav-writer.ts';

const { WaveFile } = wavefile;
let dir: string;
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), 'sotto-audio-')); });
afterAll(() => rm(dir, { recursive: true }));

const tone = (sampleCount: number, sampleRate: number, hz = 440): Float64Array => Float64Array.from({ length: sampleCount }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / sampleRate));
/** Full scale of each of wavefile's depth codes. */
const FULL_SCALE: Record<string, number> = { '16': 32768, '24': 8388608, '32': 2147483648, '32f': 1, '64': 1 };

function wav(bitDepth: string, sampleRate: number, channels: Float64Array[]): Uint8Array {
  const integers = channels.map((channel) => channel.map((value) => (bitDepth === '8' ? Math.round(value * 128 + 128) : FULL_SCALE[bitDepth] === 1 ? value : Math.round(value * FULL_SCALE[bitDepth]!))));
  const file = new WaveFile();
  file.fromScratch(channels.length, sampleRate, bitDepth, channels.length === 1 ? integers[0]! : integers);
  return file.toBuffer();
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  const thrown = await work.then(() => undefined, (error: unknown) => error);
  return VoiceError.isInstance(thrown) ? thrown.code : undefined;
}

describe('WAV files', () => {
  it.each([['8', 1 / 128], ['16', 1 / 32768], ['24', 2 ** -23], ['32', 1e-7], ['32f', 1e-7], ['64', 1e-7]] as const)('of depth %s keep their samples to within one step', async (bitDepth, step) => {
    for (const sampleRate of [8000, 16000, 44100, 192000]) {
      const original = tone(1000, sampleRate);
      const { channels, sampleRate: rate } = await decodeAudio(wav(bitDepth, sampleRate, [original]), 'tone.wav');
      expect(rate).toBe(sampleRate);
      expect(channels[0]).toHaveLength(1000);
      expect(largestDifference(channels[0]!, original)).toBeLessThanOrEqual(step);
    }
  });

  it.each(['toALaw', 'toMuLaw'] as const)('companded by %s are expanded', async (compand) => {
    const original = tone(4040, 8000);
    const file = new WaveFile(wav('16', 8000, [original]));
    file[compand]();
    const { channels } = await decodeAudio(file.toBuffer(), 'companded.wav');
    expect(largestDifference(channels[0]!, original)).toBeLessThan(0.06);
  });

  it('in big-endian RIFX order are read like the little-endian ones', async () => {
    const original = tone(500, 16000);
    for (const bitDepth of ['16', '24', '32f']) {
      const file = new WaveFile(wav(bitDepth, 16000, [original]));
      file.toRIFX();
      const { channels } = await decodeAudio(file.toBuffer(), 'rifx.wav');
      expect(largestDifference(channels[0]!, original)).toBeLessThan(1e-4);
    }
  });

  it('that were streamed with an unknown length are read to their end', async () => {
    const bytes = wav('16', 16000, [tone(777, 16000)]);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(40, 0xffffffff, true);
    expect((await decodeAudio(bytes, 'streamed.wav')).channels[0]).toHaveLength(777);
  });

  it('with 5.1 channels keep the speech of the centre and drop the low-frequency channel', async () => {
    const silence = new Float64Array(1000);
    const loud = tone(1000, 48000).map((value) => value * 1.9);
    const path = join(dir, 'surround.wav');
    await writeFile(path, wav('24', 48000, [silence, silence, tone(1000, 48000), loud, silence, silence]));
    const { samples } = await readAudioFile(path);
    const gain = Math.max(...samples) / 0.5;
    expect(gain).toBeGreaterThan(0.25);
    expect(largestDifference(samples, tone(1000, 48000).map((value) => value * gain))).toBeLessThan(1e-3);
  });

  it('of floats beyond full scale are scaled down as a whole', async () => {
    const path = join(dir, 'loud.wav');
    await writeFile(path, wav('32f', 16000, [tone(1000, 16000).map((value) => value * 8)]));
    const { samples } = await readAudioFile(path);
    expect(largestDifference(samples, tone(1000, 16000).map((value) => value * 2))).toBeLessThan(0.01);
  });
});

describe('FLAC files', () => {
  const fixtures = new URL('../../../../audio-fixtures/', import.meta.url);
  type Fixture = { readonly file: string; readonly sampleRate: number; readonly sampleCount: number };

  it('of every fixture give every sample at the right rate', async () => {
    const index = JSON.parse(await readFile(new URL('index.json', fixtures), 'utf8')) as { fixtures: Fixture[] };
    const flacs = index.fixtures.filter(({ file }) => file.endsWith('.flac'));
    expect(flacs.length).toBeGreaterThan(50);
    for (const { file, sampleRate, sampleCount } of flacs) {
      const { channels, sampleRate: rate } = await decodeAudio(await readFile(new URL(file, fixtures)), file);
      expect({ file, rate, sampleCount: channels[0]!.length }).toEqual({ file, rate: sampleRate, sampleCount });
    }
  });

  it('cut or damaged are refused', async () => {
    const bytes = await readFile(new URL('room-noise.flac', fixtures));
    expect(await codeOf(decodeAudio(bytes.subarray(0, bytes.length / 2), 'half.flac'))).toBe('VOICE_ERR_AUDIO_TRUNCATED');
    expect(await codeOf(decodeAudio(bytes.subarray(0, bytes.length - 20), 'nearly.flac'))).toMatch(/^VOICE_ERR_AUDIO_(TRUNCATED|FORMAT)$/);
    expect(await codeOf(decodeAudio(bytes.subarray(0, 20), 'stub.flac'))).toBe('VOICE_ERR_AUDIO_TRUNCATED');
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0x55, damaged.length / 2, damaged.length / 2 + 400);
    expect(await codeOf(decodeAudio(damaged, 'damaged.flac'))).toMatch(/^VOICE_ERR_AUDIO_(TRUNCATED|FORMAT)$/);
  });

  it.skipIf(!existsSync('/usr/bin/flac'))('decode to the same samples as the WAV they were made from', async () => {
    const wavPath = join(dir, 'source.wav');
    await writeFile(wavPath, wav('16', 44100, [tone(44100, 44100), tone(44100, 44100, 300)]));
    execFileSync('flac', ['--silent', '--force', '-o', join(dir, 'source.flac'), wavPath]);
    const fromWav = await readAudioFile(wavPath);
    const fromFlac = await readAudioFile(join(dir, 'source.flac'));
    expect(fromFlac.samples).toHaveLength(fromWav.samples.length);
    expect(largestDifference(fromFlac.samples, fromWav.samples)).toBeLessThan(1 / 32768);
  });
});

describe('bad audio files', () => {
  const good = wav('16', 16000, [tone(1000, 16000)]);
  const patched = (offset: number, value: number): Uint8Array => {
    const copy = good.slice();
    new DataView(copy.buffer).setUint32(offset, value, true);
    return copy;
  };
  const cases: [string, Uint8Array, ErrorCode][] = [
    ['nothing at all', new Uint8Array(), 'VOICE_ERR_AUDIO_EMPTY'],
    ['a header without samples', wav('16', 16000, [new Float64Array()]), 'VOICE_ERR_AUDIO_EMPTY'],
    ['half a file', good.slice(0, 900), 'VOICE_ERR_AUDIO_TRUNCATED'],
    ['half a header', good.slice(0, 30), 'VOICE_ERR_AUDIO_TRUNCATED'],
    ['six bytes', good.slice(0, 6), 'VOICE_ERR_AUDIO_TRUNCATED'],
    ['text', new TextEncoder().encode('Hello, this is no recording.'), 'VOICE_ERR_AUDIO_FORMAT'],
    ['an MP3', new Uint8Array([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0]), 'VOICE_ERR_AUDIO_FORMAT'],
    ['a RIFF that is no WAVE', new TextEncoder().encode('RIFF\0\0\0\0AVI LIST'), 'VOICE_ERR_AUDIO_FORMAT'],
    ['a rate of 12 Hz', patched(24, 12), 'VOICE_ERR_SAMPLE_RATE'],
    ['an unknown encoding', patched(20, 0x0001_0055), 'VOICE_ERR_AUDIO_FORMAT'],
    ['no channels', patched(20, 0x0000_0001), 'VOICE_ERR_AUDIO_FORMAT'],
    ['NaN samples', wav('32f', 16000, [tone(100, 16000).fill(NaN, 50)]), 'VOICE_ERR_NON_FINITE_SAMPLE'],
    ['infinite samples', wav('64', 16000, [tone(100, 16000).fill(Infinity, 3, 4)]), 'VOICE_ERR_NON_FINITE_SAMPLE'],
  ];
  it.each(cases)('holding %s are refused with their code', async (_what, bytes, code) => {
    expect(await codeOf(decodeAudio(bytes, 'bad.wav'))).toBe(code);
  });

  it('cut at any byte are refused and never crash', async () => {
    for (let length = 0; length < good.length; length += 7) {
      expect(await codeOf(decodeAudio(good.slice(0, length), 'cut.wav')), `cut at ${length}`).toMatch(/^VOICE_ERR_AUDIO_(TRUNCATED|EMPTY|FORMAT)$/);
    }
  });

  it('that are missing or folders say so', async () => {
    expect(await codeOf(readAudioFile(join(dir, 'absent.wav')))).toBe('VOICE_ERR_DISK');
    expect(await codeOf(readAudioFile(dir))).toBe('VOICE_ERR_DISK');
  });
});

describe('WavWriter', () => {
  it('writes what wavefile and the reader read back', async () => {
    const path = join(dir, 'written.wav');
    const samples = Float32Array.from(tone(2400, 24000));
    await writeWavFile(path, samples, 24000);
    const file = new WaveFile(await readFile(path));
    expect(file.fmt).toMatchObject({ sampleRate: 24000, numChannels: 1, bitsPerSample: 16 });
    expect(largestDifference((await readAudioFile(path)).samples, samples)).toBeLessThanOrEqual(1 / 32768);
  });

  it('leaves nothing at all behind when it is disposed unfinished', async () => {
    const path = join(dir, 'unfinished.wav');
    {
      await using writer = await WavWriter.create(path, 24000);
      await writer.write(new Float32Array(100));
    }
    expect((await readdir(dir)).filter((name) => name.startsWith('unfinished'))).toEqual([]);
  });

  it('keeps the old file until the new one is complete', async () => {
    const path = join(dir, 'kept.wav');
    await writeWavFile(path, new Float32Array(10), 8000);
    await using writer = await WavWriter.create(path, 8000);
    await writer.write(new Float32Array(1000));
    expect((await readAudioFile(path)).samples).toHaveLength(10);
    await writer.finish();
    expect((await readAudioFile(path)).samples).toHaveLength(1000);
  });

  it('refuses a folder that does not exist', async () => {
    expect(await codeOf(WavWriter.create(join(dir, 'no', 'where.wav'), 8000))).toBe('VOICE_ERR_DISK');
  });
});
