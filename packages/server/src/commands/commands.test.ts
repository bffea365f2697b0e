import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { resample } from '@sotto/pipeline';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { writeWavFile } from '../audio-files/wav-writer.ts';
import { EXIT_CODES } from '../console/exit-code.ts';
import { runSotto } from '../main.ts';
import { captureIo, type CapturedIo } from '../testing/captured-io.ts';
import { writeRandomGguf } from '../testing/random-gguf.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../../../audio-fixtures/${name}`, import.meta.url));
const question = fixture('question-001-clean.wav');

let dir: string;
let io: CapturedIo;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sotto-cli-'));
  io = captureIo({ env: { HOME: dir, SOTTO_MODELS: join(dir, 'models') } });
});
afterEach(() => rm(dir, { recursive: true }));

const parsed = <T>(line = io.outLines.at(-1)): T => JSON.parse(line!) as T;
type Failure = { error: { code: string; message: string } };

/** A chat model that gives the same answer to everything, so that a test does not depend on what a small one knows. */
function scriptedModel(): string {
  const path = join(dir, 'scripted.gguf');
  writeRandomGguf(path, { script: ['It opens', ' at nine', '.'] });
  return path;
}

describe('sotto', () => {
  it('explains itself and its exit codes', async () => {
    expect(await runSotto(['--help'], io)).toBe(EXIT_CODES.ok);
    const help = io.outLines.join('\n');
    for (const word of ['talk', 'transcribe', 'say', 'models', 'Exit codes']) expect(help).toContain(word);
    expect(await runSotto(['models', '--help'], io)).toBe(EXIT_CODES.ok);
    for (const word of ['list', 'pull', 'verify', 'import', 'remove', 'licences']) expect(io.outLines.join('\n')).toContain(word);
  });

  it.each([[['no-such-command']], [['transcribe']], [['say', 'hi', '--no-such-option']], [['talk']], [['say', '  ']], [['say', 'hi', '--speed', '9']], [['say', 'hi', '--voice', 'nobody']]])('ends with 2 when the command line is wrong: %j', async (args) => {
    expect(await runSotto(args, io)).toBe(EXIT_CODES.usage);
    expect(io.notes.join('\n')).not.toMatch(/\n\s+at /);
  });
});

describe('sotto transcribe', () => {
  it('writes what it hears, as text and as JSON with places in the file', async () => {
    expect(await runSotto(['transcribe', question], io)).toBe(EXIT_CODES.ok);
    expect(io.outLines).toHaveLength(1);
    expect(await runSotto(['transcribe', question, '--json', '--words'], io)).toBe(EXIT_CODES.ok);
    const transcript = parsed<{ text: string; durationMs: number; segments: { startMs: number; endMs: number }[] }>();
    expect(transcript.text).toBe(io.outLines[0]);
    expect(transcript.durationMs).toBeCloseTo(62150 / 16, 0);
    expect(transcript.segments[0]!.startMs).toBeLessThan(500);
  });

  it('names each of several files', async () => {
    expect(await runSotto(['transcribe', question, fixture('question-003-clean.flac')], io)).toBe(EXIT_CODES.ok);
    expect(io.outLines.map((line) => line.split(': ')[0])).toEqual([question, fixture('question-003-clean.flac')]);
  });
});

describe('recordings of every shape', () => {
  it.each([['8-bit', '8', 16_000, 1], ['float', '32f', 16_000, 1], ['5.1-channel', '24', 48_000, 6], ['192 kHz', '16', 192_000, 1], ['11.025 kHz', '16', 11_025, 2]] as const)('are heard: %s', async (_what, bitDepth, sampleRate, channelCount) => {
    const { samples, sampleRate: rate } = await readAudioFile(question);
    const scale = { '8': 127, '16': 32_767, '24': 8_388_607, '32f': 1 }[bitDepth];
    const channel = Float64Array.from(resample(samples, rate, sampleRate), (sample) => (bitDepth === '32f' ? sample : Math.round(sample * scale) + (bitDepth === '8' ? 128 : 0)));
    const file = new wavefile.WaveFile();
    file.fromScratch(channelCount, sampleRate, bitDepth, channelCount === 1 ? channel : Array.from({ length: channelCount }, () => channel));
    const path = join(dir, 'shaped.wav');
    await writeFile(path, file.toBuffer());
    expect(await runSotto(['transcribe', path, '--json'], io)).toBe(EXIT_CODES.ok);
    expect(parsed<{ durationMs: number }>().durationMs).toBeCloseTo((samples.length * 1000) / rate, -1);
    expect(parsed<{ text: string }>().text.length).toBeGreaterThan(3);
  });
});

