/**
 * Runs on the audio thread: collects the microphone's quanta of 128 samples into
 * blocks and transfers them to the page. Imports nothing, because a worklet
 * module is loaded as it is.
 */

declare const registerProcessor: (name: string, processor: unknown) => void;
declare const AudioWorkletProcessor: { new (): { readonly port: MessagePort } };

/** 20 ms at 48 kHz; shorter blocks cost messages, longer ones latency. */
const BLOCK_SAMPLE_COUNT = 960;

class CaptureProcessor extends AudioWorkletProcessor {
  #block = new Float32Array(BLOCK_SAMPLE_COUNT);
  #filled = 0;

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const channels = inputs[0] ?? [];
    const [first] = channels;
    if (first === undefined) return true;
    for (let i = 0; i < first.length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i] ?? 0;
      this.#block[this.#filled++] = sum / channels.length;
      if (this.#filled === BLOCK_SAMPLE_COUNT) this.#send();
    }
    return true;
  }

  #send(): void {
    const { buffer } = this.#block;
    this.port.postMessage(this.#block, [buffer]);
    this.#block = new Float32Array(BLOCK_SAMPLE_COUNT);
    this.#filled = 0;
  }
}

registerProcessor('sotto-capture', CaptureProcessor);

export {};
