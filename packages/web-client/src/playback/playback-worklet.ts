/**
 * Runs on the audio thread: plays what it is given in order, holds or forgets it
 * on command, and reports to the sample what has been played. Imports only
 * types, because a worklet module is loaded as it is.
 */
import type { PlaybackCommand, PlaybackReport } from './playback-message.ts';

declare const registerProcessor: (name: string, processor: unknown) => void;
declare const AudioWorkletProcessor: { new (): { readonly port: MessagePort } };
declare const currentFrame: number;
declare const sampleRate: number;

/** -50 dBFS: what is quieter counts as leading silence. */
const AUDIBLE_LEVEL = 10 ** (-50 / 20);
/** Fade that keeps a stop from clicking. */
const FADE_MS = 5;
/** Reports are sent this often while playing. */
const REPORT_INTERVAL_MS = 20;

type Entry = { readonly replyKey: number; readonly epoch: number; readonly samples: Float32Array };

class PlaybackProcessor extends AudioWorkletProcessor {
  #entries: Entry[] = [];
  #offset = 0;
  #queuedSampleCount = 0;
  #epoch = 0;
  #gain = 1;
  #targetGain = 1;
  #clearing = false;
  #replyKey = 0;
  #playedSampleCount = 0;
  #audibleReported = false;
  #samplesSinceReport = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => this.#obey(data);
  }

  process(_inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean {
    const [output] = outputs[0] ?? [];
    if (output === undefined) return true;
    const fadeStep = 1000 / (FADE_MS * sampleRate);
    for (let i = 0; i < output.length; i++) {
      if (this.#gain < this.#targetGain) this.#gain = Math.min(this.#targetGain, this.#gain + fadeStep);
      else if (this.#gain > this.#targetGain) this.#gain = Math.max(this.#targetGain, this.#gain - fadeStep);
      if (this.#gain === 0) {
        if (this.#clearing) this.#finishClear();
        if (this.#targetGain === 0) continue;
      }
      output[i] = this.#nextSample(i) * this.#gain;
    }
    this.#samplesSinceReport += output.length;
    if (this.#samplesSinceReport * 1000 >= REPORT_INTERVAL_MS * sampleRate) this.#report();
    return true;
  }

  #nextSample(index: number): number {
    const entry = this.#entries[0];
    if (entry === undefined) return 0;
    if (entry.replyKey !== this.#replyKey) {
      this.#replyKey = entry.replyKey;
      this.#playedSampleCount = 0;
      this.#audibleReported = false;
    }
    const sample = entry.samples[this.#offset++] ?? 0;
    this.#queuedSampleCount--;
    this.#playedSampleCount++;
    if (!this.#audibleReported && Math.abs(sample) > AUDIBLE_LEVEL) {
      this.#audibleReported = true;
      this.#send({ type: 'audible', replyKey: this.#replyKey, frame: currentFrame + index });
    }
    if (this.#offset >= entry.samples.length) {
      this.#entries.shift();
      this.#offset = 0;
      if (this.#entries.length === 0) this.#report();
    }
    return sample;
  }

  #obey(command: PlaybackCommand): void {
    switch (command.type) {
      case 'write':
        if (command.epoch < this.#epoch || command.samples.length === 0) return;
        this.#entries.push({ replyKey: command.replyKey, epoch: command.epoch, samples: command.samples });
        this.#queuedSampleCount += command.samples.length;
        return;
      case 'pause':
        this.#targetGain = 0;
        return;
      case 'resume':
        // While something is being cleared the sound comes back by itself, but not before the old has faded out.
        if (!this.#clearing) this.#targetGain = 1;
        return;
      case 'clear':
        this.#epoch = command.epoch;
        // New audio waits behind the fade-out of the old; what waits unheard goes at once.
        this.#entries = this.#entries.filter((entry, i) => entry.epoch >= command.epoch || i === 0);
        this.#clearing = true;
        if (this.#gain === 0 || this.#entries.length === 0) this.#finishClear();
        else this.#targetGain = 0;
    }
  }

  #finishClear(): void {
    this.#clearing = false;
    if (this.#entries[0] !== undefined && this.#entries[0].epoch < this.#epoch) {
      this.#entries.shift();
      this.#offset = 0;
    }
    this.#queuedSampleCount = this.#entries.reduce((sum, { samples }) => sum + samples.length, 0) - this.#offset;
    this.#targetGain = 1;
    this.#report();
  }

  #report(): void {
    this.#samplesSinceReport = 0;
    this.#send({ type: 'progress', replyKey: this.#replyKey, playedSampleCount: this.#playedSampleCount, queuedSampleCount: this.#queuedSampleCount });
  }

  #send(report: PlaybackReport): void {
    this.port.postMessage(report);
  }
}

registerProcessor('sotto-playback', PlaybackProcessor);
