import type { Interval } from '@sotto/pipeline/metrics';
import type { BenchResult } from '../result/bench-result.ts';
import { percent, percentInterval, table } from '../result/format-figures.ts';
import type { Expected } from './question-set.ts';
import type { AnswerScores } from './score-answers.ts';
import type { VoiceScores } from './score-by-voice.ts';

export type AnswersBody = {
  readonly corpus: string;
  readonly asked: string;
  readonly sets: readonly AnswerScores[];
  /** The same questions by voice. */
  readonly voice: { readonly askedBy: string; readonly sets: readonly VoiceScores[] } | undefined;
  readonly answers: readonly {
    readonly set: string;
    readonly turns: readonly string[];
    readonly expected: Expected;
    readonly answer: string;
    readonly right: boolean;
    readonly voice?: { readonly heard: string; readonly answer: string; readonly right: boolean; readonly heardBack: string; readonly understood: boolean };
  }[];
};
export type AnswersResult = BenchResult<'answers', AnswersBody>;

const WRONG_SHOWN_COUNT = 20;

export function formatAnswers(result: AnswersResult): string {
  const { body } = result;
  const wrong = body.answers.filter(({ right }) => !right);
  return `${[
    `# Answers of ${body.asked} to ${body.corpus}`,
    'In text, greedy. Times are medians in ms from the question to the first token and to the first clause that a voice could begin with, 95 % intervals in brackets; the instructions were read before.',
    table(['set', 'questions', 'right', 'honest “I don’t know”', 'needless “I don’t know”', 'words', 'first token', 'first clause'], body.sets.map((set) => [set.set, String(set.questionCount), ...answerCells(set)])),
    ...formatWrong(wrong.map(({ turns, answer, expected }) => [turns.join(' / '), answer, expectedText(expected)]), ['question', 'answer', 'expected']),
    ...(body.voice === undefined ? [] : formatVoice(body.voice, body.answers)),
    `Measured ${result.measuredAt.slice(0, 10)} on ${result.machine.coreCount} × ${result.machine.processor} (load ${result.machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function formatVoice({ askedBy, sets }: NonNullable<AnswersBody['voice']>, answers: AnswersBody['answers']): string[] {
  const lost = answers.flatMap(({ turns, voice, right }) => (voice === undefined || voice.understood || !right ? [] : [[turns.join(' / '), voice.heard, voice.answer, voice.heardBack]]));
  return [
    '## By voice',
    `The same questions spoken by ${askedBy} to a whole session, as fast as it listens; the reply’s speech transcribed back. WER is the questions’, normaliser \`basic\`, 95 % interval by bootstrap over questions. Times are from when the model was asked.`,
    table(
      ['set', 'questions', 'unheard', 'WER', 'right', 'right when heard back', 'honest', 'needless', 'words', 'first token', 'first clause'],
      sets.map((set) => {
        const [right, ...rest] = answerCells(set);
        return [set.set, String(set.questionCount), String(set.unheardCount), percentInterval(set.wordErrorRate), right!, percent(set.understoodRatio), ...rest];
      }),
    ),
    ...formatWrong(lost, ['right in text', 'heard', 'answer', 'heard back']),
  ];
}

function answerCells(set: AnswerScores): string[] {
  return [percent(set.rightRatio), percent(set.honestRatio), percent(set.needlessUnknownRatio), set.medianWordCount.toFixed(0), cell(set.firstTokenMs), cell(set.firstClauseMs)];
}

function formatWrong(rows: readonly (readonly string[])[], header: readonly string[]): string[] {
  if (rows.length === 0) return ['No wrong answer.'];
  return [`Wrong answers${rows.length > WRONG_SHOWN_COUNT ? `, the first ${WRONG_SHOWN_COUNT} of ${rows.length}` : ''}:`, table(header, rows.slice(0, WRONG_SHOWN_COUNT))];
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
