import { floatToInt16, resample } from '@sotto/pipeline';
import { readAudioFile } from '../../server/src/audio-files/read-audio-file.ts';
import type { PageRig } from './page-rig.ts';

const MICROPHONE_RATE = 48_000;

/** A script for the page that gives it a microphone which is silent until the test lets somebody speak. */
export const COMMANDED_MICROPHONE = `(() => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ sampleRate: ${MICROPHONE_RATE} });
    const destination = context.createMediaStreamDestination();
    globalThis.speakIntoMicrophone = (base64) => {
      const pcm = new Int16Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
      const buffer = context.createBuffer(1, pcm.length, ${MICROPHONE_RATE});
      buffer.copyToChannel(Float32Array.from(pcm, (value) => value / 32768), 0);
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(destination);
      source.start();
    };
    return destination.stream;
  };
})()`;

/** Says a recording into the page's microphone; resolves when it has begun. */
export async function speak(rig: PageRig, path: string): Promise<void> {
  const { samples, sampleRate } = await readAudioFile(path);
  const pcm = floatToInt16(resample(samples, sampleRate, MICROPHONE_RATE));
  await rig.page.evaluate(`globalThis.speakIntoMicrophone(${JSON.stringify(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64'))})`);
}
