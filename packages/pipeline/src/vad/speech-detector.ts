import { joinSamples } from '../audio/join-samples.ts';
import { ConfigError } from '../errors.ts';

/**
 * Turns speech probabilities into segments, as a pure step function.
 *
 * | here              | silero-vad (Python)           | vad-web                 |
 * |-------------------|-------------------------------|-------------------------|
 * | speechThreshold   | threshold                     | positiveSpeechThreshold |
 * | silenceThreshold  | neg_threshold                 | negativeSpeechThreshold |
 * | minSpeechMs       | min_speech_duration_ms        | minSpeechMs             |
 * | prefixPaddingMs   | speech_pad_ms (before speech) | preSpeechPadMs          |
 * | maxSegmentMs      | max_speech_duration_s         | –                       |
 *
 * `min_silence_duration_ms` and `redemptionMs` have no counterpart here: a pause only starts the
 * question whether the user has finished, and whoever answers it calls {@link endSegment}.
 */
export type SpeechDetectorOptions = {
  /** Probability at which a frame starts or resumes speech, in (0, 1). */
  readonly speechThreshold: number;
  /** Probability below which a frame is silence; between the two, the previous judgement holds. */
  readonly silenceThreshold: number;
  /** Speech needed before a segment counts; less is a misfire (a cough, a click). */
  readonly minSpeechMs: number;
  /** Audio kept from before the first speech frame, because the onset of a word is softer than its vowel. */
  readonly prefixPaddingMs: number;
  /** Silence after which a pause is announced, and after which an unconfirmed start is a misfire. */
  readonly pauseMs: number;
  /** Length at which a segment must be ended. Moonshine and Whisper take at most 30 s. */
  readonly maxSegmentMs: number;
  /** Hz. */
  readonly sampleRate: number;
};

/**
 * The thresholds are Silero's (0.5, and 0.15 less). `minSpeechMs` is shorter than Silero's 250 ms so that
 * "no" and "stop" count; `pauseMs` is the shortest silence that is not the closure of a plosive.
 */
export const DEFAULT_SPEECH_DETECTION: SpeechDetectorOptions = {
  speechThreshold: 0.5,
  silenceThreshold: 0.35,
  minSpeechMs: 96,
  prefixPaddingMs: 300,
  pauseMs: 160,
  maxSegmentMs: 30_000,
  sampleRate: 16_000,
};

/** One scored frame. `samples` may be kept and must not change afterwards; `startMs` counts from the stream's first sample. */
export type ScoredFrame = { readonly probability: number; readonly samples: Float32Array; readonly startMs: number };

export type DetectorEvent =
  /** A first speech frame; a `speech-start` or a `misfire` follows. Good for ducking, too early for stopping. */
  | { readonly type: 'speech-candidate'; readonly startMs: number }
  /** Speech is confirmed. `samples` run from `startMs` (pre-roll included) to the end of this frame; `speechStartMs` is the first speech frame. */
  | { readonly type: 'speech-start'; readonly startMs: number; readonly speechStartMs: number; readonly samples: Float32Array }
  /** The segment's next samples, pauses included. */
  | { readonly type: 'speech-audio'; readonly samples: Float32Array }
  | { readonly type: 'speech-pause'; readonly lastSpeechMs: number }
  | { readonly type: 'speech-resume'; readonly startMs: number }
  | { readonly type: 'misfire'; readonly startMs: number }
  /** The segment has reached `maxSegmentMs`; end it now. Comes once a segment. */
  | { readonly type: 'segment-full'; readonly endMs: number };

type Frames = readonly ScoredFrame[];

export type DetectorState =
  | { readonly phase: 'silence'; readonly recent: Frames }
  | { readonly phase: 'candidate'; readonly frames: Frames; readonly speechStartMs: number; readonly speechMs: number; readonly silenceStartMs: number | undefined }
  | {
      readonly phase: 'speech';
      readonly startMs: number;
      /** Where the current silence began; undefined while speaking. */
      readonly silenceStartMs: number | undefined;
      readonly paused: boolean;
      readonly full: boolean;
      /** Frames since speech stopped: the pre-roll of the next segment. */
      readonly trailing: Frames;
    };

