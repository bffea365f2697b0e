import { createVoiceSession, DeviceError, PacedPlayout, type SessionEvent, type SessionSettings, systemClock, type VoiceEngines } from '@sotto/pipeline';
import { Loudspeaker } from '../sound-devices/loudspeaker.ts';
import { recordMicrophone } from '../sound-devices/microphone.ts';
import { player, recorder } from '../sound-devices/sound-programs.ts';

export type MicrophoneConversationOptions = {
  readonly engines: VoiceEngines;
  readonly settings?: Partial<SessionSettings>;
  readonly onEvent: (event: SessionEvent) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the conversation. */
  readonly signal: AbortSignal;
};

/** Speech made ahead of the loudspeaker. */
const PLAYOUT_BUFFER_MS = 2000;

/**
 * Talks through microphone and loudspeaker until the signal aborts; the user may speak over a reply.
 * @throws {DeviceError} VOICE_ERR_MICROPHONE_MISSING, VOICE_ERR_MICROPHONE_LOST
 */
export async function talkThroughMicrophone({ engines, settings, onEvent, env, signal }: MicrophoneConversationOptions): Promise<void> {
  const { sampleRate } = engines.stt.capabilities;
  const recordingProgram = recorder(sampleRate, env);
  const lost = new AbortController();
  await using loudspeaker = new Loudspeaker(player(engines.tts.capabilities.sampleRate, env), env, (why) => lost.abort(new DeviceError('VOICE_ERR_MICROPHONE_LOST', `The loudspeaker went away: ${why}`, { stage: 'playout' })));
  const sink = new PacedPlayout({ clock: systemClock, bufferMs: PLAYOUT_BUFFER_MS, play: (chunk) => loudspeaker.play(chunk.samples), flush: () => loudspeaker.silence() });
  await using session = await createVoiceSession({ engines, sink, onEvent, ...(settings && { settings }) });

  const end = AbortSignal.any([signal, lost.signal]);
  let recordedSampleCount = 0;
  for await (const samples of recordMicrophone(recordingProgram, end, env)) {
    session.pushAudio({ samples, sampleRate, startMs: (recordedSampleCount * 1000) / sampleRate });
    recordedSampleCount += samples.length;
  }
  if (lost.signal.aborted) throw lost.signal.reason;
}
