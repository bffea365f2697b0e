/** Deterministic test audio that needs no recordings. */

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Babble of vowel-like sounds: pulses through two wandering formants, hiss and pauses, at 16 kHz, 0.3 to 9 s long.
 * It says nothing, but it moves a recogniser through many different tokens.
 */
export function babble(seed: number): Float32Array {
  const random = seededRandom(seed);
  const samples = new Float32Array(Math.floor((0.3 + random() ** 2 * 8.7) * 16_000));
  let [pitchHz, firstHz, secondHz, loudness, hiss] = [120, 500, 1500, 0, 0];
  let [phase, a1, a2, b1, b2] = [0, 0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    if (i % 1600 === 0) {
      pitchHz = 80 + random() * 180;
      firstHz = 250 + random() * 600;
      secondHz = 900 + random() * 1600;
      loudness = random() < 0.2 ? 0 : random() * 0.4;
      hiss = random() < 0.3 ? random() * 0.2 : 0.003;
    }
    phase += pitchHz / 16_000;
    const pulse = phase >= 1 ? ((phase -= 1), 1) : 0;
    const source = pulse * loudness + (random() - 0.5) * hiss;
    [a1, a2] = [source + 1.94 * Math.cos((2 * Math.PI * firstHz) / 16_000) * a1 - 0.94 * a2, a1];
    [b1, b2] = [a1 + 1.8 * Math.cos((2 * Math.PI * secondHz) / 16_000) * b1 - 0.82 * b2, b1];
    samples[i] = Math.max(-1, Math.min(1, b1 * 0.02));
  }
  return samples;
}
