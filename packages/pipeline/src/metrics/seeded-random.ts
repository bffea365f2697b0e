/**
 * A source of pseudo-random numbers in [0, 1) that gives the same row for the same seed on every machine
 * (xoshiro128**, Blackman and Vigna 2018, seeded through splitmix32). Not for secrets.
 */
export function seededRandom(seed: number): () => number {
  const [s0, s1, s2, s3] = splitmix(seed >>> 0);
  let a = s0, b = s1, c = s2, d = s3;
  const next = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  // Two draws, so that the fraction is as fine as a double in [0, 1) can be.
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Four words of state from one of seed; neighbouring seeds give unrelated rows. */
function splitmix(seed: number): [number, number, number, number] {
  let state = seed;
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return [word(), word(), word(), word()];
}
