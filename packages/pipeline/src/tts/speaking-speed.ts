/** How far Kokoro's durations may be stretched and pressed; 1 is natural. */
export const SPEAKING_SPEED_MIN = 0.5;
export const SPEAKING_SPEED_MAX = 2;

/** The nearest speed that a voice can speak at: the OpenAI protocol allows 0.25 to 4. */
export function nearestSpeakingSpeed(speed: number): number {
  return Math.min(SPEAKING_SPEED_MAX, Math.max(SPEAKING_SPEED_MIN, speed));
}
