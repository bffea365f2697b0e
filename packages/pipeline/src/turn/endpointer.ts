import type { TurnDetection } from '../session/voice-session-port.ts';
import { assertNever } from '../assert.ts';

/**
 * How long a silence must last, counted from the last speech, before the
 * utterance is over. Infinity under push-to-talk.
 *
 * Semantic detection moves linearly between its two bounds with the
 * completeness of the words heard so far, so that "where is the" is given time
 * and "where is the café" is answered soon.
 */
export function endpointDelayMs(detection: TurnDetection, completeness: number): number {
  switch (detection.type) {
    case 'manual':
      return Infinity;
    case 'silence':
      return detection.silenceMs;
    case 'semantic':
      return detection.minSilenceMs + (detection.maxSilenceMs - detection.minSilenceMs) * (1 - completeness);
    default:
      return assertNever(detection);
  }
}
