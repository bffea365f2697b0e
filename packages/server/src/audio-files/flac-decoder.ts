import { AudioFormatError } from '@sotto/pipeline';
import type { DecodedAudio } from './decoded-audio.ts';
import { assertSampleRate } from './wav-header.ts';

/** STREAMINFO is always the first metadata block: 4 bytes magic, 4 bytes block header, 34 bytes (RFC 9639, section 8.2). */
const STREAM_INFO_END_BYTE = 42;
/** The decoder's parser lets go of a frame only once it has seen bytes behind it, and would keep the last one. */
const PARSER_LOOKAHEAD_BYTES = 64;

/**
 * Decodes a whole FLAC file.
 * @throws {AudioFormatError} VOICE_ERR_AUDIO_FORMAT, VOICE_ERR_AUDIO_EMPTY, or VOICE_ERR_AUDIO_TRUNCATED
 * when fewer samples come out than the file's own header promises.
 */
export async function decodeFlac(bytes: Uint8Array, name: string): Promise<DecodedAudio> {
  if (bytes.length < STREAM_INFO_END_BYTE) throw new AudioFormatError('VOICE_ERR_AUDIO_TRUNCATED', `${name} is cut off within its header: ${bytes.length} bytes, expected at least ${STREAM_INFO_END_BYTE}`);
  const promisedSampleCount = readSampleCount(bytes);
  const { channels, sampleRate, problems } = await decode(bytes, name);
  const sampleCount = channels[0]?.length ?? 0;
  // A decoder that lost its place reports errors before it comes to the end, so they tell more than the count.
  if (sampleCount === 0 && problems === 0) throw new AudioFormatError('VOICE_ERR_AUDIO_EMPTY', `${name} holds no samples`);
  if (promisedSampleCount > 0 && sampleCount < promisedSampleCount) throw new AudioFormatError('VOICE_ERR_AUDIO_TRUNCATED', `${name} is cut off or damaged: ${sampleCount} samples decoded, expected ${promisedSampleCount}`);
  if (problems > 0) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} is damaged: ${problems} of its frames could not be decoded`);
  assertSampleRate(sampleRate, name);
  return { channels, sampleRate };
}

async function decode(bytes: Uint8Array, name: string): Promise<{ channels: Float32Array[]; sampleRate: number; problems: number }> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const decoder = new FLACDecoder();
  await decoder.ready;
  try {
    const padded = new Uint8Array(bytes.length + PARSER_LOOKAHEAD_BYTES);
    padded.set(bytes);
    const { channelData, sampleRate, errors } = await decoder.decodeFile(padded);
    return { channels: channelData, sampleRate, problems: errors.length };
  } catch (cause) {
    throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `${name} could not be decoded as FLAC: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    decoder.free();
  }
}

/** The 36-bit sample count of STREAMINFO; 0 means that the encoder did not know. */
function readSampleCount(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return (view.getUint8(21) & 0x0f) * 2 ** 32 + view.getUint32(22);
}
