import { ClauseChunker, cleanForSpeech, type TurnWaterfall, type WaterfallStageName } from '@sotto/pipeline';
import type { TextNormalizerProfile } from '@sotto/pipeline/metrics';
import type { SpokenText } from '../corpus/utterance.ts';
import { percentiles } from '../latency/score-latency.ts';
import { scoreCorpus } from '../wer/score-corpus.ts';
import type { BrowserLatency, BrowserRun, Recognition, TurnLatency } from './browser-result.ts';

/** What a tab measured of one recording. */
export type MeasuredUtterance = {
  readonly utterance: SpokenText;
  readonly hypothesis: string;
  readonly audioMs: number;
  readonly transcribingMs: number;
  /** Each frame of the detector. */
  readonly frameMs: readonly number[];
  /** Only of recordings that were asked and answered as well. */
  readonly answered?: MeasuredAnswer;
};

export type MeasuredAnswer = {
  readonly firstTokenMs: number | undefined;
  readonly firstClauseMs: number | undefined;
  /** Undefined without any clause to say. */
  readonly synthesizingMs: number | undefined;
  readonly turn: MeasuredTurn;
};

/** One question put to a session in real time. */
export type MeasuredTurn = {
  /** Undefined without an audible reply. */
  readonly waterfall: TurnWaterfall | undefined;
  readonly cutOffCount: number;
};

const STAGES: readonly WaterfallStageName[] = ['endpointing', 'transcribing', 'thinking', 'speaking', 'playout'];

/** Scores what was measured on one backend. */
export function scoreBrowserRun(run: Pick<BrowserRun, 'backend' | 'threadCount' | 'models'>, measured: readonly MeasuredUtterance[], normalizer: TextNormalizerProfile): BrowserRun {
  const answers = measured.flatMap(({ answered }) => answered ?? []);
  return { ...run, recognition: scoreRecognition(measured, normalizer), ...(answers.length === 0 ? {} : { latency: scoreStages(measured, answers) }) };
}

/** The first piece of an answer that a voice would begin with; undefined when nothing of it can be said. */
export function firstClauseOf(answer: string): string | undefined {
  const chunker = new ClauseChunker();
  const [clause] = [...chunker.push(cleanForSpeech(answer)), ...chunker.flush()];
  return clause;
}

function scoreRecognition(measured: readonly MeasuredUtterance[], normalizer: TextNormalizerProfile): Recognition {
  const transcribed = measured.map(({ utterance: { id }, hypothesis, audioMs, transcribingMs }) => ({ id, hypothesis, audioMs, processingMs: transcribingMs, processorMs: 0 }));
  const scores = scoreCorpus(measured.map(({ utterance }) => utterance), transcribed, { corpus: '', mode: 'utterance', normalizer });
  const { corpus: _corpus, coreSecondsPerAudioHour: _cores, firstPartialMs: _partial, partialRevisionRate: _revision, ...recognition } = scores;
  return recognition;
}

function scoreStages(measured: readonly MeasuredUtterance[], answers: readonly MeasuredAnswer[]): BrowserLatency {
  return {
    voiceActivityMs: percentiles(measured.flatMap(({ frameMs }) => frameMs)),
    transcribingMs: percentiles(measured.map(({ transcribingMs }) => transcribingMs)),
    firstTokenMs: percentiles(answers.flatMap(({ firstTokenMs }) => firstTokenMs ?? [])),
    firstClauseMs: percentiles(answers.flatMap(({ firstClauseMs }) => firstClauseMs ?? [])),
    synthesizingMs: percentiles(answers.flatMap(({ synthesizingMs }) => synthesizingMs ?? [])),
    turns: scoreTurns(answers.map(({ turn }) => turn)),
  };
}

function scoreTurns(turns: readonly MeasuredTurn[]): TurnLatency {
  const whole = turns.filter(({ cutOffCount }) => cutOffCount === 0);
  const waterfalls = whole.flatMap(({ waterfall }) => waterfall ?? []);
  const stageMs = ({ stages }: TurnWaterfall, name: WaterfallStageName) => stages.find((stage) => stage.name === name)?.durationMs ?? 0;
  const stage = (name: WaterfallStageName) => percentiles(waterfalls.map((waterfall) => stageMs(waterfall, name)));
  return {
    turnCount: turns.length,
    unansweredCount: whole.length - waterfalls.length,
    cutOffCount: turns.length - whole.length,
    voiceToVoiceMs: percentiles(waterfalls.map(({ totalMs }) => totalMs)),
    withoutEndpointingMs: percentiles(waterfalls.map((waterfall) => waterfall.totalMs - stageMs(waterfall, 'endpointing'))),
    stages: Object.fromEntries(STAGES.map((name) => [name, stage(name)])) as TurnLatency['stages'],
    unattributedMs: percentiles(waterfalls.map(({ unattributedMs }) => unattributedMs)),
  };
}
