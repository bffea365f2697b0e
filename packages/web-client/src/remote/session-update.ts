import type { BrowserVoiceSettings } from '../browser-voice-session.ts';

/** The page's settings as a `session.update`; what is not set stays as the server has it. */
export function sessionUpdateOf(settings: BrowserVoiceSettings): Readonly<Record<string, unknown>> {
  const { instructions, voice, speed } = settings;
  const output = { ...(voice === undefined ? {} : { voice }), ...(speed === undefined ? {} : { speed }) };
  const input = { transcription: { model: 'sotto' }, ...turnDetectionOf(settings) };
  return {
    type: 'session.update',
    session: { type: 'realtime', ...(instructions === undefined ? {} : { instructions }), audio: { input, output } },
  };
}

function turnDetectionOf({ turnDetection, interruption, idleTimeoutMs }: BrowserVoiceSettings): Readonly<Record<string, unknown>> {
  const interrupt = interruption === undefined ? {} : { interrupt_response: interruption !== 'off' };
  switch (turnDetection?.type) {
    case undefined:
      return {};
    case 'manual':
      return { turn_detection: null };
    case 'silence':
      return { turn_detection: { type: 'server_vad', silence_duration_ms: turnDetection.silenceMs, ...interrupt, ...(idleTimeoutMs === undefined ? {} : { idle_timeout_ms: idleTimeoutMs }) } };
    case 'semantic':
      return { turn_detection: { type: 'semantic_vad', ...interrupt } };
  }
}