describe('sotto say', () => {
  it('writes a WAV that plays, with the times of its words', async () => {
    const out = join(dir, 'speech.wav');
    expect(await runSotto(['say', 'The museum opens at ten.', '--out', out, '--json'], io)).toBe(EXIT_CODES.ok);
    const { durationMs, words } = parsed<{ durationMs: number; words: { text: string; startMs: number; endMs: number }[] }>();
    const audio = await readAudioFile(out);
    expect(audio.sampleRate).toBe(24_000);
    expect(audio.durationMs).toBeCloseTo(durationMs, 0);
    expect(words.map(({ text }) => text).join(' ')).toMatch(/museum opens at ten/);
    expect(words.at(-1)!.endMs).toBeLessThanOrEqual(durationMs);
  });

  it('leaves no file behind when the folder is missing', async () => {
    expect(await runSotto(['say', 'Hello.', '--out', join(dir, 'no', 'where.wav'), '--json'], io)).toBe(EXIT_CODES.failure);
    expect(parsed<Failure>().error.code).toBe('VOICE_ERR_DISK');
  });
});

describe('sotto talk', () => {
  it('hears a question, answers it, writes the spoken reply and accounts for the time', async () => {
    const out = join(dir, 'reply.wav');
    expect(await runSotto(['talk', question, '--llm', scriptedModel(), '--out', out, '--json'], io)).toBe(EXIT_CODES.ok);
    const { turns, replyPath } = parsed<{ turns: { transcript: string; reply: string; status: string; waterfall: { totalMs: number; unattributedMs: number; stages: { name: string; durationMs: number }[] } }[]; replyPath: string }>();
    expect(turns).toHaveLength(1);
    const [turn] = turns;
    expect(turn).toMatchObject({ status: 'completed' });
    expect(turn!.transcript.length).toBeGreaterThan(0);
    expect(turn!.reply.length).toBeGreaterThan(0);
    const { waterfall } = turn!;
    expect(waterfall.stages.map(({ name }) => name)).toEqual(['endpointing', 'transcribing', 'thinking', 'speaking', 'playout']);
    expect(waterfall.stages.reduce((sum, { durationMs }) => sum + durationMs, waterfall.unattributedMs)).toBeCloseTo(waterfall.totalMs, 0);
    expect(replyPath).toBe(out);
    const reply = await readAudioFile(out);
    expect(Math.max(...reply.samples)).toBeGreaterThan(0.05);
  });

  it('prints transcript, reply, waterfall and the place of the WAV for people', async () => {
    const out = join(dir, 'reply.wav');
    expect(await runSotto(['talk', question, '--llm', scriptedModel(), '--out', out], io)).toBe(EXIT_CODES.ok);
    const text = io.outLines.join('\n');
    for (const word of ['You:', 'Sotto:', 'endpointing', 'transcribing', 'thinking', 'speaking', 'end of speech → first sound', out]) expect(text).toContain(word);
  });

  it('holds a conversation of two questions, one after the other', async () => {
    const out = join(dir, 'reply.wav');
    const conversation = (await readdir(fixture(''))).find((name) => /^conversation.*\.(wav|flac)$/.test(name))!;
    expect(await runSotto(['talk', fixture(conversation), '--llm', scriptedModel(), '--out', out, '--json'], io)).toBe(EXIT_CODES.ok);
    const { turns } = parsed<{ turns: { status: string }[] }>();
    expect(turns.map(({ status }) => status)).toEqual(['completed', 'completed']);
  });
});

