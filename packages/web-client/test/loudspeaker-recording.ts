import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from './microphone-file.ts';
import type { PageRig } from './page-rig.ts';

/** Samples per recorded block. */
export const BLOCK_SAMPLE_COUNT = 1024;

/** On the audio thread, where a busy page cannot make it lose anything. */
const RECORDER_WORKLET = `registerProcessor('recorder', class extends AudioWorkletProcessor {
  samples = [];
  process([[channel]]) {
    this.samples.push(...(channel ?? new Float32Array(128)));
    if (this.samples.length < ${BLOCK_SAMPLE_COUNT}) return true;
    this.port.postMessage({ samples: Float32Array.from(this.samples), contextTime: (currentFrame + 128 - this.samples.length) / sampleRate });
    this.samples = [];
    return true;
  }
})`;

/** A script for the page that keeps everything that goes to the loudspeaker, in blocks. */
export const RECORD_LOUDSPEAKER = `(() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    const { context } = this;
    // A page that changes its engine opens another context.
    if (target instanceof AudioDestinationNode && globalThis.recordedContext !== context) {
      globalThis.recordedContext = context;
      globalThis.sounded = [];
      const url = URL.createObjectURL(new Blob([${JSON.stringify(RECORDER_WORKLET)}], { type: 'text/javascript' }));
      void context.audioWorklet.addModule(url).then(() => {
        const recorder = new AudioWorkletNode(context, 'recorder', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' });
        recorder.port.onmessage = ({ data }) => globalThis.recordedContext === context && globalThis.sounded.push(data);
        connect.call(this, recorder);
      });
    }
    return connect.call(this, target, ...rest);
  };
})()`;

/** Writes what came out of the loudspeaker so far to a WAV file. */
export async function saveLoudspeaker(rig: PageRig): Promise<string> {
  const { samples, sampleRate } = await rig.page.evaluate<{ samples: number[]; sampleRate: number }>(
    `({ samples: globalThis.sounded.flatMap((block) => Array.from(block.samples, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 32767))), sampleRate: globalThis.recordedContext.sampleRate })`,
  );
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-loudspeaker-')), 'reply.wav');
  writeFileSync(path, encodeWav([Int16Array.from(samples)], sampleRate));
  return path;
}
