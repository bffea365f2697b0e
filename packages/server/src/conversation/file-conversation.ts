import { AudioFormatError, createVoiceSession, type SessionEvent, type SessionSettings, systemClock, type TurnWaterfall, type VoiceEngines, type VoiceError } from '@sotto/pipeline';
import { FilePlayout } from '../audio-files/file-playout.ts';
import type { AudioFile } from '../audio-files/read-audio-file.ts';
import { WavWriter } from '../audio-files/wav-writer.ts';

export type FileConversationOptions = {
  readonly engines: VoiceEngines;
  /** A recording with one or more utterances. */
  readonly question: AudioFile;
  /** Named in error messages. */
  readonly questionName: string;
  readonly replyPath: string;
  readonly settings?: Partial<SessionSettings>;
  readonly onEvent?: (event: SessionEvent) => void;
  readonly signal?: AbortSignal;
};

export type FileTurn = {
  transcript: string;
  confidence: number;
  reply: string;
  status: string;
  waterfall: TurnWaterfall | undefined;
  /** When the first audible sample of the reply was there, on the process's clock (0 = its start). */
  firstAudioMs: number | undefined;
};

export type FileConversation = { readonly turns: readonly FileTurn[]; readonly replyPath: string; readonly replyMs: number };

/** Audio handed to the session at a time; one frame of the detector, so that the turn is noticed where it ends. */
const STEP_MS = 32;

/**
 * Holds a conversation with a recording: plays it to a session as fast as the session listens, waits for each reply,
 * and writes all replies into one WAV.
 * @throws {AudioFormatError} VOICE_ERR_AUDIO_EMPTY when nobody speaks in it. {@link VoiceError} VOICE_ERR_DISK when the reply cannot be written.
 * @throws the first error of the session, such as an {@link EngineError}.
 */
export async function talkWithFile(options: FileConversationOptions): Promise<FileConversation> {
  const { engines, question: audio, questionName, replyPath, signal } = options;
  await using writer = await WavWriter.create(replyPath, engines.tts.capabilities.sampleRate);
  const log = new TurnLog(options.onEvent);
  await using session = await createVoiceSession({
    engines,
    sink: new FilePlayout(writer, systemClock),
    ...(options.settings && { settings: options.settings }),
    onEvent: (event) => log.take(event),
  });

  const stepCount = Math.max(1, Math.round((audio.sampleRate * STEP_MS) / 1000));
  for (let at = 0; at < audio.samples.length; at += stepCount) {
    signal?.throwIfAborted();
    await session.writeAudio({ samples: audio.samples.subarray(at, at + stepCount), sampleRate: audio.sampleRate, startMs: (at * 1000) / audio.sampleRate });
    // The recording cannot hear the reply, so it waits rather than talk over it.
    if (log.isAnswering) await session.idle();
    log.throwIfFailed();
  }
  if (log.isListening) await session.commitAudio();
  await session.idle();
  log.throwIfFailed();
  if (log.turns.length === 0) throw new AudioFormatError('VOICE_ERR_AUDIO_EMPTY', `No speech was found in ${questionName} (${(audio.durationMs / 1000).toFixed(1)} s)`);
  await writer.finish();
  return { turns: log.turns, replyPath: writer.path, replyMs: writer.durationMs };
}

/** Collects what happens in each turn. */
class TurnLog {
  readonly turns: FileTurn[] = [];
  readonly #onEvent: ((event: SessionEvent) => void) | undefined;
  #isListening = false;
  #isAnswering = false;
  #error: VoiceError | undefined;

  constructor(onEvent: ((event: SessionEvent) => void) | undefined) {
    this.#onEvent = onEvent;
  }

  /** An utterance has begun and not ended. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** An utterance has ended and its reply has not. */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  take(event: SessionEvent): void {
    this.#onEvent?.(event);
    const turn = this.turns.at(-1);
    switch (event.type) {
      case 'speech-start':
        this.#isListening = true;
        break;
      case 'speech-misfire':
        this.#isListening = false;
        break;
      case 'speech-end':
        this.#isListening = false;
        this.#isAnswering = true;
        break;
      case 'transcript-final':
        this.turns.push({ transcript: event.transcript.text, confidence: event.transcript.confidence, reply: '', status: 'none', waterfall: undefined, firstAudioMs: undefined });
        break;
      case 'reply-speech':
        if (turn) turn.firstAudioMs ??= performance.now();
        break;
      case 'reply-end':
        this.#isAnswering = false;
        if (turn) Object.assign(turn, { reply: event.text, status: event.status });
        break;
      case 'turn-latency':
        if (turn) turn.waterfall = event.waterfall;
        break;
      case 'error':
        this.#error ??= event.error;
        break;
      default:
    }
  }
}
