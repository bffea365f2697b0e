import { ConfigError, createOpenAiEndpoint, type LlmEngine } from '@sotto/pipeline';
import { addModelOptions, type ConsoleIo, defaultInstructions, type LocatedModel, loadEngines, type ModelChoice, modelsFromOptions } from '@sotto/server';
import type { Command } from 'commander';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult } from '../result/write-result.ts';
import { formatAnswers } from './answers-report.ts';
import { askQuestion } from './ask-question.ts';
import { type Question, readQuestionSet } from './question-set.ts';
import { type GivenAnswer, isRight, scoreAnswers } from './score-answers.ts';

type AnswersOptions = ModelChoice & { readonly data: string; readonly endpoint?: string; readonly model?: string; readonly limit?: string; readonly out?: string; readonly json?: true };

export function registerAnswers(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('answers')
    .description('questions with known facts, put to a language model in text: how often is it right, how soon, how wordy?')
    .requiredOption('--data <questions.jsonl>', 'questions, a line each; starter-models/llm/questions.jsonl shows how')
    .option('--endpoint <url>', 'an OpenAI-compatible endpoint, such as http://localhost:8080/v1, in place of a local model')
    .option('--model <name>', 'the model as the endpoint names it')
    .option('--limit <count>', 'about so many questions, spread evenly over the file')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['llm']).action((options: AnswersOptions) => measureAnswers(options, io, args));
}

async function measureAnswers(options: AnswersOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const questions = spread(await readQuestionSet(options.data), options.limit);
  await using asked = await openModel(options, io);
  const instructions = await defaultInstructions(asked.model);
  const progress = new MeasuringProgress(io, 'Asking', questions.length);
  const answers: GivenAnswer[] = [];
  for (const question of questions) {
    io.signal.throwIfAborted();
    await using session = await asked.llm.openSession({ signal: io.signal });
    answers.push(await askQuestion(session, question, instructions, io.signal));
    progress.update(answers.length);
  }
  const body = {
    corpus: options.data,
    asked: asked.name,
    sets: scoreAnswers(answers),
    answers: answers.map(({ question, answer }) => ({ set: question.set, turns: question.turns, expected: question.expected, answer, right: isRight(answer, question.expected) })),
  };
  const result = makeResult('answers', args, { llm: asked.model }, machine, body);
  if (options.out !== undefined) await writeResult(options.out, result, formatAnswers(result));
  io.out(options.json ? JSON.stringify(result) : formatAnswers(result));
}

type AskedModel = AsyncDisposable & { readonly llm: LlmEngine; readonly name: string; readonly model: LocatedModel | undefined };

async function openModel(options: AnswersOptions, io: ConsoleIo): Promise<AskedModel> {
  if (options.endpoint !== undefined) {
    if (options.model === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', '--endpoint needs --model with the name that the endpoint gives the model');
    const llm = createOpenAiEndpoint({ baseUrl: options.endpoint, model: options.model, fetch });
    return { llm, name: `${options.model} at ${options.endpoint}`, model: undefined, [Symbol.asyncDispose]: () => llm[Symbol.asyncDispose]() };
  }
  const engines = await loadEngines({ models: await modelsFromOptions(options, io), signal: io.signal });
  const model = engines.models.llm;
  return { llm: engines.forSession('answers').llm, name: model?.manifest.id ?? 'a local model', model, [Symbol.asyncDispose]: () => engines[Symbol.asyncDispose]() };
}

/** Evenly over the file, because its sets follow one another. */
function spread(questions: readonly Question[], limit: string | undefined): readonly Question[] {
  if (limit === undefined) return questions;
  const step = questions.length / Math.min(questions.length, Math.max(1, Number(limit)));
  return questions.filter((_, index) => index === 0 || Math.floor(index / step) !== Math.floor((index - 1) / step));
}
