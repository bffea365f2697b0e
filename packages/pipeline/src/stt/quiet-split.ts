/** Length of the blocks whose energy is compared when looking for a quiet place, in seconds. */
const BLOCK_SECONDS = 0.05;

/**
 * Cuts audio into pieces of at most `maxSampleCount`, each cut at the quietest block in the last third of a piece.
 * The pieces are views of `samples` and together cover all of it.
 */
export function splitAtQuiet(samples: Float32Array, maxSampleCount: number, sampleRate: number): Float32Array[] {
  const pieces: Float32Array[] = [];
  const blockSampleCount = Math.max(1, Math.round(BLOCK_SECONDS * sampleRate));
  let start = 0;
  while (samples.length - start > maxSampleCount) {
    const earliest = start + Math.floor((maxSampleCount * 2) / 3);
    let cut = start + maxSampleCount;
    let quietest = Infinity;
    for (let block = earliest; block + blockSampleCount <= start + maxSampleCount; block += blockSampleCount) {
      const energy = energyOf(samples, block, blockSampleCount);
      if (energy < quietest) {
        quietest = energy;
        cut = block + (blockSampleCount >> 1);
      }
    }
    pieces.push(samples.subarray(start, cut));
    start = cut;
  }
  pieces.push(samples.subarray(start));
  return pieces;
}

/** Below one step of 16-bit PCM (2^-15) there is nothing to transcribe, and recognisers invent words. */
export function isDigitalSilence(samples: Float32Array): boolean {
  for (const sample of samples) if (Math.abs(sample) > 2 ** -15) return false;
  return true;
}

function energyOf(samples: Float32Array, offset: number, count: number): number {
  let sum = 0;
  for (let i = offset; i < offset + count; i++) sum += samples[i]! * samples[i]!;
  return sum;
}
