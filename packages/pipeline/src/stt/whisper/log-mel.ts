import { LISTENING_SAMPLE_RATE } from '../../audio/audio-frame.ts';
import { ModelError } from '../../errors.ts';
import { type MelFilter, melFilterBank, trimmed } from './mel-filter-bank.ts';
import { RealFourierTransform } from './real-fourier-transform.ts';

/** 25 ms window, 10 ms hop, 30 s of audio (openai/whisper audio.py). */
const WINDOW_SAMPLE_COUNT = 400;
const HOP_SAMPLE_COUNT = 160;
const BIN_COUNT = WINDOW_SAMPLE_COUNT / 2 + 1;
export const MEL_FRAME_COUNT = 3000;
export const WHISPER_WINDOW_SAMPLE_COUNT = MEL_FRAME_COUNT * HOP_SAMPLE_COUNT;
const POWER_FLOOR = 1e-10;
/** Whatever lies more than 80 dB under the loudest is raised to there. */
const LOG10_RANGE = 8;

/** Whisper's features: log-mel spectrogram of 30 s, scaled to about [-1, 1]. */
export class LogMel {
  readonly melCount: number;
  readonly #filters: readonly MelFilter[];
  readonly #window = Float64Array.from({ length: WINDOW_SAMPLE_COUNT }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW_SAMPLE_COUNT));
  readonly #transform = new RealFourierTransform(WINDOW_SAMPLE_COUNT);
  readonly #frame = new Float64Array(WINDOW_SAMPLE_COUNT);
  readonly #power = new Float64Array(BIN_COUNT);

  /**
   * @param melCount 80, or 128 for large-v3 and its kin.
   * @param filters the model's own filters, melCount rows of 201; absent means Slaney's.
   */
  constructor(melCount: number, filters?: readonly (readonly number[])[]) {
    if (filters && (filters.length !== melCount || filters.some((row) => row.length !== BIN_COUNT))) {
      throw new ModelError('VOICE_ERR_MODEL_FORMAT', `preprocessor_config.json has mel_filters of ${filters.length} × ${filters[0]?.length}; expected ${melCount} × ${BIN_COUNT}`, { stage: 'stt' });
    }
    this.melCount = melCount;
    this.#filters = filters ? filters.map(trimmed) : melFilterBank(melCount, BIN_COUNT, LISTENING_SAMPLE_RATE);
  }

  /** @param samples at most 30 s at 16 kHz; shorter audio is followed by silence. @returns [melCount, 3000] row by row. */
  compute(samples: Float32Array): Float32Array {
    const features = new Float32Array(this.melCount * MEL_FRAME_COUNT).fill(Math.log10(POWER_FLOOR));
    // Windows beyond the audio hold only padding, whose features are already there.
    const frameCount = Math.min(MEL_FRAME_COUNT, Math.ceil((samples.length + WINDOW_SAMPLE_COUNT / 2) / HOP_SAMPLE_COUNT));
    let loudest = Math.log10(POWER_FLOOR);
    for (let frame = 0; frame < frameCount; frame++) {
      this.#readFrame(samples, frame * HOP_SAMPLE_COUNT - WINDOW_SAMPLE_COUNT / 2);
      this.#transform.powerSpectrum(this.#frame, this.#power);
      for (let mel = 0; mel < this.melCount; mel++) {
        const level = Math.log10(Math.max(POWER_FLOOR, applyFilter(this.#filters[mel]!, this.#power)));
        features[mel * MEL_FRAME_COUNT + frame] = level;
        if (level > loudest) loudest = level;
      }
    }
    const floor = loudest - LOG10_RANGE;
    for (let i = 0; i < features.length; i++) features[i] = (Math.max(features[i]!, floor) + 4) / 4;
    return features;
  }

  /** The windowed samples from `start`, mirrored at both ends of the 30 s. */
  #readFrame(samples: Float32Array, start: number): void {
    const last = WHISPER_WINDOW_SAMPLE_COUNT - 1;
    for (let i = 0; i < WINDOW_SAMPLE_COUNT; i++) {
      let at = Math.abs(start + i);
      if (at > last) at = 2 * last - at;
      this.#frame[i] = at < samples.length ? samples[at]! * this.#window[i]! : 0;
    }
  }
}

function applyFilter({ firstBin, weights }: MelFilter, power: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[firstBin + i]!;
  return sum;
}
