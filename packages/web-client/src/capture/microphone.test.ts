import { afterEach, describe, expect, test, vi } from 'vitest';
import { Microphone } from './microphone.ts';

afterEach(() => void vi.unstubAllGlobals());

/** Asks for a microphone in a browser whose devices are these. */
function open(mediaDevices: { getUserMedia(): Promise<MediaStream> } | undefined): Promise<Microphone> {
  vi.stubGlobal('navigator', { mediaDevices });
  return Microphone.open({ context: {} as AudioContext, onFrame: () => {}, onLost: () => {}, onMuted: () => {}, deviceId: undefined } as never);
}

describe('a microphone that the browser does not give', () => {
  test.each([
    ['NotAllowedError', 'VOICE_ERR_MICROPHONE_DENIED', false],
    ['SecurityError', 'VOICE_ERR_MICROPHONE_DENIED', false],
    ['NotFoundError', 'VOICE_ERR_MICROPHONE_MISSING', false],
    ['OverconstrainedError', 'VOICE_ERR_MICROPHONE_MISSING', false],
    ['NotReadableError', 'VOICE_ERR_MICROPHONE_LOST', true],
  ])('%s is told as %s', async (name, code, retryable) => {
    await expect(open({ getUserMedia: () => Promise.reject(new DOMException('no', name)) })).rejects.toMatchObject({ name: 'DeviceError', code, retryable, stage: 'capture' });
  });

  test('because the page is not secure is told as denied', async () => {
    await expect(open(undefined)).rejects.toMatchObject({ code: 'VOICE_ERR_MICROPHONE_DENIED', message: expect.stringContaining('https') as string });
  });

  test('but an empty stream is told as missing', async () => {
    await expect(open({ getUserMedia: () => Promise.resolve({ getAudioTracks: () => [] } as unknown as MediaStream) })).rejects.toMatchObject({ code: 'VOICE_ERR_MICROPHONE_MISSING' });
  });
});
