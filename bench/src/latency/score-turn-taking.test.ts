import { describe, expect, it } from 'vitest';
import type { CalledInterruption, CalledTurn } from './called-turn.ts';
import { scoreTurnTaking } from './score-turn-taking.ts';

const turn = (more: Partial<CalledTurn>): CalledTurn => ({ fate: 'answered', speechEndMs: 0, firstAudibleMs: 500, endpointDelayMs: 400, replyMs: 0, waterfall: undefined, transcript: '', reply: '', cutOffCount: 0, ...more });
const interruption = (more: Partial<CalledInterruption>): CalledInterruption => ({ fate: 'stopped', onsetMs: 1000, noticedMs: 1200, silentMs: 1250, lastArrivalMs: 1190, heldMs: 0, ...more });

describe('scoreTurnTaking', () => {
  const scores = scoreTurnTaking(
    'semantic_vad',
    [{ turn: turn({}), pauseCount: 1 }, { turn: turn({ cutOffCount: 2, endpointDelayMs: 600 }), pauseCount: 2 }, { turn: turn({ fate: 'missed-end', endpointDelayMs: undefined }), pauseCount: 1 }],
    [interruption({}), interruption({ silentMs: 1450, lastArrivalMs: 1230 }), interruption({ fate: 'over-before', noticedMs: undefined, silentMs: 1100 }), interruption({ fate: 'no-reply', onsetMs: NaN, noticedMs: undefined, silentMs: undefined })],
    [interruption({ fate: 'played-on', noticedMs: undefined, silentMs: 5000 }), interruption({ fate: 'played-on', silentMs: 5000, heldMs: 320 }), interruption({})],
  );

  it('counts pauses taken for the end, and ends never found', () => {
    expect(scores.pauses).toMatchObject({ turnCount: 3, pauseCount: 4, cutOffTurnCount: 1, cutOffCount: 2, missedEndCount: 1 });
    expect([scores.pauses.endpointDelayMs.min, scores.pauses.endpointDelayMs.max]).toEqual([400, 600]);
  });

  it('times the replies that fell silent, from the first speech sample and from the notice', () => {
    expect(scores.bargeIns).toMatchObject({ spokenCount: 2, stoppedCount: 2, playedOnCount: 0, overBeforeCount: 1, noReplyCount: 1 });
    expect([scores.bargeIns.stopMs.min, scores.bargeIns.stopMs.max]).toEqual([250, 450]);
    expect(scores.bargeIns.noticeMs.max).toBe(200);
    expect([scores.bargeIns.lateAudioMs.min, scores.bargeIns.lateAudioMs.max]).toEqual([0, 30]);
  });

  it('tells a backchannel that stopped the reply from those that held it or were let pass', () => {
    expect(scores.backchannels).toMatchObject({ spokenCount: 3, stoppedCount: 1, playedOnCount: 2, heldCount: 1, medianHeldMs: 320 });
  });
});
