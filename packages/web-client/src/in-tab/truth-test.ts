import type { SttEngine, TtsEngine } from '@sotto/pipeline';

/** Said by every voice that is tested; short, with vowels and hissing sounds. */
export const TRUTH_PHRASE = 'The station closes at six.';

/**
 * What a sound model answered to the fixed phrase. Some GPUs give wrong numbers
 * without an error (microsoft/onnxruntime#29807), so a model on a GPU must give
 * what it gave in WASM before it is trusted.
 */
export type TruthAnswer = { readonly type: 'speech'; readonly envelope: readonly number[] } | { readonly type: 'transcript'; readonly text: string };

/** Samples per envelope value: 25 ms, one duration step of Kokoro. */
const ENVELOPE_STEP = 600;
/** Correlation of two renderings of one phrase on different hardware is above 0.999; of noise with speech below 0.5. */
const ENVELOPE_CORRELATION_MIN = 0.97;

/** The voice's level over time, saying the fixed phrase. */
export async function speakTruth(tts: TtsEngine): Promise<TruthAnswer> {
  const envelope: number[] = [];
  for await (const { samples } of tts.synthesize(TRUTH_PHRASE)) {
    for (let from = 0; from < samples.length; from += ENVELOPE_STEP) {
      let sum = 0;
      const to = Math.min(samples.length, from + ENVELOPE_STEP);
      for (let i = from; i < to; i++) sum += samples[i]! * samples[i]!;
      envelope.push(Math.sqrt(sum / (to - from)));
    }
  }
  return { type: 'speech', envelope };
}

/** What the recogniser makes of a recording of the fixed phrase. */
export async function hearTruth(stt: SttEngine, phraseSamples: Float32Array): Promise<TruthAnswer> {
  const { text } = await stt.transcribe(phraseSamples);
  return { type: 'transcript', text };
}

/** Why the answer is wrong, or undefined when it is right. */
export function findFault(answer: TruthAnswer, truth: TruthAnswer): string | undefined {
  if (answer.type === 'transcript') {
    return truth.type === 'transcript' && answer.text === truth.text ? undefined : `it heard "${answer.text}" instead of "${truth.type === 'transcript' ? truth.text : ''}"`;
  }
  if (truth.type !== 'speech') return 'there is nothing to compare its speech with';
  if (!answer.envelope.every(Number.isFinite)) return 'it gave numbers that are none';
  if (Math.abs(answer.envelope.length - truth.envelope.length) > 1) return `its speech lasts ${answer.envelope.length * 25} ms instead of ${truth.envelope.length * 25} ms`;
  const correlation = correlate(answer.envelope, truth.envelope);
  return correlation >= ENVELOPE_CORRELATION_MIN ? undefined : `its speech is not the same (correlation ${correlation.toFixed(3)})`;
}

function correlate(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  const mean = (values: readonly number[]) => values.slice(0, length).reduce((sum, value) => sum + value, 0) / length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    products += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return products / Math.sqrt(squaresA * squaresB || 1);
}
