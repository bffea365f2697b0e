import { EVENT_FATE_ON_INTERRUPTION, type SessionEvent, type SessionEventType, VoiceError } from '@sotto/pipeline';
import { describe, expect, test } from 'vitest';
import { voiceEventsOf } from './session-event-translation.ts';
import type { VoiceEvent } from './voice-event.ts';

const turnId = 'turn_1';
const replyId = 'reply_1';
const itemId = 'item_1';
const error = new VoiceError('VOICE_ERR_DISPOSED', 'closed');
const words = [{ word: 'ten', startMs: 0, endMs: 300 }] as never;
const waterfall = { totalMs: 900, unattributedMs: 0, stages: [] } as never;
const usage = { inputTokenCount: 1, cachedTokenCount: 0, outputTokenCount: 1 };
const end = { type: 'reply-end', replyId, turnId, itemId, text: 'It opens at ten.', heardText: 'It opens', heardMs: 400, finishReason: 'stop', usage } as const;

const cases: readonly (readonly [SessionEvent, readonly VoiceEvent[]])[] = [
  [{ type: 'speech-start', turnId, audioStartMs: 0 }, [{ type: 'hearing', turnId }]],
  [{ type: 'speech-pause', turnId, audioEndMs: 10 }, []],
  [{ type: 'speech-resume', turnId }, []],
  [{ type: 'speech-misfire', turnId }, [{ type: 'listening' }]],
  [{ type: 'speech-end', turnId, itemId, audioStartMs: 0, audioEndMs: 10 }, []],
  [{ type: 'transcript-partial', turnId, text: 'when does', stableText: 'when' }, [{ type: 'partial', turnId, text: 'when does', stableText: 'when' }]],
  [{ type: 'transcript-final', turnId, itemId, transcript: { text: 'when does it open', confidence: 0.9 } as never }, [{ type: 'final', turnId, text: 'when does it open', confidence: 0.9 }]],
  [{ type: 'backchannel', turnId, text: 'mm hm' }, [{ type: 'listening' }]],
  [{ type: 'reply-start', turnId, replyId, itemId }, [{ type: 'thinking', turnId, replyId }]],
  [{ type: 'reply-text-delta', replyId, text: 'It' }, [{ type: 'reply-text', replyId, delta: 'It' }]],
  [{ type: 'reply-speech', replyId, text: 'It opens at ten.', startMs: 0, words }, [{ type: 'speaking', replyId, text: 'It opens at ten.', words }]],
  [{ type: 'tool-call', replyId, itemId, call: { callId: 'call_1', name: 'f', argumentsJson: '{}' } }, []],
  [{ type: 'reply-generated', replyId, text: 'It opens at ten.', finishReason: 'stop', usage }, []],
  [{ type: 'heard', replyId, heardMs: 400, text: 'It opens' }, [{ type: 'heard', replyId, heardMs: 400, text: 'It opens' }]],
  [{ ...end, status: 'completed' }, [{ type: 'reply-end', replyId, status: 'completed', text: end.text, heardText: end.heardText }, { type: 'listening' }]],
  [{ ...end, status: 'failed' }, [{ type: 'reply-end', replyId, status: 'failed', text: end.text, heardText: end.heardText }, { type: 'listening' }]],
  [{ ...end, status: 'interrupted' }, [{ type: 'interrupted', replyId, heardText: end.heardText }, { type: 'reply-end', replyId, status: 'interrupted', text: end.text, heardText: end.heardText }]],
  [{ ...end, status: 'cancelled' }, [{ type: 'interrupted', replyId, heardText: end.heardText }, { type: 'reply-end', replyId, status: 'cancelled', text: end.text, heardText: end.heardText }]],
  [{ type: 'turn-latency', turnId, waterfall }, [{ type: 'latency', turnId, waterfall }]],
  [{ type: 'capture-overrun', droppedSampleCount: 160 }, []],
  [{ type: 'idle-timeout', audioEndMs: 10 }, [{ type: 'idle-timeout' }]],
  [{ type: 'error', error, turnId }, [{ type: 'error', error }]],
];

describe('what the pipeline tells becomes what a page hears', () => {
  test.each(cases.map(([event, expected]) => [event.type + ('status' in event ? ` (${event.status})` : ''), event, expected] as const))('%s', (_, event, expected) => {
    expect(voiceEventsOf(event)).toEqual(expected);
  });

  test('every type of event is among these cases', () => {
    const all = Object.keys(EVENT_FATE_ON_INTERRUPTION) as SessionEventType[];
    expect(new Set(cases.map(([{ type }]) => type))).toEqual(new Set(all));
  });
});
