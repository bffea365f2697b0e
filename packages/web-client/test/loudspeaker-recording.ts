import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from './microphone-file.ts';
import type { PageRig } from './page-rig.ts';

/** Samples per recorded block. */
export const BLOCK_SAMPLE_COUNT = 1024;

/** A script for the page that keeps everything that goes to the loudspeaker, in blocks. */
export const RECORD_LOUDSPEAKER = `(() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    // A page that changes its engine opens another context.
    if (target instanceof AudioDestinationNode && globalThis.recorder?.context !== this.context) {
      const recorder = this.context.createScriptProcessor(${BLOCK_SAMPLE_COUNT}, 1, 1);
      globalThis.sounded = [];
      globalThis.recorder = recorder;
      recorder.onaudioprocess = (event) => {
        const samples = event.inputBuffer.getChannelData(0).slice();
        globalThis.sounded.push({ samples, contextTime: event.playbackTime });
      };
      connect.call(this, recorder);
      connect.call(recorder, target);
    }
    return connect.call(this, target, ...rest);
  };
})()`;

/** Writes what came out of the loudspeaker so far to a WAV file. */
export async function saveLoudspeaker(rig: PageRig): Promise<string> {
  const { samples, sampleRate } = await rig.page.evaluate<{ samples: number[]; sampleRate: number }>(
    `({ samples: globalThis.sounded.flatMap((block) => Array.from(block.samples, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 32767))), sampleRate: globalThis.recorder.context.sampleRate })`,
  );
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-loudspeaker-')), 'reply.wav');
  writeFileSync(path, encodeWav([Int16Array.from(samples)], sampleRate));
  return path;
}
