import { assert } from '../assert.ts';
import { AudioFormatError } from '../errors.ts';

/**
 * Weights of the channels of 5.1 (left, right, centre, low frequency, surround left and right) in mono: the stereo
 * fold-down of ITU-R BS.775 summed. Speech is mixed to the centre, and low-frequency effects hold none.
 */
const SURROUND_5_1_WEIGHTS = [Math.SQRT1_2, Math.SQRT1_2, 1, 0, 0.5, 0.5];

/**
 * Mixes planar channels of equal length to mono. Weights add up to 1, so nothing can clip: the plain mean, except for
 * six channels, which are taken for 5.1.
 * @returns a new array, also for one channel.
 * @throws {AudioFormatError} VOICE_ERR_AUDIO_FORMAT when there is no channel or lengths differ.
 */
export function downmix(channels: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const [first] = channels;
  if (!first) throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', 'Audio has no channels; expected at least one');
  if (channels.some((channel) => channel.length !== first.length)) {
    throw new AudioFormatError('VOICE_ERR_AUDIO_FORMAT', `Channels have ${channels.map((channel) => channel.length).join(', ')} samples; expected equal lengths`);
  }
  const weights = channels.length === SURROUND_5_1_WEIGHTS.length ? SURROUND_5_1_WEIGHTS : channels.map(() => 1);
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
  const mono = new Float32Array(first.length);
  for (const [index, channel] of channels.entries()) {
    const weight = weights[index]! / weightSum;
    for (let i = 0; i < mono.length; i++) mono[i] = mono[i]! + weight * channel[i]!;
  }
  return mono;
}

/** Splits interleaved samples (L R L R …) into planar channels; a last, incomplete group is left out. */
export function deinterleave(samples: Float32Array, channelCount: number): Float32Array<ArrayBuffer>[] {
  assert(Number.isSafeInteger(channelCount) && channelCount > 0, 'interleaved audio has a positive whole number of channels');
  const length = Math.floor(samples.length / channelCount);
  return Array.from({ length: channelCount }, (_, channel) => {
    const plane = new Float32Array(length);
    for (let i = 0; i < length; i++) plane[i] = samples[i * channelCount + channel]!;
    return plane;
  });
}
