import { PacedPlayout } from '../session/paced-playout.ts';
import type { PlayoutChunk } from '../session/playout-sink.ts';
import type { SessionEvent, SessionEventOf, SessionEventType } from '../session/session-event.ts';
import { createVoiceSession } from '../session/voice-session.ts';
import type { SessionSettings, VoiceEngines, VoiceSession } from '../session/voice-session-port.ts';
import { FakeClock } from './fake-clock.ts';
import { scriptedEngines, type ScriptedLlmOptions, silenceSamples, speechSamples } from './scripted-engines.ts';

export type ConversationRigOptions = {
  /** What the user says, utterance by utterance. */
  readonly texts?: readonly string[];
  readonly answer?: ScriptedLlmOptions['answer'];
  readonly settings?: Partial<SessionSettings>;
  /** Replaces any of the scripted engines. */
  readonly engines?: (clock: FakeClock) => Partial<VoiceEngines>;
  /** @defaultValue 1000 */
  readonly playoutBufferMs?: number;
};

/** A session between a scripted speaker and a loudspeaker on a clock that tests move by hand. */
export class ConversationRig {
  readonly clock = new FakeClock();
  readonly events: SessionEvent[] = [];
  /** What the loudspeaker was given, with the time at which it sounded. */
  readonly played: { readonly atMs: number; readonly chunk: PlayoutChunk }[] = [];
  readonly sink: PacedPlayout;
  session!: VoiceSession;
  onEvent: (event: SessionEvent) => void = () => {};

  private constructor(options: ConversationRigOptions) {
    this.sink = new PacedPlayout({
      clock: this.clock,
      bufferMs: options.playoutBufferMs ?? 1000,
      play: (chunk) => this.played.push({ atMs: this.clock.nowMs(), chunk }),
    });
  }

  static async open(options: ConversationRigOptions = {}): Promise<ConversationRig> {
    const rig = new ConversationRig(options);
    const scripted = scriptedEngines(rig.clock, {
      texts: options.texts ?? ['where is the museum'],
      answer: options.answer ?? (() => 'The museum is on the left. It opens at nine.'),
    });
    rig.session = await createVoiceSession({
      engines: { ...scripted, ...options.engines?.(rig.clock) },
      sink: rig.sink,
      clock: rig.clock,
      settings: { instructions: 'You are a kiosk.', ...options.settings },
      onEvent: (event) => {
        rig.events.push(event);
        rig.onEvent(event);
      },
    });
    return rig;
  }

  /** The user speaks for so long, in real time. */
  async speak(durationMs: number): Promise<void> {
    await this.#push(speechSamples(durationMs));
  }

  /** Nobody speaks for so long, in real time. */
  async quiet(durationMs: number): Promise<void> {
    await this.#push(silenceSamples(durationMs));
  }

  /** A question followed by enough silence to be answered. */
  async ask(): Promise<void> {
    await this.speak(1200);
    await this.quiet(1400);
  }

  ofType<T extends SessionEventType>(type: T): SessionEventOf<T>[] {
    return this.events.filter((event): event is SessionEventOf<T> => event.type === type);
  }

  async #push(samples: Float32Array): Promise<void> {
    const frameLength = 320;
    for (let offset = 0; offset < samples.length; offset += frameLength) {
      this.session.pushAudio({ samples: samples.subarray(offset, offset + frameLength), sampleRate: 16_000, startMs: 0 });
      await this.clock.advance(20);
    }
  }
}
