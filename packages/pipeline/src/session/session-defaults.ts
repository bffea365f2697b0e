import { ConfigError } from '../errors.ts';
import type { SessionSettings } from './voice-session-port.ts';

/**
 * Settings of a session that says nothing else.
 *
 * Endpointing waits 320 ms after words that sound finished and up to 1.2 s after
 * words that do not: people pause 200 ms between turns (Stivers et al. 2009) and
 * longer in the middle of a thought.
 */
export const DEFAULT_SESSION_SETTINGS: SessionSettings = {
  instructions: '',
  turnDetection: { type: 'semantic', minSilenceMs: 320, maxSilenceMs: 1200 },
  speechThreshold: 0.5,
  prefixPaddingMs: 300,
  autoReply: true,
  interruption: 'words',
  speculate: true,
  output: 'speech',
  voice: undefined,
  speed: 1,
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: 256,
  temperature: 0,
  transcription: {},
  idleTimeoutMs: undefined,
  minConfidence: 0.3,
  repromptText: "Sorry, I didn't catch that.",
};

/** Merges a change into settings and rejects values that cannot work. */
export function mergeSettings(settings: SessionSettings, change: Partial<SessionSettings>): SessionSettings {
  const merged = { ...settings, ...change };
  check(merged.speechThreshold > 0 && merged.speechThreshold < 1, 'speechThreshold', merged.speechThreshold, 'a number between 0 and 1');
  check(merged.prefixPaddingMs >= 0 && merged.prefixPaddingMs <= 5000, 'prefixPaddingMs', merged.prefixPaddingMs, '0 to 5000');
  check(merged.speed >= 0.25 && merged.speed <= 4, 'speed', merged.speed, '0.25 to 4');
  check(Number.isInteger(merged.maxOutputTokens) && merged.maxOutputTokens >= 1, 'maxOutputTokens', merged.maxOutputTokens, 'a whole number from 1');
  check(merged.temperature >= 0, 'temperature', merged.temperature, '0 or more');
  check(merged.minConfidence >= 0 && merged.minConfidence <= 1, 'minConfidence', merged.minConfidence, '0 to 1');
  const detection = merged.turnDetection;
  if (detection.type === 'silence') check(detection.silenceMs > 0, 'turnDetection.silenceMs', detection.silenceMs, 'more than 0');
  if (detection.type === 'semantic') {
    check(detection.minSilenceMs > 0 && detection.minSilenceMs <= detection.maxSilenceMs, 'turnDetection.minSilenceMs', detection.minSilenceMs, 'more than 0 and at most maxSilenceMs');
  }
  return merged;
}

function check(valid: boolean, name: string, got: unknown, expected: string): void {
  if (!valid) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is ${String(got)}; expected ${expected}`);
}
