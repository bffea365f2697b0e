/** Bytes that {@link pcm16WavHeader} takes. */
export const PCM16_WAV_HEADER_BYTES = 44;
/** Stands for a length that is not known yet; players read on until the stream ends. */
const UNKNOWN_LENGTH = 0xffffffff;

/**
 * Header of a WAV file of mono 16-bit PCM.
 * @param dataBytes bytes of audio that follow; absent when that is not known as it begins.
 */
export function pcm16WavHeader(sampleRate: number, dataBytes?: number): Buffer {
  const header = Buffer.alloc(PCM16_WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(dataBytes === undefined ? UNKNOWN_LENGTH : dataBytes + PCM16_WAV_HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes ?? UNKNOWN_LENGTH, 40);
  return header;
}