describe('bad input', () => {
  const sineOf = (sampleCount: number): Float32Array => Float32Array.from({ length: sampleCount }, (_, i) => 0.3 * Math.sin(i / 10));

  async function audioCases(): Promise<[string, string][]> {
    const file = async (name: string, bytes: Uint8Array) => { await writeFile(join(dir, name), bytes); return join(dir, name); };
    await writeWavFile(join(dir, 'tone.wav'), sineOf(16_000), 16_000);
    const tone = await readFile(join(dir, 'tone.wav'));
    const nan = Buffer.concat([tone.subarray(0, 44), Buffer.from(new Float32Array(2000).fill(NaN).buffer)]);
    nan.writeUInt16LE(3, 20);
    nan.writeUInt16LE(32, 34);
    nan.writeUInt16LE(4, 32);
    nan.writeUInt32LE(8000, 40);
    return [
      [await file('empty.wav', new Uint8Array()), 'VOICE_ERR_AUDIO_EMPTY'],
      [fixture('silence.flac'), 'VOICE_ERR_AUDIO_EMPTY'],
      [await file('truncated.wav', tone.subarray(0, 9000)), 'VOICE_ERR_AUDIO_TRUNCATED'],
      [await file('nan.wav', nan), 'VOICE_ERR_NON_FINITE_SAMPLE'],
      [await file('text.wav', new TextEncoder().encode('not a recording')), 'VOICE_ERR_AUDIO_FORMAT'],
      [join(dir, 'absent.wav'), 'VOICE_ERR_DISK'],
    ];
  }

  it('of every kind of recording ends in its own error, with nothing left half-written', { timeout: 300_000 }, async () => {
    const out = join(dir, 'reply.wav');
    for (const [path, code] of await audioCases()) {
      for (const command of [['transcribe', path], ['talk', path, '--llm', scriptedModel(), '--out', out]]) {
        const exitCode = await runSotto([...command, '--json'], io);
        expect({ command: command[0], path, code: parsed<Failure>().error?.code }).toEqual({ command: command[0], path, code });
        expect(exitCode).toBe(code === 'VOICE_ERR_DISK' ? EXIT_CODES.failure : EXIT_CODES.audio);
      }
    }
    expect((await readdir(dir)).filter((name) => name.startsWith('reply'))).toEqual([]);
  });

  it('of every kind of model ends in its own error', { timeout: 300_000 }, async () => {
    const gguf = scriptedModel();
    const damaged = async (name: string, change: (bytes: Buffer) => Buffer) => { await writeFile(join(dir, name), change(await readFile(gguf))); return join(dir, name); };
    writeRandomGguf(join(dir, 'keyless.gguf'), { omitKeys: ['llama.feed_forward_length'] });
    const stt = join(dir, 'stt');
    await mkdir(join(stt, 'onnx'), { recursive: true });
    const starter = fileURLToPath(new URL('../../../../starter-models/stt/', import.meta.url));
    for (const name of ['config.json', 'tokenizer.json', 'onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx']) await writeFile(join(stt, name), await readFile(join(starter, name)));
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const encoder = await readFile(join(stt, 'onnx/encoder_model.onnx'));

    const cases: [string[], string, (() => Promise<void>)?][] = [
      [['talk', question, '--llm', await damaged('cut.gguf', (bytes) => bytes.subarray(0, bytes.length / 2))], 'VOICE_ERR_MODEL_FORMAT'],
      [['talk', question, '--llm', await damaged('garbage.gguf', (bytes) => Buffer.concat([Buffer.from('JUNK'), bytes.subarray(4)]))], 'VOICE_ERR_MODEL_FORMAT'],
      [['talk', question, '--llm', join(dir, 'keyless.gguf')], 'VOICE_ERR_MODEL_FORMAT'],
      [['talk', question, '--llm', stt], 'VOICE_ERR_MODEL_FORMAT'],
      [['transcribe', question, '--stt', 'no-such-model'], 'VOICE_ERR_MODEL_NOT_FOUND'],
      [['transcribe', question, '--stt', dir], 'VOICE_ERR_MODEL_NOT_FOUND', () => Promise.all([rm(gguf), rm(join(dir, 'cut.gguf')), rm(join(dir, 'garbage.gguf')), rm(join(dir, 'keyless.gguf'))]).then(() => undefined)],
      [['transcribe', question, '--stt', stt], 'VOICE_ERR_MODEL_FORMAT', () => writeFile(join(stt, 'onnx/encoder_model.onnx'), encoder.subarray(0, encoder.length / 2))],
      [['transcribe', question, '--stt', stt], 'VOICE_ERR_MODEL_EXTERNAL_DATA', () => writeFile(join(stt, 'onnx/encoder_model.onnx'), Uint8Array.of(58, 4, 42, 2, 112, 1))],
      [['transcribe', question, '--stt', stt], 'VOICE_ERR_MODEL_CHECKSUM', async () => {
        const files = [{ path: 'config.json' }, { path: 'tokenizer.json' }, { path: 'onnx/encoder_model.onnx', sha256: digest(encoder) }, { path: 'onnx/decoder_model_merged.onnx' }];
        const manifest = { schemaVersion: 1, id: 'mine', title: 'Mine', kind: 'stt', driver: 'moonshine', languages: ['en'], licence: { name: 'MIT', url: 'https://example.org' }, parameters: { total: 1, active: 1 }, source: { type: 'bundled', from: 'test' }, files };
        await writeFile(join(stt, 'manifest.json'), JSON.stringify(manifest));
        await writeFile(join(stt, 'onnx/encoder_model.onnx'), encoder.map((byte, index) => (index === 5000 ? byte ^ 1 : byte)));
      }],
      [['say', 'Hello.', '--tts', stt, '--out', join(dir, 'x.wav')], 'VOICE_ERR_MODEL_FORMAT'],
    ];
    for (const [args, code, prepare] of cases) {
      await prepare?.();
      const exitCode = await runSotto([...args, ...(args[0] === 'talk' ? ['--out', join(dir, 'reply.wav')] : []), '--json'], io);
      expect({ args, code: parsed<Failure>().error?.code }).toEqual({ args, code });
      expect(exitCode).toBe(EXIT_CODES.model);
    }
    expect((await readdir(dir)).filter((name) => name.endsWith('.wav') || name.endsWith('.part'))).toEqual([]);
  });
});
