import type { SentServerEvent } from '@sotto/pipeline/protocol';
import { ReplyLoudspeaker } from './reply-loudspeaker.ts';

/** The replies of one turn, treated as Sotto's own clients treat them: silent on `speech_started`, held on a pause. */
export class HeardReplies {
  readonly #sampleRate: number;
  /** By their binary streams, in the order in which they came. */
  readonly #replies = new Map<number, ReplyLoudspeaker>();

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  get latest(): ReplyLoudspeaker | undefined {
    return [...this.#replies.values()].at(-1);
  }

  takeAudio(frame: { readonly stream: number; readonly last: boolean }, samples: Float32Array, atMs: number): void {
    const reply = this.#replies.get(frame.stream) ?? new ReplyLoudspeaker(this.#sampleRate);
    this.#replies.set(frame.stream, reply);
    reply.take(samples, atMs);
    if (frame.last) reply.complete();
  }

  takeEvent(event: SentServerEvent, atMs: number): void {
    switch (event.type) {
      case 'sotto.output_audio.paused':
        return this.latest?.pause(atMs);
      case 'sotto.output_audio.resumed':
        return this.latest?.resume(atMs);
      case 'input_audio_buffer.speech_started':
      case 'output_audio_buffer.cleared':
        return this.latest?.stop(atMs);
      case 'response.done':
        if (event.response.status === 'cancelled') this.latest?.stop(atMs);
        return;
      default:
    }
  }
}
