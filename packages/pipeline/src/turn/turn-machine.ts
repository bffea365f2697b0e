import { assertNever } from '../assert.ts';
import type { SessionSettings } from '../session/voice-session-port.ts';
import { endpointDelayMs } from './endpointer.ts';
import { type SpeechOverReply, takesTheFloor } from './speech-over-reply.ts';
import { utteranceCompleteness } from './utterance-completeness.ts';

/** What the microphone side is doing. */
export type ListeningState = 'quiet' | 'speaking' | 'paused' | 'transcribing';

/**
 * What the answering side is doing. `held`: a speculative reply is being made
 * and nothing of it is told or heard. `suspended`: someone speaks over it and
 * its sound is on hold until their words are known.
 */
export type ReplyState = 'none' | 'held' | 'thinking' | 'speaking' | 'suspended';

export type TurnState = {
  readonly listening: ListeningState;
  readonly reply: ReplyState;
  /** Counts utterances; the current one's number. */
  readonly turn: number;
  /** Latest partial transcript of the current utterance. */
  readonly hypothesis: string;
  /** Text that the held reply answers. */
  readonly speculatedText: string | undefined;
  /** A finished utterance waits for a reply that may not be interrupted. */
  readonly replyPending: boolean;
};

export type TurnInput =
  | { readonly type: 'speech-start' }
  | { readonly type: 'speech-pause' }
  | { readonly type: 'speech-resume' }
  | { readonly type: 'misfire' }
  | { readonly type: 'silence'; readonly silenceMs: number }
  | { readonly type: 'segment-full' }
  | { readonly type: 'commit' }
  | { readonly type: 'hypothesis'; readonly text: string; readonly kind: SpeechOverReply }
  | { readonly type: 'transcript'; readonly text: string; readonly confidence: number; readonly kind: SpeechOverReply }
  | { readonly type: 'reply-requested' }
  | { readonly type: 'reply-audible' }
  | { readonly type: 'reply-ended' }
  | { readonly type: 'interrupt' };

export type TurnEffect =
  | { readonly type: 'open-utterance'; readonly turn: number }
  | { readonly type: 'draft-transcript' }
  | { readonly type: 'finish-utterance' }
  | { readonly type: 'drop-utterance' }
  | { readonly type: 'accept-user-text'; readonly text: string }
  | { readonly type: 'note-backchannel'; readonly text: string }
  | { readonly type: 'speculate'; readonly text: string }
  | { readonly type: 'release-reply' }
  | { readonly type: 'discard-reply' }
  | { readonly type: 'start-reply' }
  | { readonly type: 'reprompt' }
  | { readonly type: 'suspend-playout' }
  | { readonly type: 'resume-playout' }
  | { readonly type: 'interrupt-reply'; readonly cause: 'speech' | 'request' };

/** The settings that turn-taking depends on. */
export type TurnSettings = Pick<SessionSettings, 'turnDetection' | 'autoReply' | 'interruption' | 'speculate' | 'minConfidence'>;

export const INITIAL_TURN_STATE: TurnState = {
  listening: 'quiet',
  reply: 'none',
  turn: 0,
  hypothesis: '',
  speculatedText: undefined,
  replyPending: false,
};

/** Below this completeness, answering ahead of the end would mostly be thrown away. */
const SPECULATION_COMPLETENESS_MIN = 0.5;

type Step = readonly [TurnState, readonly TurnEffect[]];

/** Advances turn-taking by one input. Pure: a recorded conversation replays exactly. */
export function stepTurn(state: TurnState, input: TurnInput, settings: TurnSettings): Step {
  switch (input.type) {
    case 'speech-start':
      return startUtterance(state, settings);
    case 'speech-pause':
      return state.listening === 'speaking' ? [{ ...state, listening: 'paused' }, [{ type: 'draft-transcript' }]] : [state, []];
    case 'speech-resume':
      return resumeUtterance(state);
    case 'misfire':
      return dropUtterance(state);
    case 'silence':
      return state.listening === 'paused' && input.silenceMs >= endpointDelayMs(settings.turnDetection, utteranceCompleteness(state.hypothesis))
        ? endUtterance(state)
        : [state, []];
    case 'segment-full':
      return state.listening === 'speaking' || state.listening === 'paused' ? endUtterance(state) : [state, []];
    case 'commit':
      return commitUtterance(state);
    case 'hypothesis':
      return hearHypothesis(state, input, settings);
    case 'transcript':
      return hearTranscript(state, input, settings);
    case 'reply-requested':
      return [{ ...state, reply: 'thinking', speculatedText: undefined, replyPending: false }, replying(state) ? [{ type: 'interrupt-reply', cause: 'request' }] : discardHeld(state)];
    case 'reply-audible':
      return [state.reply === 'thinking' ? { ...state, reply: 'speaking' } : state, []];
    case 'reply-ended':
      return endReply(state);
    case 'interrupt':
      return interruptReply(state);
    default:
      return assertNever(input);
  }
}

/** Whether a reply is known to the user: being thought about, heard, or on hold. */
function replying(state: TurnState): boolean {
  return state.reply === 'thinking' || state.reply === 'speaking' || state.reply === 'suspended';
}

