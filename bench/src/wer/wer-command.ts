import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError } from '@sotto/pipeline';
import { TEXT_NORMALIZER_PROFILES, type TextNormalizerProfile } from '@sotto/pipeline/metrics';
import { addModelOptions, bundledModel, type ConsoleIo, loadRecogniser, type LocatedModel, type ModelChoice, modelsFromOptions, ProgressBar, userCacheFolder } from '@sotto/server';
import type { Command } from 'commander';
import { downloadLibriSpeech, LIBRISPEECH_SPLITS, type LibriSpeechSplit, librispeechArchive } from '../corpus/download-librispeech.ts';
import { openCorpus } from '../corpus/open-corpus.ts';
import type { Corpus } from '../corpus/utterance.ts';
import { wholeNumber } from '../options/whole-number.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { errorRateSpeedPlot } from '../plot/error-rate-speed-plot.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import { RunJournal } from './run-journal.ts';
import { scoreCorpus, withoutWords } from './score-corpus.ts';
import { type ListeningMode, type TranscribedUtterance, transcribeUtterance } from './transcribe-corpus.ts';
import { formatWer } from './wer-report.ts';

type WerOptions = ModelChoice & {
  readonly data?: string;
  readonly download?: string;
  readonly mirror?: string;
  readonly figuresOnly?: true;
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
    .option('--data <path>', 'LibriSpeech folder, .jsonl manifest, folder of audio with .txt files, or audio-fixtures')
    .option('--download <splits>', `fetch these splits of LibriSpeech (CC BY 4.0, about 350 MB each) into --data or the cache, and measure on them: ${LIBRISPEECH_SPLITS.join(', ')}; several with commas`)
    .option('--mirror <url>', 'where the archives lie in place of openslr.org')
    .option('--mode <mode>', 'utterance: whole recordings; live: through voice-activity detection, as users get it', 'utterance')
    .option('--normalizer <profile>', TEXT_NORMALIZER_PROFILES.join(', '), 'whisper-2022')
    .option('--limit <count>', 'only the first so many utterances')
    .option('--threads <count>', 'threads of one inference', '1')
    .option('--svg <file>', 'draw the error rate against the real-time factor; bench compare --svg draws several')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--figures-only', 'leave the words out of the result: no transcripts, no confusions')
    .option('--json', 'print the result as JSON')
    .option('--fresh', 'measure everything again, also what an interrupted run has measured');
  addModelOptions(command, ['stt']).action((options: WerOptions) => measureWer(options, io, args));
}

async function measureWer(options: WerOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  assertOneOf('--mode', options.mode, ['utterance', 'live']);
  assertOneOf('--normalizer', options.normalizer, TEXT_NORMALIZER_PROFILES);
  const machine = describeMachine();
  const corpus = limited(await openChosen(options, io), options.limit);
  const stt = (await modelsFromOptions(options, io)).stt ?? (await bundledModel('stt'));
  const transcribed = await transcribeAll(corpus, stt, options, io);
  const all = scoreCorpus(corpus.utterances, transcribed, { corpus: options.data ?? `LibriSpeech ${options.download}`, mode: options.mode, normalizer: options.normalizer });
  const scores = options.figuresOnly ? withoutWords(all) : all;
  const result = makeResult('wer', args, { stt }, machine, scores);
  if (options.out !== undefined) await writeResult(options.out, result, formatWer(result));
  if (options.svg !== undefined) await writeWhole(options.svg, errorRateSpeedPlot([{ name: stt.manifest.id, scores }]));
  io.out(options.json ? JSON.stringify(result) : formatWer(result));
}

/** What lies at `--data`, or the splits that `--download` names. */
async function openChosen({ data, download, mirror }: WerOptions, io: ConsoleIo): Promise<Corpus> {
  if (download === undefined && data === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `There is nothing to measure on: give --data, or --download with ${LIBRISPEECH_SPLITS.join(', ')}`);
  if (download === undefined) return openCorpus(data!);
  const splits = download.split(',').map((split) => split.trim());
  for (const split of splits) assertOneOf('--download', split, LIBRISPEECH_SPLITS);
  const folder = data ?? join(userCacheFolder(io.env), 'LibriSpeech');
  for (const split of splits as LibriSpeechSplit[]) {
    const bars = { Downloading: new ProgressBar(io, `Downloading ${split}`), Unpacking: new ProgressBar(io, `Unpacking ${split}`) };
    await downloadLibriSpeech(librispeechArchive(split, mirror), folder, { signal: io.signal, onProgress: (step, doneBytes, totalBytes) => bars[step].update(doneBytes, totalBytes) });
  }
  const corpus = await openCorpus(folder);
  return { ...corpus, utterances: corpus.utterances.filter(({ split }) => splits.includes(split)) };
}

async function transcribeAll(corpus: Corpus, stt: LocatedModel, options: WerOptions, io: ConsoleIo): Promise<TranscribedUtterance[]> {
  const journal = await RunJournal.open(join(userCacheFolder(io.env), 'bench', `${journalKey(corpus, stt, options)}.jsonl`));
  if (options.fresh) {
    await journal.remove();
    return transcribeAll(corpus, stt, { ...options, fresh: undefined as never }, io);
  }
  const progress = new MeasuringProgress(io, 'Transcribing', corpus.utterances.length);
  await using engines = await loadRecogniser(stt, wholeNumber('--threads', options.threads, 1));
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
  return limit === undefined ? corpus : { ...corpus, utterances: corpus.utterances.slice(0, wholeNumber('--limit', limit, 1)) };
}

function assertOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is ${value}; expected ${allowed.join(' or ')}`);
}
