import type { LlmEvent } from '../llm/llm-engine.ts';
import { ClauseChunker } from './tmp-chunk.ts';
import { SpokenTextCleaner } from './tmp-chunk.ts';
import { createStage, type Emit, type Stage } from '../stream/stage.ts';
import type { SpeechChunk, TtsEngine } from '../tts/tts-engine.ts';

type ClauseStageOptions = {
  readonly signal: AbortSignal;
  /** Sees every event of the language model before its words are cut into clauses. */
  readonly onEvent: (event: LlmEvent) => void;
  readonly onClause: () => void;
};

/** Language-model events in, speakable clauses out: the first one early, then whole sentences. */
export function clauseStage({ signal, onEvent, onClause }: ClauseStageOptions): Stage<LlmEvent, string> {
  const cleaner = new SpokenTextCleaner();
  const chunker = new ClauseChunker();
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
      first = false;
      for await (const chunk of tts.synthesize(clause, { signal, speed, priority, ...(voice === undefined ? {} : { voice }) })) {
        onAudio();
        await emit(chunk);
      }
    },
  });
}
