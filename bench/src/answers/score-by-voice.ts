import { errorRateInterval, type Interval, scoreUtterance } from '@sotto/pipeline/metrics';
import type { SpokenAnswer } from './ask-by-voice.ts';
import { type AnswerScores, isRight, scoreAnswers } from './score-answers.ts';

/** What is lost on the way there and back. */
export type VoiceScores = AnswerScores & {
  /** Of the questions as they were heard, normaliser `basic`. */
  readonly wordErrorRate: Interval;
  /** Questions of which nothing was heard; they count as wrong. */
  readonly unheardCount: number;
  /** Right also for who hears only the reply's speech, as the recogniser does. */
  readonly understoodRatio: number;
};

/** All questions together first, then each set. */
export function scoreByVoice(answers: readonly SpokenAnswer[]): VoiceScores[] {
  const scores = scoreAnswers(answers);
  return scores.map((set, index) => {
    const group = index === 0 ? answers : answers.filter(({ question }) => question.set === set.set);
    return {
      ...set,
      wordErrorRate: errorRateInterval(group.map(({ question, heard }) => scoreUtterance(question.turns.join(' '), heard, 'basic').words)),
      unheardCount: group.filter(({ heard }) => heard === '').length,
      understoodRatio: group.filter(({ question, heardBack }) => isRight(heardBack, question.expected)).length / group.length,
    };
  });
}
