import type { SessionEvent } from '@sotto/pipeline';
import type { VoiceEvent } from './voice-event.ts';

/** What an event of the pipeline's session means to a page; most of them one event, some none, a few two. */
export function voiceEventsOf(event: SessionEvent): readonly VoiceEvent[] {
  switch (event.type) {
    case 'speech-start':
      return [{ type: 'hearing', turnId: event.turnId }];
    case 'speech-misfire':
    case 'backchannel':
      return [{ type: 'listening' }];
    case 'transcript-partial':
      return [{ type: 'partial', turnId: event.turnId, text: event.text, stableText: event.stableText }];
    case 'transcript-final':
      return [{ type: 'final', turnId: event.turnId, text: event.transcript.text, confidence: event.transcript.confidence }];
    case 'reply-start':
      return [{ type: 'thinking', turnId: event.turnId, replyId: event.replyId }];
    case 'reply-text-delta':
      return [{ type: 'reply-text', replyId: event.replyId, delta: event.text }];
    case 'reply-speech':
      return [{ type: 'speaking', replyId: event.replyId, text: event.text, words: event.words }];
    case 'heard':
      return [{ type: 'heard', replyId: event.replyId, heardMs: event.heardMs, text: event.text }];
    case 'reply-end': {
      const end: VoiceEvent = { type: 'reply-end', replyId: event.replyId, status: event.status, text: event.text, heardText: event.heardText };
      const cut = event.status === 'interrupted' || event.status === 'cancelled';
      return cut ? [{ type: 'interrupted', replyId: event.replyId, heardText: event.heardText }, end] : [end, { type: 'listening' }];
    }
    case 'turn-latency':
      return [{ type: 'latency', turnId: event.turnId, waterfall: event.waterfall }];
    case 'idle-timeout':
      return [{ type: 'idle-timeout' }];
    case 'error':
      return [{ type: 'error', error: event.error }];
    case 'speech-pause':
    case 'speech-resume':
    case 'speech-end':
    case 'reply-generated':
    case 'tool-call':
    case 'capture-overrun':
      return [];
  }
}
