import { AudioFormatError } from '@sotto/pipeline';
import type { DecodedAudio } from './decoded-audio.ts';
import { readWavHeader, type WavHeader } from './wav-header.ts';

type SampleReader = (view: DataView, at: number, littleEndian: boolean) => number;

/**
 * Decodes a whole WAV file: 8, 16, 24 and 32-bit PCM, 32 and 64-bit float, A-law and mu-law.
 * Linear samples are read here, because wavefile's general unpacker takes 3.6 s for ten seconds of
 * 5.1-channel double floats; the companded encodings go through wavefile.
 * @throws {AudioFormatError} see {@link readWavHeader}.
 */
export async function decodeWav(bytes: Uint8Array, name: string): Promise<DecodedAudio> {
  const header = readWavHeader(bytes, name);
  const { sampleRate, speakers } = header;
  const channels = header.encoding === 'pcm' || header.encoding === 'float' ? readLinear(bytes, header) : await expandCompanded(bytes, header, name);
  return { channels, sampleRate, ...(speakers && { speakers }) };
}

function readLinear(bytes: Uint8Array, header: WavHeader): Float32Array[] {
  const { channelCount, blockBytes, littleEndian, dataStartByte, dataBytes } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataStartByte, dataBytes);
  const sampleBytes = header.bitsPerSample / 8;
  const read = linearReader(header);
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(dataBytes / blockBytes);
    let at = channel * sampleBytes;
    for (let i = 0; i < samples.length; i++, at += blockBytes) samples[i] = read(view, at, littleEndian);
    return samples;
  });
}

function linearReader({ encoding, bitsPerSample }: WavHeader): SampleReader {
  if (encoding === 'float') return bitsPerSample === 32 ? (view, at, le) => view.getFloat32(at, le) : (view, at, le) => view.getFloat64(at, le);
  switch (bitsPerSample) {
    // Only 8-bit PCM is unsigned, with silence at 128.
    case 8: return (view, at) => (view.getUint8(at) - 128) / 128;
    case 16: return (view, at, le) => view.getInt16(at, le) / 32_768;
    case 24: return (view, at, le) => ((view.getInt8(le ? at + 2 : at) << 16) | (view.getUint8(at + 1) << 8) | view.getUint8(le ? at : at + 2)) / 8_388_608;
    default: return (view, at, le) => view.getInt32(at, le) / 2_147_483_648;
  }
}

async function expandCompanded(bytes: Uint8Array, header: WavHeader, name: string): Promise<Float32Array[]> {
  const { default: { WaveFile } } = await import('wavefile');
  try {
    const wav = new WaveFile();
    // wavefile trusts the lengths in the header, which a streaming writer leaves unknown.
    wav.fromBuffer(withKnownLength(bytes, header));
    if (header.encoding === 'alaw') wav.fromALaw('16');
    else wav.fromMuLaw('16');
    const interleaved = wav.getSamples(true);
    return Array.from({ length: header.channelCount }, (_, channel) =>
      Float32Array.from({ length: Math.floor(interleaved.length / header.channelCount) }, (_, i) => (interleaved[i * header.channelCount + channel] ?? 0) / 32_768));
  } catch (cause) {
    throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} could not be decoded as ${header.encoding}: ${(cause as Error).message}`, { cause });
  }
}

function withKnownLength(bytes: Uint8Array, header: WavHeader): Uint8Array {
  const copy = bytes.slice(0, header.dataStartByte + header.dataBytes);
  const view = new DataView(copy.buffer);
  view.setUint32(4, copy.length - 8, header.littleEndian);
  view.setUint32(header.dataStartByte - 4, header.dataBytes, header.littleEndian);
  return copy;
}
