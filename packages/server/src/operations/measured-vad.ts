import type { Clock, VadEngine, VadStream } from '@sotto/pipeline';

/** A detector that reports how long each frame took from being handed in to being scored. */
export function measuredVad(vad: VadEngine, clock: Clock, onFrame: (delayMs: number) => void): VadEngine {
  return {
    specVersion: vad.specVersion,
    capabilities: vad.capabilities,
    openStream: () => measuredStream(vad.openStream(), clock, onFrame),
    // Borrowed: the engine's owner disposes it.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function measuredStream(stream: VadStream, clock: Clock, onFrame: (delayMs: number) => void): VadStream {
  return {
    async process(samples, options) {
      const startedMs = clock.nowMs();
      const probability = await stream.process(samples, options);
      onFrame(clock.nowMs() - startedMs);
      return probability;
    },
    reset: () => stream.reset(),
    [Symbol.dispose]: () => stream[Symbol.dispose](),
  };
}
