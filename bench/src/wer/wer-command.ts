import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError } from '@sotto/pipeline';
import { TEXT_NORMALIZER_PROFILES, type TextNormalizerProfile } from '@sotto/pipeline/metrics';
import { addModelOptions, bundledModel, type ConsoleIo, loadRecogniser, type LocatedModel, type ModelChoice, modelsFromOptions, userCacheFolder } from '@sotto/server';
import type { Command } from 'commander';
import { openCorpus } from '../corpus/open-corpus.ts';
import type { Corpus } from '../corpus/utterance.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { errorRateSpeedPlot } from '../plot/error-rate-speed-plot.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import { RunJournal } from './run-journal.ts';
import { scoreCorpus } from './score-corpus.ts';
import { type ListeningMode, type TranscribedUtterance, transcribeUtterance } from './transcribe-corpus.ts';
import { formatWer } from './wer-report.ts';

type WerOptions = ModelChoice & {
  readonly data: string;
  readonly mode: ListeningMode;
  readonly normalizer: TextNormalizerProfile;
  readonly limit?: string;
  readonly threads: string;
  readonly svg?: string;
  readonly out?: string;
  readonly json?: true;
  readonly fresh?: true;
};

export function registerWer(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('wer')
    .description('word error rate of a recogniser on a corpus, with intervals')
    .requiredOption('--data <path>', 'LibriSpeech folder, .jsonl manifest, folder of audio with .txt files, or audio-fixtures')
    .option('--mode <mode>', 'utterance: whole recordings; live: through voice-activity detection, as users get it', 'utterance')
    .option('--normalizer <profile>', TEXT_NORMALIZER_PROFILES.join(', '), 'whisper-2022')
    .option('--limit <count>', 'only the first so many utterances')
    .option('--threads <count>', 'threads of one inference', '1')
    .option('--svg <file>', 'draw the error rate against the real-time factor; bench compare --svg draws several')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON')
    .option('--fresh', 'measure everything again, also what an interrupted run has measured');
  addModelOptions(command, ['stt']).action((options: WerOptions) => measureWer(options, io, args));
}

async function measureWer(options: WerOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  assertOneOf('--mode', options.mode, ['utterance', 'live']);
  assertOneOf('--normalizer', options.normalizer, TEXT_NORMALIZER_PROFILES);
  const machine = describeMachine();
  const corpus = limited(await openCorpus(options.data), options.limit);
  const stt = (await modelsFromOptions(options, io)).stt ?? (await bundledModel('stt'));
  const transcribed = await transcribeAll(corpus, stt, options, io);
  const scores = scoreCorpus(corpus.utterances, transcribed, { corpus: options.data, mode: options.mode, normalizer: options.normalizer });
  const result = makeResult('wer', args, { stt }, machine, scores);
  if (options.out !== undefined) await writeResult(options.out, result, formatWer(result));
  if (options.svg !== undefined) await writeWhole(options.svg, errorRateSpeedPlot([{ name: stt.manifest.id, scores }]));
  io.out(options.json ? JSON.stringify(result) : formatWer(result));
}

async function transcribeAll(corpus: Corpus, stt: LocatedModel, options: WerOptions, io: ConsoleIo): Promise<TranscribedUtterance[]> {
  const journal = await RunJournal.open(join(userCacheFolder(io.env), 'bench', `${journalKey(corpus, stt, options)}.jsonl`));
  if (options.fresh) {
    await journal.remove();
    return transcribeAll(corpus, stt, { ...options, fresh: undefined as never }, io);
  }
  const progress = new MeasuringProgress(io, 'Transcribing', corpus.utterances.length);
  await using engines = await loadRecogniser(stt, Number(options.threads));
  const transcribed: TranscribedUtterance[] = [];
  for (const utterance of corpus.utterances) {
    io.signal.throwIfAborted();
    let one = journal.find(utterance.id);
    if (one === undefined) {
      one = await transcribeUtterance(utterance, options.mode, engines, io.signal);
      await journal.add(one);
    }
    transcribed.push(one);
    progress.update(transcribed.length);
  }
  await journal.remove();
  return transcribed;
}

/** Names a run by everything its transcripts depend on, so that none is ever taken over from another model or corpus. */
function journalKey(corpus: Corpus, { manifest }: LocatedModel, { mode, threads }: WerOptions): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([manifest, mode, threads, corpus.folder, corpus.utterances.map(({ id }) => id)]));
  return hash.digest('hex').slice(0, 24);
}

function limited(corpus: Corpus, limit: string | undefined): Corpus {
  return limit === undefined ? corpus : { ...corpus, utterances: corpus.utterances.slice(0, Number(limit)) };
}

function assertOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is ${value}; expected ${allowed.join(' or ')}`);
}
