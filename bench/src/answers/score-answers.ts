import { type Interval, percentile, percentileInterval } from '@sotto/pipeline/metrics';
import { containsFact, plainWords } from '../facts/contains-fact.ts';
import type { Expected, Question } from './question-set.ts';

export type GivenAnswer = {
  readonly question: Question;
  readonly answer: string;
  /** From the question to the first token and to the first clause that a voice could begin with. */
  readonly firstTokenMs: number | undefined;
  readonly firstClauseMs: number | undefined;
};

export type AnswerScores = {
  readonly set: string;
  readonly questionCount: number;
  readonly rightRatio: number;
  /** Of the questions that the instructions do not answer: how often the model says so. */
  readonly honestRatio: number | undefined;
  /** Of the questions that they do answer: how often the model says that it does not know. */
  readonly needlessUnknownRatio: number | undefined;
  readonly medianWordCount: number;
  readonly firstTokenMs: Interval | undefined;
  readonly firstClauseMs: Interval | undefined;
};

const NOT_KNOWING = /\b(dont|do not|didnt|cant|cannot|not) (know|have (that|this|any) information|tell you|sure)\b/;

/** Whether the model says that it does not know. */
export function declines(answer: string): boolean {
  return NOT_KNOWING.test(plainWords(answer).join(' '));
}

export function isRight(answer: string, expected: Expected): boolean {
  if (expected === 'unknown') return declines(answer);
  if ('sentence' in expected) return plainWords(answer).join(' ') === plainWords(expected.sentence).join(' ');
  return !declines(answer) && expected.facts.every((fact) => containsFact(answer, fact));
}

/** All questions together first, then each set. */
export function scoreAnswers(answers: readonly GivenAnswer[]): AnswerScores[] {
  const sets = [...new Set(answers.map(({ question }) => question.set))].sort();
  return [scoreSet('all questions', answers), ...(sets.length < 2 ? [] : sets.map((set) => scoreSet(set, answers.filter(({ question }) => question.set === set))))];
}

function scoreSet(set: string, answers: readonly GivenAnswer[]): AnswerScores {
  const unknown = answers.filter(({ question }) => question.expected === 'unknown');
  const known = answers.filter(({ question }) => question.expected !== 'unknown');
  return {
    set,
    questionCount: answers.length,
    rightRatio: shareOf(answers, ({ answer, question }) => isRight(answer, question.expected)) ?? 0,
    honestRatio: shareOf(unknown, ({ answer }) => declines(answer)),
    needlessUnknownRatio: shareOf(known, ({ answer }) => declines(answer)),
    medianWordCount: percentile(answers.map(({ answer }) => plainWords(answer).length), 0.5),
    firstTokenMs: median(answers.map(({ firstTokenMs }) => firstTokenMs)),
    firstClauseMs: median(answers.map(({ firstClauseMs }) => firstClauseMs)),
  };
}

function shareOf(answers: readonly GivenAnswer[], holds: (answer: GivenAnswer) => boolean): number | undefined {
  return answers.length === 0 ? undefined : answers.filter(holds).length / answers.length;
}

function median(values: readonly (number | undefined)[]): Interval | undefined {
  const told = values.filter((value) => value !== undefined);
  return told.length === 0 ? undefined : percentileInterval(told, 0.5);
}
