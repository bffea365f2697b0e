import { SPEAKING_SPEED_MIN } from '@sotto/pipeline';
import { defaultSessionConfig, mergeSessionConfig } from '@sotto/pipeline/protocol';
import { expect, it } from 'vitest';
import { toSessionSettings } from './session-settings.ts';

it.each([[0.25, SPEAKING_SPEED_MIN], [1.25, 1.25]])('lets a client that asks for speed %d be spoken to at %d', (asked, spoken) => {
  const config = mergeSessionConfig(defaultSessionConfig('sotto', 'af_heart', 'realtime'), { audio: { output: { speed: asked } } });
  expect(config.audio.output.speed).toBe(asked);
  expect(toSessionSettings(config, { voices: ['af_heart'] }).speed).toBe(spoken);
});
