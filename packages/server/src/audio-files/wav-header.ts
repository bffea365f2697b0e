import { AudioFormatError } from '@sotto/pipeline';

export type WavEncoding = 'pcm' | 'float' | 'alaw' | 'mulaw';

export type WavHeader = {
  readonly encoding: WavEncoding;
  /** Hz. */
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly bitsPerSample: number;
  /** Bytes of one sample of all channels. */
  readonly blockBytes: number;
  readonly littleEndian: boolean;
  readonly dataStartByte: number;
  readonly dataBytes: number;
};

/** Format tags of mmreg.h; 0xFFFE means that the real tag opens the sub-format GUID. */
const ENCODINGS: Readonly<Record<number, WavEncoding>> = { 1: 'pcm', 3: 'float', 6: 'alaw', 7: 'mulaw' };
const EXTENSIBLE_TAG = 0xfffe;
const PCM_BITS = [8, 16, 24, 32];
const FLOAT_BITS = [32, 64];
/** Written as a length by programs that stream to a pipe and cannot go back, ffmpeg and sox among them. */
const UNKNOWN_LENGTH = 0xffffffff;
export const SAMPLE_RATE_RANGE_HZ = [1000, 768_000] as const;
const MAX_CHANNEL_COUNT = 64;

/**
 * Finds format and samples of a RIFF, RIFX or RF64 WAVE file.
 * @throws {AudioFormatError} VOICE_ERR_AUDIO_FORMAT when it is no WAVE file or an encoding we do not read,
 * VOICE_ERR_AUDIO_TRUNCATED when the file ends before its own chunk lengths say, VOICE_ERR_AUDIO_EMPTY when it holds no sample.
 */
export function readWavHeader(bytes: Uint8Array, name: string): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const container = fourCc(view, 0);
  if (!['RIFF', 'RIFX', 'RF64'].includes(container)) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} is not a WAV file: it starts with "${printable(container)}", expected "RIFF"`);
  if (bytes.length < 12) throw truncated(name, 'ends within its first 12 bytes');
  if (fourCc(view, 8) !== 'WAVE') throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} is a RIFF file but not a WAV file: its form is "${printable(fourCc(view, 8))}", expected "WAVE"`);

  const littleEndian = container !== 'RIFX';
  let format: Omit<WavHeader, 'dataStartByte' | 'dataBytes'> | undefined;
  let longDataBytes: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = fourCc(view, at);
    const declaredBytes = view.getUint32(at + 4, littleEndian);
    const start = at + 8;
    const remainingBytes = bytes.length - start;
    if (id === 'data') {
      if (!format) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} has its samples before its format chunk; convert it, for example with: ffmpeg -i in.wav out.wav`);
      const wantedBytes = declaredBytes !== UNKNOWN_LENGTH ? declaredBytes : (longDataBytes ?? remainingBytes - (remainingBytes % format.blockBytes));
      if (wantedBytes > remainingBytes) throw truncated(name, `holds ${remainingBytes} bytes of samples, expected ${wantedBytes}`);
      if (wantedBytes < format.blockBytes) throw new AudioFormatError('VOICE_ERR_AUDIO_EMPTY', `${name} holds no samples`);
      return { ...format, dataStartByte: start, dataBytes: wantedBytes - (wantedBytes % format.blockBytes) };
    }
    if (declaredBytes > remainingBytes) throw truncated(name, `ends within its "${printable(id)}" chunk`);
    if (id === 'fmt ') format = readFormat(view, start, declaredBytes, littleEndian, name);
    if (id === 'ds64' && declaredBytes >= 16) longDataBytes = Number(view.getBigUint64(start + 8, true));
    at = start + declaredBytes + (declaredBytes % 2);
  }
  throw truncated(name, format ? 'ends before its samples begin' : 'ends before its format chunk');
}

function readFormat(view: DataView, start: number, lengthBytes: number, littleEndian: boolean, name: string): Omit<WavHeader, 'dataStartByte' | 'dataBytes'> {
  if (lengthBytes < 16) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} has a format chunk of ${lengthBytes} bytes, expected at least 16`);
  const tag = view.getUint16(start, littleEndian);
  const channelCount = view.getUint16(start + 2, littleEndian);
  const sampleRate = view.getUint32(start + 4, littleEndian);
  const bitsPerSample = view.getUint16(start + 14, littleEndian);
  const isExtensible = tag === EXTENSIBLE_TAG && lengthBytes >= 40;
  const encoding = ENCODINGS[isExtensible ? view.getUint16(start + 24, littleEndian) : tag];
  if (!encoding) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} is encoded as WAV format ${tag}, expected PCM, float, A-law or mu-law; convert it, for example with: ffmpeg -i in.wav -c:a pcm_s16le out.wav`);
  const knownBits = encoding === 'pcm' ? PCM_BITS : encoding === 'float' ? FLOAT_BITS : [8];
  if (!knownBits.includes(bitsPerSample)) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} has ${bitsPerSample} bits per sample, expected ${knownBits.join(', ')} for ${encoding}`);
  if (channelCount < 1 || channelCount > MAX_CHANNEL_COUNT) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} has ${channelCount} channels, expected 1 to ${MAX_CHANNEL_COUNT}`);
  assertSampleRate(sampleRate, name);
  return {
    encoding,
    sampleRate,
    channelCount,
    bitsPerSample,
    blockBytes: (bitsPerSample / 8) * channelCount,
    littleEndian,
  };
}

/** @throws {AudioFormatError} VOICE_ERR_SAMPLE_RATE when no recording could have this rate. */
export function assertSampleRate(sampleRate: number, name: string): void {
  const [lowest, highest] = SAMPLE_RATE_RANGE_HZ;
  if (sampleRate < lowest || sampleRate > highest) throw new AudioFormatError('VOICE_ERR_SAMPLE_RATE', `${name} has a sample rate of ${sampleRate} Hz, expected ${lowest} to ${highest}`);
}

function truncated(name: string, how: string): AudioFormatError {
  return new AudioFormatError('VOICE_ERR_AUDIO_TRUNCATED', `${name} is cut off: it ${how}`);
}

function fourCc(view: DataView, at: number): string {
  let text = '';
  for (let i = at; i < Math.min(at + 4, view.byteLength); i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