export type SpeechDetector = {
  readonly options: SpeechDetectorOptions;
  readonly initial: DetectorState;
  /** The next state and what happened, in order. */
  step(state: DetectorState, frame: ScoredFrame): readonly [DetectorState, readonly DetectorEvent[]];
  /** Ends the segment: the detector listens for the next one. Audio after the last speech stays available as its pre-roll. */
  endSegment(state: DetectorState): DetectorState;
  /** Goes on with the same speech as a new segment from `startMs`, after a `segment-full`. */
  continueSegment(state: DetectorState, startMs: number): DetectorState;
};

const INITIAL: DetectorState = { phase: 'silence', recent: [] };

/** @throws {ConfigError} VOICE_ERR_INVALID_OPTION when the options contradict each other. */
export function createSpeechDetector(options: Partial<SpeechDetectorOptions> = {}): SpeechDetector {
  const settings = { ...DEFAULT_SPEECH_DETECTION, ...options };
  assertOptions(settings);
  return {
    options: settings,
    initial: INITIAL,
    step: (state, frame) => step(settings, state, frame),
    endSegment: (state) => endSegment(settings, state),
    continueSegment: (state, startMs) => (state.phase === 'speech' ? { ...state, startMs, full: false } : state),
  };
}

function step(options: SpeechDetectorOptions, state: DetectorState, frame: ScoredFrame): readonly [DetectorState, readonly DetectorEvent[]] {
  switch (state.phase) {
    case 'silence': return stepSilence(options, state, frame);
    case 'candidate': return stepCandidate(options, state, frame);
    case 'speech': return stepSpeech(options, state, frame);
  }
}

function stepSilence(options: SpeechDetectorOptions, state: DetectorState & { phase: 'silence' }, frame: ScoredFrame): readonly [DetectorState, readonly DetectorEvent[]] {
  if (frame.probability < options.speechThreshold) return [{ phase: 'silence', recent: keepLast(options, [...state.recent, frame]) }, []];
  const candidate: DetectorState = { phase: 'candidate', frames: state.recent, speechStartMs: frame.startMs, speechMs: 0, silenceStartMs: undefined };
  const [next, events] = stepCandidate(options, candidate, frame);
  return [next, [{ type: 'speech-candidate', startMs: frame.startMs }, ...events]];
}

function stepCandidate(options: SpeechDetectorOptions, state: DetectorState & { phase: 'candidate' }, frame: ScoredFrame): readonly [DetectorState, readonly DetectorEvent[]] {
  const frames = [...state.frames, frame];
  const silenceStartMs = silenceStart(options, state.silenceStartMs, frame);
  const speechMs = state.speechMs + (silenceStartMs === undefined ? durationMs(options, frame) : 0);
  if (speechMs >= options.minSpeechMs) return confirm(options, state.speechStartMs, frames);
  if (silenceStartMs !== undefined && endMs(options, frame) - silenceStartMs >= options.pauseMs) {
    return [{ phase: 'silence', recent: keepLast(options, frames) }, [{ type: 'misfire', startMs: state.speechStartMs }]];
  }
  return [{ ...state, frames, speechMs, silenceStartMs }, []];
}

function confirm(options: SpeechDetectorOptions, speechStartMs: number, frames: Frames): readonly [DetectorState, readonly DetectorEvent[]] {
  const startMs = frames[0]!.startMs;
  const start: DetectorEvent = { type: 'speech-start', startMs, speechStartMs, samples: joinSamples(frames.map((frame) => frame.samples)) };
  const speech = { phase: 'speech', startMs, silenceStartMs: undefined, paused: false, full: false, trailing: [] } as const;
  const [state, full] = markFull(options, speech, frames.at(-1)!);
  return [state, [start, ...full]];
}

