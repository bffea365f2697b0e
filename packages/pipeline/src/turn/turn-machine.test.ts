import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INITIAL_TURN_STATE, stepTurn, type TurnEffect, type TurnInput, type TurnSettings, type TurnState } from './turn-machine.ts';

const SETTINGS: TurnSettings = {
  turnDetection: { type: 'semantic', minSilenceMs: 300, maxSilenceMs: 1200 },
  autoReply: true,
  interruption: 'words',
  speculate: true,
  minConfidence: 0.3,
};

function replay(inputs: readonly TurnInput[], settings = SETTINGS, from = INITIAL_TURN_STATE): { state: TurnState; effects: string[] } {
  let state = from;
  const effects: string[] = [];
  for (const input of inputs) {
    const [next, stepEffects] = stepTurn(state, input, settings);
    state = next;
    effects.push(...stepEffects.map((effect: TurnEffect) => effect.type));
  }
  return { state, effects };
}

const QUESTION = 'where is the museum';
const asked: TurnInput[] = [
  { type: 'speech-start' },
  { type: 'hypothesis', text: 'where is', kind: 'words' },
  { type: 'speech-pause' },
  { type: 'hypothesis', text: QUESTION, kind: 'words' },
  { type: 'silence', silenceMs: 400 },
];
const heard = (text = QUESTION, kind: 'words' | 'echo' | 'backchannel' | 'nothing' = 'words', confidence = 0.9): TurnInput => ({ type: 'transcript', text, confidence, kind });
const speaking: TurnInput[] = [...asked, heard(), { type: 'reply-audible' }];

test('an interruption says whether it was somebody who spoke or who asked for it', () => {
  const causes = (inputs: readonly TurnInput[], settings = SETTINGS) => {
    const { state } = replay(speaking, settings);
    return inputs.reduce<{ state: TurnState; causes: string[] }>(
      (at, input) => {
        const [next, effects] = stepTurn(at.state, input, settings);
        return { state: next, causes: [...at.causes, ...effects.flatMap((effect) => (effect.type === 'interrupt-reply' ? [effect.cause] : []))] };
      },
      { state, causes: [] },
    ).causes;
  };
  expect(causes([{ type: 'interrupt' }])).toEqual(['request']);
  expect(causes([{ type: 'speech-start' }, { type: 'interrupt' }])).toEqual(['request']);
  expect(causes([{ type: 'reply-requested' }])).toEqual(['request']);
  expect(causes([{ type: 'speech-start' }, { type: 'hypothesis', text: 'stop', kind: 'words' }])).toEqual(['speech']);
  expect(causes([{ type: 'speech-start' }, { type: 'commit' }, heard('stop')])).toEqual(['speech']);
  expect(causes([{ type: 'speech-start' }], { ...SETTINGS, interruption: 'speech' })).toEqual(['speech']);
});

describe('one question', () => {
  test('is answered ahead of its end and released when the final text is the same', () => {
    const { state, effects } = replay([...asked, heard()]);
    expect(effects).toEqual(['open-utterance', 'draft-transcript', 'speculate', 'finish-utterance', 'accept-user-text', 'release-reply']);
    expect(state.reply).toBe('thinking');
  });

  test('is answered afresh when the final text differs from the speculation', () => {
    const { effects } = replay([...asked, heard('where is the new museum')]);
    expect(effects.slice(-3)).toEqual(['discard-reply', 'accept-user-text', 'start-reply']);
  });

  test('is not answered ahead of its end when the words do not sound finished', () => {
    const { effects } = replay([{ type: 'speech-start' }, { type: 'speech-pause' }, { type: 'hypothesis', text: 'where is the', kind: 'words' }]);
    expect(effects).not.toContain('speculate');
  });

  test('discards the speculative answer when the user goes on', () => {
    const { state, effects } = replay([...asked.slice(0, 4), { type: 'speech-resume' }]);
    expect(effects.at(-1)).toBe('discard-reply');
    expect(state).toMatchObject({ listening: 'speaking', reply: 'none' });
  });

  test('waits longer when the words lean forward', () => {
    const leaning: TurnInput[] = [{ type: 'speech-start' }, { type: 'speech-pause' }, { type: 'hypothesis', text: 'how do i get to the', kind: 'words' }];
    expect(replay([...leaning, { type: 'silence', silenceMs: 900 }]).state.listening).toBe('paused');
    expect(replay([...leaning, { type: 'silence', silenceMs: 1200 }]).state.listening).toBe('transcribing');
  });

  test('gets a reprompt when it was not understood', () => {
    const { effects } = replay([...asked, heard('vhere mee zoom', 'words', 0.1)]);
    expect(effects.slice(-2)).toEqual(['discard-reply', 'reprompt']);
  });

  test('of no words brings nothing', () => {
    const { state, effects } = replay([{ type: 'speech-start' }, { type: 'speech-pause' }, { type: 'silence', silenceMs: 1200 }, heard('', 'nothing')]);
    expect(effects).toEqual(['open-utterance', 'draft-transcript', 'finish-utterance']);
    expect(state).toMatchObject({ listening: 'quiet', reply: 'none' });
  });
});

