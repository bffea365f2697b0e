/** A server with engines that cost nothing and a stall of `<ms>` between two stages: `node stalled-process.js <ms>`. */
import { createVoiceSession } from '@sotto/pipeline';
import { serveNullEngines } from '../null-engine-server.ts';

const stallMs = Number(process.argv[2]);
const clock = new Int32Array(new SharedArrayBuffer(4));

await serveNullEngines('Now.', (options) => createVoiceSession({
  ...options,
  onEvent: (event) => {
    // The transcript is there and nobody has been asked for an answer yet: the recogniser's clock has stopped, the model's not begun.
    if (event.type === 'transcript-final') Atomics.wait(clock, 0, 0, stallMs);
    options.onEvent(event);
  },
}));