function startUtterance(state: TurnState, settings: TurnSettings): Step {
  if (state.listening !== 'quiet') return [state, []];
  const opened: TurnState = { ...state, listening: 'speaking', turn: state.turn + 1, hypothesis: '' };
  const open: TurnEffect = { type: 'open-utterance', turn: opened.turn };
  if (!replying(state) || settings.interruption === 'off') return [opened, [open]];
  if (settings.interruption === 'speech') return [{ ...opened, reply: 'none' }, [{ type: 'interrupt-reply', cause: 'speech' }, open]];
  return [{ ...opened, reply: 'suspended' }, [{ type: 'suspend-playout' }, open]];
}

function resumeUtterance(state: TurnState): Step {
  if (state.listening !== 'paused') return [state, []];
  return [{ ...withoutHeld(state), listening: 'speaking' }, discardHeld(state)];
}

function dropUtterance(state: TurnState): Step {
  if (state.listening === 'quiet') return [state, []];
  const effects: TurnEffect[] = [{ type: 'drop-utterance' }, ...discardHeld(state)];
  const next: TurnState = { ...withoutHeld(state), listening: 'quiet' };
  if (state.reply !== 'suspended') return [next, effects];
  return [{ ...next, reply: 'speaking' }, [...effects, { type: 'resume-playout' }]];
}

function endUtterance(state: TurnState): Step {
  return [{ ...state, listening: 'transcribing' }, [{ type: 'finish-utterance' }]];
}

/** Push-to-talk audio is no utterance before it is committed, so that it never interrupts a reply by itself. */
function commitUtterance(state: TurnState): Step {
  if (state.listening === 'transcribing') return [state, []];
  if (state.listening !== 'quiet') return endUtterance(state);
  const turn = state.turn + 1;
  return [{ ...state, listening: 'transcribing', turn, hypothesis: '' }, [{ type: 'open-utterance', turn }, { type: 'finish-utterance' }]];
}

function hearHypothesis(state: TurnState, input: { text: string; kind: SpeechOverReply }, settings: TurnSettings): Step {
  if (state.listening !== 'speaking' && state.listening !== 'paused') return [state, []];
  const heard: TurnState = { ...state, hypothesis: input.text };
  // The reply is on hold and silent, so waiting for the rest of the words costs nothing.
  const decided = state.listening === 'paused' || takesTheFloor(input.text);
  if (state.reply === 'suspended' && input.kind === 'words' && decided) return [{ ...heard, reply: 'none' }, [{ type: 'interrupt-reply', cause: 'speech' }]];
  const worthAnswering =
    settings.speculate &&
    settings.autoReply &&
    settings.turnDetection.type !== 'manual' &&
    state.listening === 'paused' &&
    state.reply === 'none' &&
    utteranceCompleteness(input.text) >= SPECULATION_COMPLETENESS_MIN;
  if (!worthAnswering) return [heard, []];
  return [{ ...heard, reply: 'held', speculatedText: input.text }, [{ type: 'speculate', text: input.text }]];
}

function hearTranscript(state: TurnState, input: { text: string; confidence: number; kind: SpeechOverReply }, settings: TurnSettings): Step {
  if (state.listening !== 'transcribing') return [state, []];
  const quiet: TurnState = { ...state, listening: 'quiet', hypothesis: '' };
  if (state.reply === 'suspended' && input.kind !== 'words') {
    const note: TurnEffect[] = input.text === '' ? [] : [{ type: 'note-backchannel', text: input.text }];
    return [{ ...quiet, reply: 'speaking' }, [...note, { type: 'resume-playout' }]];
  }
  if (input.text === '') return [withoutHeld(quiet), discardHeld(state)];

  const interrupted: TurnEffect[] = state.reply === 'suspended' ? [{ type: 'interrupt-reply', cause: 'speech' }] : [];
  const current: TurnState = state.reply === 'suspended' ? { ...quiet, reply: 'none' } : quiet;
  if (input.confidence < settings.minConfidence && settings.autoReply && !replying(current)) {
    return [{ ...withoutHeld(current), reply: 'thinking' }, [...interrupted, ...discardHeld(state), { type: 'reprompt' }]];
  }
  const accept: TurnEffect = { type: 'accept-user-text', text: input.text };
  if (!settings.autoReply) return [withoutHeld(current), [...interrupted, ...discardHeld(state), accept]];
  if (replying(current)) return [{ ...current, replyPending: true }, [...interrupted, accept]];
  if (current.reply === 'held' && current.speculatedText === input.text) {
    return [{ ...current, reply: 'thinking', speculatedText: undefined }, [accept, { type: 'release-reply' }]];
  }
  return [{ ...withoutHeld(current), reply: 'thinking' }, [...interrupted, ...discardHeld(state), accept, { type: 'start-reply' }]];
}

function endReply(state: TurnState): Step {
  if (!replying(state)) return [state, []];
  if (!state.replyPending) return [{ ...state, reply: 'none' }, state.reply === 'suspended' ? [{ type: 'resume-playout' }] : []];
  return [{ ...state, reply: 'thinking', replyPending: false }, [{ type: 'start-reply' }]];
}

function interruptReply(state: TurnState): Step {
  const next: TurnState = { ...withoutHeld(state), replyPending: false };
  return replying(state) ? [{ ...next, reply: 'none' }, [{ type: 'interrupt-reply', cause: 'request' }]] : [next, discardHeld(state)];
}

function withoutHeld(state: TurnState): TurnState {
  return state.reply === 'held' ? { ...state, reply: 'none', speculatedText: undefined } : state;
}

function discardHeld(state: TurnState): readonly TurnEffect[] {
  return state.reply === 'held' ? [{ type: 'discard-reply' }] : [];
}
