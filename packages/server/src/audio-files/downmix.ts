import type { DecodedAudio, Speaker } from './decoded-audio.ts';

/** What a 5.1 or 7.1 file without a channel mask means by its first four channels. */
const SURROUND_ORDER: readonly Speaker[] = ['front-left', 'front-right', 'front-center', 'low-frequency', 'other', 'other', 'other', 'other'];
const MONO_EQUAL_POWER = Math.SQRT1_2;

/**
 * Mixes all channels to one. Surround follows the Web Audio up-down-mixing rules (centre whole, fronts at
 * -3 dB, surrounds at -6 dB, no low-frequency channel); anything else is the mean of its channels.
 * The result is scaled down as a whole if it would leave [-1, 1].
 */
export function downmix({ channels, speakers }: DecodedAudio): Float32Array {
  const gains = channelGains(channels.length, speakers);
  const mono = new Float32Array(channels[0]?.length ?? 0);
  channels.forEach((channel, index) => {
    const gain = gains[index] ?? 0;
    if (gain === 0) return;
    for (let i = 0; i < mono.length; i++) mono[i]! += gain * channel[i]!;
  });
  return limitToFullScale(mono);
}

function channelGains(channelCount: number, speakers: readonly Speaker[] | undefined): number[] {
  const known = speakers ?? (channelCount === 6 || channelCount === 8 ? SURROUND_ORDER.slice(0, channelCount) : undefined);
  if (!known?.includes('front-center') || channelCount < 3) return Array<number>(channelCount).fill(1 / channelCount);
  const gainOf: Record<Speaker, number> = { 'front-left': MONO_EQUAL_POWER, 'front-right': MONO_EQUAL_POWER, 'front-center': 1, 'low-frequency': 0, 'other': 0.5 };
  return known.map((speaker) => gainOf[speaker]);
}

function limitToFullScale(samples: Float32Array): Float32Array {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak > 1) for (let i = 0; i < samples.length; i++) samples[i]! /= peak;
  return samples;
}
