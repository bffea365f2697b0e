import type { LlmEvent } from '../llm/llm-engine.ts';
import { ClauseChunker } from '../speech-text/clause-chunker.ts';
import { SpokenTextCleaner } from '../speech-text/spoken-text-cleaner.ts';
import type { Clock } from '../stream/clock.ts';
import { createStage, type Emit, type Stage } from '../stream/stage.ts';
import { withoutLeadingQuiet } from '../tts/leading-quiet.ts';
import type { SpeechChunk, TtsEngine } from '../tts/tts-engine.ts';

/** A model slower than this at its first clause is not waited for: what there is goes to the voice. */
const FIRST_CLAUSE_TIMEOUT_MS = 500;

type ClauseStageOptions = {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Sees every event of the language model before its words are cut into clauses. */
  readonly onEvent: (event: LlmEvent) => void;
  readonly onClause: () => void;
};

/** Language-model events in, speakable clauses out: the first one early, then whole sentences. */
export function clauseStage({ signal, clock, onEvent, onClause }: ClauseStageOptions): Stage<LlmEvent, string> {
  const cleaner = new SpokenTextCleaner();
  const chunker = new ClauseChunker({ clock, firstClauseTimeoutMs: FIRST_CLAUSE_TIMEOUT_MS });
  const emitAll = async (clauses: readonly string[], emit: Emit<string>) => {
    for (const clause of clauses) {
      onClause();
      await emit(clause);
    }
  };
  return createStage<LlmEvent, string>({
    name: 'clauses',
    signal,
    async transform(event, emit) {
      onEvent(event);
      if (event.type === 'text-delta') await emitAll(chunker.push(cleaner.push(event.text)), emit);
    },
    async flush(emit) {
      await emitAll([...chunker.push(cleaner.flush()), ...chunker.flush()], emit);
    },
  });
}

type SpeechStageOptions = {
  readonly signal: AbortSignal;
  readonly tts: TtsEngine;
  readonly voice: string | undefined;
  readonly speed: number;
  readonly onClause: () => void;
  readonly onAudio: () => void;
};

/** Clauses in, speech out. */
export function speechStage({ signal, tts, voice, speed, onClause, onAudio }: SpeechStageOptions): Stage<string, SpeechChunk> {
  let first = true;
  return createStage<string, SpeechChunk>({
    name: 'speech',
    signal,
    async transform(clause, emit) {
      onClause();
      const priority = first ? 'first-audio' : 'background';
      for await (const chunk of tts.synthesize(clause, { signal, speed, priority, ...(voice === undefined ? {} : { voice }) })) {
        onAudio();
        await emit(first ? withoutLeadingQuiet(chunk) : chunk);
        first = false;
      }
    },
  });
}
