import type { Interval } from '@sotto/pipeline/metrics';
import type { BenchResult } from '../result/bench-result.ts';
import { percent, table } from '../result/format-figures.ts';
import type { Expected } from './question-set.ts';
import type { AnswerScores } from './score-answers.ts';

export type AnswersBody = {
  readonly corpus: string;
  readonly asked: string;
  readonly sets: readonly AnswerScores[];
  readonly answers: readonly { readonly set: string; readonly turns: readonly string[]; readonly expected: Expected; readonly answer: string; readonly right: boolean }[];
};
export type AnswersResult = BenchResult<'answers', AnswersBody>;

const WRONG_SHOWN_COUNT = 20;

export function formatAnswers(result: AnswersResult): string {
  const { body } = result;
  const wrong = body.answers.filter(({ right }) => !right);
  return `${[
    `# Answers of ${body.asked} to ${body.corpus}`,
    'In text, greedy. Times are medians in ms from the question to the first token and to the first clause that a voice could begin with, 95 % intervals in brackets; the instructions were read before.',
    table(
      ['set', 'questions', 'right', 'honest “I don’t know”', 'needless “I don’t know”', 'words', 'first token', 'first clause'],
      body.sets.map((set) => [set.set, String(set.questionCount), percent(set.rightRatio), percent(set.honestRatio), percent(set.needlessUnknownRatio), set.medianWordCount.toFixed(0), cell(set.firstTokenMs), cell(set.firstClauseMs)]),
    ),
    wrong.length === 0 ? 'No wrong answer.' : `Wrong answers${wrong.length > WRONG_SHOWN_COUNT ? `, the first ${WRONG_SHOWN_COUNT} of ${wrong.length}` : ''}:`,
    ...(wrong.length === 0 ? [] : [table(['question', 'answer', 'expected'], wrong.slice(0, WRONG_SHOWN_COUNT).map(({ turns, answer, expected }) => [turns.join(' / '), answer, expectedText(expected)]))]),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function cell(interval: Interval | undefined): string {
  if (interval === undefined) return '–';
  const { estimate, low, high } = interval;
  return `${estimate.toFixed(0)} [${low?.toFixed(0) ?? '–'}, ${high?.toFixed(0) ?? '–'}]`;
}

function expectedText(expected: Expected): string {
  if (expected === 'unknown') return 'not to know';
  return 'sentence' in expected ? expected.sentence : expected.facts.join(', ');
}
