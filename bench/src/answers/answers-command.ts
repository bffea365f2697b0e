import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, createOpenAiEndpoint, type LlmEngine } from '@sotto/pipeline';
import { addModelOptions, bundledModel, type ConsoleIo, defaultInstructions, loadEngines, type LoadedEngines, loadLanguageModel, loadVoice, locateModel, type ModelChoice, modelsFolder, modelsFromOptions, ModelStore } from '@sotto/server';
import type { Command } from 'commander';
import { wholeNumber } from '../options/whole-number.ts';
import { answersPlot } from '../plot/answers-plot.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import { type AnswersBody, formatAnswers } from './answers-report.ts';
import { askByVoice, type SpokenAnswer } from './ask-by-voice.ts';
import { askQuestion } from './ask-question.ts';
import { type Question, readQuestionSet } from './question-set.ts';
import { type GivenAnswer, isRight, scoreAnswers } from './score-answers.ts';
import { scoreByVoice } from './score-by-voice.ts';

type AnswersOptions = ModelChoice & {
  readonly data: string;
  readonly byVoice?: true;
  readonly voice?: string;
  readonly endpoint?: string;
  readonly model?: string;
  readonly limit?: string;
  readonly svg?: string;
  readonly out?: string;
  readonly json?: true;
};

/** What an endpoint's key is read from, so that it stands on no command line. */
const KEY_VARIABLE = 'OPENAI_API_KEY';

export function registerAnswers(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('answers')
    .description('questions with known facts, put to a language model in text and by voice: how often is it right, how soon, how wordy?')
    .requiredOption('--data <questions.jsonl>', 'questions, a line each; bench/README.md says how')
    .option('--by-voice', 'ask by voice as well: spoken, heard, answered, spoken and heard back')
    .option('--voice <name|folder>', 'voice model that speaks the questions; the starter voice by default')
    .option('--endpoint <url>', `an OpenAI-compatible endpoint, such as http://localhost:8080/v1, in place of a local model; its key, if it takes one, from ${KEY_VARIABLE}`)
    .option('--model <name>', 'the model as the endpoint names it; without an endpoint the same as --llm')
    .option('--limit <count>', 'about so many questions, spread evenly over the file')
    .option('--svg <file>', 'draw right answers against the time to the first clause')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['vad', 'stt', 'llm', 'tts']).action((options: AnswersOptions) => measureAnswers(options, io, args));
}

async function measureAnswers(options: AnswersOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const questions = spread(await readQuestionSet(options.data), options.limit);
  const endpoint = openEndpoint(options, io);
  const named = options.llm ?? (endpoint === undefined ? options.model : undefined);
  const chosen = await modelsFromOptions({ ...options, ...(named !== undefined && { llm: named }) }, io);
  const llmModel = endpoint === undefined ? (chosen.llm ?? (await bundledModel('llm'))) : undefined;
  await using llm = endpoint ?? (await loadLanguageModel(llmModel!, { signal: io.signal }));
  const ownInstructions = await defaultInstructions(llmModel);

  const inText = await askAllInText(questions, llm, ownInstructions, io);
  await using engines = options.byVoice ? await loadEngines({ models: chosen, llm, signal: io.signal }) : undefined;
  const byVoice = engines && (await askAllByVoice(questions, engines, ownInstructions, options, io));
  const body: AnswersBody = {
    corpus: options.data,
    asked: llmModel?.manifest.id ?? `${options.model} at ${options.endpoint}`,
    sets: scoreAnswers(inText),
    voice: byVoice && { askedBy: options.voice ?? 'starter-tts', sets: scoreByVoice(byVoice) },
    answers: inText.map((given, index) => toldAnswer(given, byVoice?.[index])),
  };
  const result = makeResult('answers', args, { ...engines?.models, llm: llmModel }, machine, body);
  if (options.out !== undefined) await writeResult(options.out, result, formatAnswers(result));
  if (options.svg !== undefined) await writeWhole(options.svg, answersPlot(body));
  io.out(options.json ? JSON.stringify(result) : formatAnswers(result));
}

function openEndpoint({ endpoint, model, llm }: AnswersOptions, io: ConsoleIo): LlmEngine | undefined {
  if (model !== undefined && llm !== undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--model ${model} and --llm ${llm} both name a language model; give one of them`);
  if (endpoint === undefined) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--endpoint is ${endpoint}; expected an address such as http://localhost:8080/v1`);
  if (model === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', '--endpoint needs --model with the name that the endpoint gives the model');
  const apiKey = io.env[KEY_VARIABLE];
  return createOpenAiEndpoint({ baseUrl: endpoint, model, fetch, ...(apiKey && { apiKey }) });
}

async function askAllInText(questions: readonly Question[], llm: LlmEngine, ownInstructions: string, io: ConsoleIo): Promise<GivenAnswer[]> {
  const progress = new MeasuringProgress(io, 'Asking in text', questions.length);
  const answers: GivenAnswer[] = [];
  for (const question of questions) {
    io.signal.throwIfAborted();
    await using session = await llm.openSession({ signal: io.signal });
    answers.push(await askQuestion(session, question, ownInstructions, io.signal));
    progress.update(answers.length);
  }
  return answers;
}

async function askAllByVoice(questions: readonly Question[], engines: LoadedEngines, ownInstructions: string, { voice }: AnswersOptions, io: ConsoleIo): Promise<SpokenAnswer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sotto-answers-'));
  await using speaker = await loadVoice(voice === undefined ? undefined : await locateModel(voice, new ModelStore(modelsFolder(io.env))), 1);
  const progress = new MeasuringProgress(io, 'Asking by voice', questions.length);
  const answers: SpokenAnswer[] = [];
  try {
    for (const [index, question] of questions.entries()) {
      io.signal.throwIfAborted();
      answers.push(await askByVoice(question, { engines: engines.forSession(`question ${index}`), voice: speaker.tts, ownInstructions, folder, signal: io.signal }));
      progress.update(answers.length);
    }
    return answers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toldAnswer({ question: { set, turns, expected }, answer }: GivenAnswer, spoken: SpokenAnswer | undefined): AnswersBody['answers'][number] {
  const told = { set, turns, expected, answer, right: isRight(answer, expected) };
  if (spoken === undefined) return told;
  const { heard, heardBack } = spoken;
  return { ...told, voice: { heard, answer: spoken.answer, right: isRight(spoken.answer, expected), heardBack, understood: isRight(heardBack, expected) } };
}

/** Evenly over the file, because its sets follow one another. */
function spread(questions: readonly Question[], limit: string | undefined): readonly Question[] {
  if (limit === undefined) return questions;
  const step = questions.length / Math.min(questions.length, wholeNumber('--limit', limit, 1));
  return questions.filter((_, index) => index === 0 || Math.floor(index / step) !== Math.floor((index - 1) / step));
}