describe('speech over a reply', () => {
  test('holds the sound, and interrupts once there are words', () => {
    const { state, effects } = replay([...speaking, { type: 'speech-start' }, { type: 'hypothesis', text: 'stop', kind: 'words' }]);
    expect(effects.slice(-3)).toEqual(['suspend-playout', 'open-utterance', 'interrupt-reply']);
    expect(state.reply).toBe('none');
  });

  test('stays on hold while a few words are still being said, and is decided when they pause', () => {
    const beginning = [...speaking, { type: 'speech-start' }, { type: 'hypothesis', text: 'oh k', kind: 'words' }] as const;
    expect(replay(beginning).state.reply).toBe('suspended');
    const agreed = replay([...beginning, { type: 'speech-pause' }, { type: 'hypothesis', text: 'okay', kind: 'backchannel' }, { type: 'silence', silenceMs: 1200 }, heard('okay', 'backchannel')]);
    expect(agreed.effects).not.toContain('interrupt-reply');
    expect(agreed.state.reply).toBe('speaking');
    expect(replay([...beginning, { type: 'speech-pause' }, { type: 'hypothesis', text: 'open when', kind: 'words' }]).effects.at(-1)).toBe('interrupt-reply');
    expect(replay([...beginning, { type: 'hypothesis', text: 'okay but how much is it', kind: 'words' }]).effects.at(-1)).toBe('interrupt-reply');
  });

  test.each(['echo', 'backchannel'] as const)('that is a mere %s lets the reply go on', (kind) => {
    const { state, effects } = replay([...speaking, { type: 'speech-start' }, { type: 'speech-pause' }, { type: 'silence', silenceMs: 1200 }, heard('mhm', kind)]);
    expect(effects.slice(-2)).toEqual(['note-backchannel', 'resume-playout']);
    expect(state.reply).toBe('speaking');
    expect(effects).not.toContain('interrupt-reply');
  });

  test('that was a cough lets the reply go on', () => {
    const { state, effects } = replay([...speaking, { type: 'speech-start' }, { type: 'misfire' }]);
    expect(effects.slice(-2)).toEqual(['drop-utterance', 'resume-playout']);
    expect(state.reply).toBe('speaking');
  });

  test('interrupts at once when any speech may', () => {
    const { effects } = replay([...speaking, { type: 'speech-start' }], { ...SETTINGS, interruption: 'speech' });
    expect(effects.slice(-2)).toEqual(['interrupt-reply', 'open-utterance']);
  });

  test('waits for the end of a reply that may not be interrupted, and is then answered', () => {
    const settings = { ...SETTINGS, interruption: 'off' } as const;
    const { state, effects } = replay([...speaking, ...asked, heard('and on sunday'), { type: 'reply-ended' }], settings);
    expect(effects).not.toContain('interrupt-reply');
    expect(effects.at(-1)).toBe('start-reply');
    expect(state.reply).toBe('thinking');
  });
});

describe('push-to-talk', () => {
  const settings: TurnSettings = { ...SETTINGS, turnDetection: { type: 'manual' } };

  test('opens and finishes an utterance on commit', () => {
    expect(replay([{ type: 'commit' }], settings).effects).toEqual(['open-utterance', 'finish-utterance']);
  });

  test('never ends an utterance on silence', () => {
    const { effects } = replay([{ type: 'speech-start' }, { type: 'speech-pause' }, { type: 'silence', silenceMs: 60_000 }], settings);
    expect(effects).not.toContain('finish-utterance');
  });
});

const anyInput: fc.Arbitrary<TurnInput> = fc.oneof(
  fc.constantFrom<TurnInput>({ type: 'speech-start' }, { type: 'speech-pause' }, { type: 'speech-resume' }, { type: 'misfire' }, { type: 'segment-full' }, { type: 'commit' }),
  fc.constantFrom<TurnInput>({ type: 'reply-requested' }, { type: 'reply-audible' }, { type: 'reply-ended' }, { type: 'interrupt' }),
  fc.record({ type: fc.constant('silence' as const), silenceMs: fc.nat(2000) }),
  fc.record({ type: fc.constant('hypothesis' as const), text: fc.constantFrom('', 'where is', QUESTION), kind: fc.constantFrom('nothing', 'echo', 'backchannel', 'words') }),
  fc.record({ type: fc.constant('transcript' as const), text: fc.constantFrom('', QUESTION), confidence: fc.double({ min: 0, max: 1, noNaN: true }), kind: fc.constantFrom('nothing', 'echo', 'backchannel', 'words') }),
);
const anySettings: fc.Arbitrary<TurnSettings> = fc.record({
  turnDetection: fc.constantFrom<TurnSettings['turnDetection']>(SETTINGS.turnDetection, { type: 'silence', silenceMs: 500 }, { type: 'manual' }),
  autoReply: fc.boolean(),
  interruption: fc.constantFrom('off', 'speech', 'words'),
  speculate: fc.boolean(),
  minConfidence: fc.constant(0.3),
});

describe('whatever happens', () => {
  test('every held reply is released or discarded, every suspended sound resumed or interrupted, and every open utterance closed', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { minLength: 20, maxLength: 80, size: 'max' }), anySettings, (inputs, settings) => {
        let state = INITIAL_TURN_STATE;
        let held = 0;
        let suspended = 0;
        let open = 0;
        for (const input of inputs) {
          const [next, effects] = stepTurn(state, input, settings);
          state = next;
          for (const { type } of effects) {
            if (type === 'speculate') held++;
            if (type === 'release-reply' || type === 'discard-reply') held--;
            if (type === 'suspend-playout') suspended = 1;
            if (type === 'resume-playout' || type === 'interrupt-reply') suspended = 0;
            if (type === 'open-utterance') open++;
            if (type === 'drop-utterance') open--;
          }
          if (input.type === 'transcript' && state.listening === 'quiet') open = 0;
          expect(held).toBe(state.reply === 'held' ? 1 : 0);
          expect(suspended).toBe(state.reply === 'suspended' ? 1 : 0);
          expect(open).toBe(state.listening === 'quiet' ? 0 : 1);
        }
      }),
      { seed: 7, numRuns: 2000 },
    );
  }, 300_000);
});
