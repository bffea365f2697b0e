import type { DecoderRun, LogitRows } from './cached-decoder.ts';
import { pickGreedily } from './logits.ts';
import { loopCut } from './repetition-guard.ts';

export type GreedyRequest = {
  /** Tokens given to the decoder before it may choose. */
  readonly prompt: readonly number[];
  /**
   * A guess at what follows, usually the previous hypothesis for a shorter stretch of the same audio. It is verified in the
   * same call that reads the prompt, so every token guessed right costs nothing; the result is the same with any guess.
   */
  readonly draft?: readonly number[];
  readonly endToken: number;
  /** Most tokens to choose. */
  readonly maxTokens: number;
  /** May change the row at `offset` before the choice, knowing what was chosen so far. */
  readonly adjust?: (logits: Float32Array, offset: number, vocabularySize: number, chosen: readonly number[]) => void;
  /** Stop at a loop and keep its first period. @defaultValue true */
  readonly guardRepetition?: boolean;
  /** Sees the first call's rows before anything is adjusted. */
  readonly onPromptLogits?: (rows: LogitRows) => void;
  readonly signal?: AbortSignal | undefined;
};

export type GreedyResult = {
  /** Without the end token. */
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly stop: 'end' | 'limit' | 'loop';
};

/** Chooses the most probable token again and again. An abort takes effect between two decoder calls and rejects with `signal.reason`. */
export async function decodeGreedily(run: DecoderRun, request: GreedyRequest): Promise<GreedyResult> {
  const tokens: number[] = [];
  const logProbabilities: number[] = [];
  /** Takes the choice of one row; says why to stop, if so. */
  const choose = (rows: LogitRows, row: number): GreedyResult['stop'] | undefined => {
    const offset = row * rows.vocabularySize;
    request.adjust?.(rows.data, offset, rows.vocabularySize, tokens);
    const { token, logProbability } = pickGreedily(rows.data, offset, rows.vocabularySize);
    if (token === request.endToken) return 'end';
    tokens.push(token);
    logProbabilities.push(logProbability);
    if (request.guardRepetition !== false && loopCut(tokens) !== undefined) return 'loop';
    return tokens.length >= request.maxTokens ? 'limit' : undefined;
  };
  const stop = await decode(run, request, choose, tokens);
  request.signal?.throwIfAborted();
  const kept = stop === 'loop' ? loopCut(tokens)! : tokens.length;
  return { tokens: tokens.slice(0, kept), logProbabilities: logProbabilities.slice(0, kept), stop };
}

type Choose = (rows: LogitRows, row: number) => GreedyResult['stop'] | undefined;

async function decode(run: DecoderRun, request: GreedyRequest, choose: Choose, tokens: readonly number[]): Promise<GreedyResult['stop']> {
  const { prompt, draft = [], signal } = request;
  if (request.maxTokens <= 0) return 'limit';
  signal?.throwIfAborted();
  let rows = await run.begin([...prompt, ...draft]);
  request.onPromptLogits?.(rows);
  let accepted = 0;
  let stop = choose(rows, prompt.length - 1);
  while (stop === undefined && accepted < draft.length && tokens[accepted] === draft[accepted]) {
    accepted++;
    stop = choose(rows, prompt.length - 1 + accepted);
  }
  if (stop === undefined) await run.rewind(prompt.length + accepted);
  while (stop === undefined) {
    signal?.throwIfAborted();
    rows = await run.advance(tokens.at(-1)!);
    stop = choose(rows, 0);
  }
  return stop;
}
