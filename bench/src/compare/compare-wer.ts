import { ConfigError } from '@sotto/pipeline';
import { compareErrorRates, type ErrorRateDifference, type Interval, mapsswe, type MapssweResult, scoreUtterance, sumErrors } from '@sotto/pipeline/metrics';
import type { WerScores } from '../wer/score-corpus.ts';

export type WerComparison = {
  readonly a: Interval;
  readonly b: Interval;
  /** Error rate of A minus that of B: negative means that A is better. Paired bootstrap over speakers. */
  readonly difference: ErrorRateDifference;
  readonly mapsswe: MapssweResult;
  readonly speakerCount: number;
};

/**
 * Two recognisers on the same audio.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when it was not the same audio, or not counted the same way.
 */
export function compareWer(a: WerScores, b: WerScores): WerComparison {
  assertSame('normaliser', a.normalizer, b.normalizer);
  const inB = new Map(b.utterances.map((utterance) => [utterance.id, utterance]));
  if (a.utterances.length === 0 || b.utterances.length === 0) throw refusal('one of them was written with --figures-only, without the words');
  assertSame('number of utterances', a.utterances.length, b.utterances.length);
  const pairs = a.utterances.map((one) => {
    const other = inB.get(one.id);
    if (other === undefined) throw refusal(`utterance ${one.id} is only in the first`);
    if (other.reference !== one.reference) throw refusal(`utterance ${one.id} has two different references`);
    return { speaker: one.speaker, a: scoreUtterance(one.reference, one.hypothesis, a.normalizer), b: scoreUtterance(one.reference, other.hypothesis, a.normalizer) };
  }).filter(({ a: { words } }) => words.referenceCount > 0);
  const speakers = [...new Set(pairs.map(({ speaker }) => speaker))].sort();
  const blocks = speakers.map((speaker) => {
    const own = pairs.filter((pair) => pair.speaker === speaker);
    return { a: sumErrors(own.map((pair) => pair.a.words)), b: sumErrors(own.map((pair) => pair.b.words)) };
  });
  return {
    a: a.wordErrorRate,
    b: b.wordErrorRate,
    difference: compareErrorRates(blocks),
    mapsswe: mapsswe(pairs.map((pair) => ({ a: pair.a.alignment, b: pair.b.alignment }))),
    speakerCount: speakers.length,
  };
}

function assertSame(what: string, a: string | number, b: string | number): void {
  if (a !== b) throw refusal(`${what} ${a} in the first, ${b} in the second`);
}

function refusal(why: string): ConfigError {
  return new ConfigError('VOICE_ERR_INVALID_OPTION', `These results cannot be compared: ${why}; measure both on the same data with the same normaliser`);
}