function stepSpeech(options: SpeechDetectorOptions, state: DetectorState & { phase: 'speech' }, frame: ScoredFrame): readonly [DetectorState, readonly DetectorEvent[]] {
  const events: DetectorEvent[] = [];
  const silenceStartMs = silenceStart(options, state.silenceStartMs, frame);
  if (state.paused && silenceStartMs === undefined) events.push({ type: 'speech-resume', startMs: frame.startMs });
  events.push({ type: 'speech-audio', samples: frame.samples });
  const pauses = silenceStartMs !== undefined && endMs(options, frame) - silenceStartMs >= options.pauseMs;
  if (pauses && !state.paused) events.push({ type: 'speech-pause', lastSpeechMs: silenceStartMs });
  const trailing = silenceStartMs === undefined ? [] : keepLast(options, [...state.trailing, frame]);
  const [next, full] = markFull(options, { ...state, silenceStartMs, paused: pauses, trailing }, frame);
  return [next, [...events, ...full]];
}

function markFull(options: SpeechDetectorOptions, state: DetectorState & { phase: 'speech' }, frame: ScoredFrame): readonly [DetectorState, readonly DetectorEvent[]] {
  const segmentEndMs = endMs(options, frame);
  if (state.full || segmentEndMs - state.startMs < options.maxSegmentMs) return [state, []];
  return [{ ...state, full: true }, [{ type: 'segment-full', endMs: segmentEndMs }]];
}

function endSegment(options: SpeechDetectorOptions, state: DetectorState): DetectorState {
  if (state.phase === 'silence') return state;
  const trailing = state.phase === 'speech' ? state.trailing : state.frames;
  return { phase: 'silence', recent: keepLast(options, trailing) };
}

/** A silence begins below the lower threshold and ends at the upper one; in between it goes on. */
function silenceStart(options: SpeechDetectorOptions, current: number | undefined, frame: ScoredFrame): number | undefined {
  if (frame.probability >= options.speechThreshold) return undefined;
  if (current !== undefined) return current;
  return frame.probability < options.silenceThreshold ? frame.startMs : undefined;
}

function keepLast(options: SpeechDetectorOptions, frames: Frames): Frames {
  let keptMs = 0;
  let first = frames.length;
  while (first > 0 && keptMs < options.prefixPaddingMs) {
    first--;
    keptMs += durationMs(options, frames[first]!);
  }
  return frames.slice(first);
}

function durationMs(options: SpeechDetectorOptions, frame: ScoredFrame): number {
  return (frame.samples.length * 1000) / options.sampleRate;
}

function endMs(options: SpeechDetectorOptions, frame: ScoredFrame): number {
  return frame.startMs + durationMs(options, frame);
}

function assertOptions(options: SpeechDetectorOptions): void {
  const refuse = (problem: string): never => {
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `Speech detection: ${problem}`, { stage: 'vad' });
  };
  for (const [name, value] of Object.entries(options)) if (!Number.isFinite(value)) refuse(`${name} is ${value}; expected a finite number`);
  const { speechThreshold, silenceThreshold } = options;
  if (!(silenceThreshold > 0 && silenceThreshold <= speechThreshold && speechThreshold < 1)) {
    refuse(`silenceThreshold ${silenceThreshold} and speechThreshold ${speechThreshold}; expected 0 < silenceThreshold ≤ speechThreshold < 1`);
  }
  if (options.minSpeechMs < 0 || options.prefixPaddingMs < 0) refuse(`minSpeechMs ${options.minSpeechMs} and prefixPaddingMs ${options.prefixPaddingMs}; expected 0 or more`);
  if (options.pauseMs <= 0) refuse(`pauseMs is ${options.pauseMs}; expected more than 0`);
  if (options.maxSegmentMs <= options.prefixPaddingMs + options.minSpeechMs) {
    refuse(`maxSegmentMs is ${options.maxSegmentMs}; expected more than prefixPaddingMs + minSpeechMs (${options.prefixPaddingMs + options.minSpeechMs})`);
  }
  if (options.sampleRate <= 0) refuse(`sampleRate is ${options.sampleRate}; expected a rate in Hz`);
}
