import type { ModelKind, WaterfallStageName } from '@sotto/pipeline';
import type { TextNormalizerProfile } from '@sotto/pipeline/metrics';
import type { SpokenText } from '../corpus/utterance.ts';
import type { Percentiles } from '../latency/score-latency.ts';
import type { BenchResult } from '../result/bench-result.ts';
import type { WerScores } from '../wer/score-corpus.ts';

/** Where the page was asked to compute recogniser and voice. */
export const BROWSER_BACKENDS = ['wasm', 'webgpu'] as const;
export type BrowserBackend = (typeof BROWSER_BACKENDS)[number];

export type BrowserResult = BenchResult<'browser', BrowserBody>;

export type BrowserBody = {
  readonly corpus: string;
  readonly browser: BrowserFacts;
  readonly runs: readonly BrowserRun[];
  /** What was asked for and could not be measured at all. */
  readonly notMeasured: readonly { readonly backend: BrowserBackend; readonly reason: string }[];
};

/** What decides about speed in a tab, as the tab sees it. */
export type BrowserFacts = {
  /** Such as "Chromium 143.0.7499.40". */
  readonly name: string;
  readonly userAgent: string;
  readonly crossOriginIsolated: boolean;
  readonly logicalCoreCount: number;
  readonly adapter: AdapterFacts | undefined;
  /** Requests that left the page's origin, attempts included. */
  readonly offOriginRequestCount: number;
  /** Browsers slow down the clocks of a tab that nobody sees, so its figures mean nothing. */
  readonly tabWasHidden: boolean;
};

/** The WebGPU adapter by its own words, of which browsers tell few. */
export type AdapterFacts = { readonly vendor: string; readonly architecture: string; readonly device: string; readonly description: string; readonly isSoftware: boolean };

export type BrowserRun = {
  /** Asked for; each model's `device` says where it computed. */
  readonly backend: BrowserBackend;
  /** Of one inference; 1 without cross-origin isolation, whatever was asked for. */
  readonly threadCount: number;
  readonly models: { readonly [K in ModelKind]: LoadedModel };
  readonly recognition: Recognition;
  /** Absent when no turn was asked for. */
  readonly latency?: BrowserLatency;
};

export type LoadedModel = {
  readonly id: string;
  readonly device: BrowserBackend;
  /** Why it computes elsewhere than asked for. */
  readonly fallbackReason?: string;
  /** Whether the GPU gave the answer that WASM gives. `unneeded`: it computes in WASM as asked for. */
  readonly truthTest: 'passed' | 'failed' | 'not-reached' | 'unneeded';
  /** From the start of loading, all models at the same time, until it could be used. */
  readonly readyMs: number;
  /** Its files were in this browser already. */
  readonly wasCached: boolean;
};

/** As `bench wer` scores it, but for what no tab can tell: processor time. */
export type Recognition = Omit<WerScores, 'corpus' | 'coreSecondsPerAudioHour' | 'firstPartialMs' | 'partialRevisionRate'>;

export type BrowserLatency = {
  /** One frame of the detector. */
  readonly voiceActivityMs: Percentiles;
  /** A whole question, heard after its end. */
  readonly transcribingMs: Percentiles;
  /** From the question in text to the first token and to the first clause, instructions read already. */
  readonly firstTokenMs: Percentiles;
  readonly firstClauseMs: Percentiles;
  /** From the first clause to all of its speech. */
  readonly synthesizingMs: Percentiles;
  readonly turns: TurnLatency;
};

/** Whole turns through the session, in real time: work that overlaps with speech is not waited for. */
export type TurnLatency = {
  readonly turnCount: number;
  readonly unansweredCount: number;
  /** Answered in the middle of the question; their times are left out. */
  readonly cutOffCount: number;
  /** Last speech sample, by the detector, to the first sample above −50 dBFS. */
  readonly voiceToVoiceMs: Percentiles;
  readonly withoutEndpointingMs: Percentiles;
  readonly stages: Readonly<Record<WaterfallStageName, Percentiles>>;
  readonly unattributedMs: Percentiles;
};

/** How a page is to measure; the form's fields. */
export type BrowserBenchOptions = {
  readonly backends: readonly BrowserBackend[];
  /** Recordings to recognise. */
  readonly utteranceCount: number;
  /** The same on WebGPU, for adapters that take long. */
  readonly gpuUtteranceCount: number;
  /** Of these, asked and answered as well. */
  readonly turnCount: number;
  readonly threadCount: number | undefined;
};

export type ServedUtterance = SpokenText & { readonly audioUrl: string };

/** What the page is told by whoever serves it. */
export type BrowserBenchSetup = {
  /** Everything about the result but what is measured; models are those that the page loads. */
  readonly envelope: Omit<BrowserResult, 'body' | 'models'>;
  readonly corpus: string;
  readonly utterances: readonly ServedUtterance[];
  /** Put to the language model. */
  readonly instructions: string;
  readonly normalizer: TextNormalizerProfile;
  readonly options: BrowserBenchOptions;
  /** Begin without a press of the button. */
  readonly startsAtOnce: boolean;
};

/** What the page tells whoever serves it. */
export type BrowserBenchReport =
  | { readonly type: 'progress'; readonly backend: BrowserBackend; readonly doneCount: number; readonly totalCount: number }
  | { readonly type: 'result'; readonly result: BrowserResult }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'cancelled' };
