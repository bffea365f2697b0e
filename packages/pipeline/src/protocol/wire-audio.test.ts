import { expect, it } from 'vitest';
import { encodeBase64 } from './base64.ts';
import { LiveWireAudio, decodeWireAudio, encodeWireAudio } from './wire-audio.ts';

const FORMATS = [{ type: 'audio/pcm', rate: 24_000 }, { type: 'audio/pcmu' }, { type: 'audio/pcma' }] as const;
const speech = (sampleCount: number) => Float32Array.from({ length: sampleCount }, (_, n) => Math.sin(n / 7) / 2);

it.each(FORMATS)('live $type is decoded as any audio, shorter messages after longer ones and recordings among them', (format) => {
  const live = new LiveWireAudio();
  for (const sampleCount of [768, 240, 0, 960, 30_000, 768]) {
    const bytes = encodeWireAudio(speech(sampleCount), format);
    expect(live.decode(bytes, format)).toEqual(decodeWireAudio(bytes, format));
    expect(live.decodeBase64(encodeBase64(bytes), format, 'audio')).toEqual(decodeWireAudio(bytes, format));
  }
});

it('takes live audio at any place of the message it came in', () => {
  const bytes = encodeWireAudio(speech(100), FORMATS[0]);
  const message = new Uint8Array(bytes.length + 3);
  message.set(bytes, 3);
  expect(new LiveWireAudio().decode(message.subarray(3), FORMATS[0])).toEqual(decodeWireAudio(bytes, FORMATS[0]));
});

it('decodes into the same memory again, but not a recording', () => {
  const live = new LiveWireAudio();
  const decode = (sampleCount: number) => live.decode(encodeWireAudio(speech(sampleCount), FORMATS[0]), FORMATS[0]).buffer;
  expect(decode(768)).toBe(decode(512));
  expect(decode(30_000)).not.toBe(decode(512));
});

it('refuses half a sample', () => {
  expect(() => new LiveWireAudio().decode(new Uint8Array(5), FORMATS[0], 'audio')).toThrow(expect.objectContaining({ code: 'invalid_audio', param: 'audio' }) as Error);
});
