/** The best token of one row of logits. */
export type PickedToken = {
  readonly token: number;
  /** Natural logarithm of its probability. */
  readonly logProbability: number;
};

/** Below this distance from the maximum a logit adds less than 2e-9 to the sum, so its exponential is not worth computing. */
const NEGLIGIBLE_LOGIT_DISTANCE = 20;

/** Greedy choice over `logits[offset … offset + vocabularySize)`, in place: no slice, no softmax array. Ties go to the lower id. */
export function pickGreedily(logits: Float32Array, offset: number, vocabularySize: number): PickedToken {
  let token = 0;
  let max = logits[offset]!;
  for (let i = 1; i < vocabularySize; i++) {
    const logit = logits[offset + i]!;
    if (logit > max) {
      max = logit;
      token = i;
    }
  }
  return { token, logProbability: -logSumExp(logits, offset, vocabularySize, max) };
}

/** Probability of one token of a row. */
export function probabilityOf(logits: Float32Array, offset: number, vocabularySize: number, token: number): number {
  let max = -Infinity;
  for (let i = 0; i < vocabularySize; i++) max = Math.max(max, logits[offset + i]!);
  return Math.exp(logits[offset + token]! - max - logSumExp(logits, offset, vocabularySize, max));
}

/** log Σ exp(logit − max). */
function logSumExp(logits: Float32Array, offset: number, vocabularySize: number, max: number): number {
  const floor = max - NEGLIGIBLE_LOGIT_DISTANCE;
  let sum = 0;
  for (let i = 0; i < vocabularySize; i++) {
    const logit = logits[offset + i]!;
    if (logit > floor) sum += Math.exp(logit - max);
  }
  return Math.log(sum);
}
