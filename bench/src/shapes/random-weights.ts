import type { OnnxGraph, StreamedBytes } from '@sotto/server/testing';

const BLOCK_FLOAT_COUNT = 1 << 16;
/** A uniform distribution of half-width √3 has deviation 1. */
const HALF_WIDTH = Math.sqrt(3);

/** Uniform numbers of the given deviation around zero, the same for the same seed (xorshift32, Marsaglia 2003). */
export function randomFloats(count: number, deviation: number, seed: number): StreamedBytes {
  return {
    byteCount: count * 4,
    *pieces() {
      const block = new Float32Array(Math.min(count, BLOCK_FLOAT_COUNT));
      const scale = (deviation * HALF_WIDTH) / 2 ** 31;
      // The first words of a small seed are small; multiplying spreads its bits.
      let state = Math.imul(seed, 0x9e3779b9) | 1;
      for (let left = count; left > 0; left -= block.length) {
        const filled = Math.min(left, block.length);
        for (let i = 0; i < filled; i++) {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          block[i] = state * scale;
        }
        yield new Uint8Array(block.buffer, 0, filled * 4);
      }
    },
  };
}

/** The weights of one graph by name, made up where they are first asked for; all branches of the graph share them. */
export class SharedWeights {
  readonly #graph: OnnxGraph;
  readonly #names = new Set<string>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
  }

  tensor(name: string, dimensions: readonly number[], deviation: number): string {
    return this.#once(name, () => {
      const count = dimensions.reduce((product, size) => product * size, 1);
      // Different in every tensor, and the same whatever else the graph holds.
      this.#graph.streamedFloats(randomFloats(count, deviation, hashOf(name)), dimensions, name);
    });
  }

  constant(name: string, values: Float32Array | readonly number[], dimensions: readonly number[]): string {
    return this.#once(name, () => this.#graph.floats(values, dimensions, name));
  }

  #once(name: string, make: () => void): string {
    if (!this.#names.has(name)) make();
    this.#names.add(name);
    return name;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
