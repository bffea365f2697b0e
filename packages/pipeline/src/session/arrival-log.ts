/**
 * When recent stretches of audio arrived, for placing audio time on the clock. Plain numbers in a ring: as objects,
 * the arrivals of many sessions would be most of what the garbage collector has to look at.
 */
export class ArrivalLog {
  readonly #audioEndsMs: Float64Array;
  readonly #clocksMs: Float64Array;
  #count = 0;

  /** @param capacity stretches that are remembered. */
  constructor(capacity: number) {
    this.#audioEndsMs = new Float64Array(capacity);
    this.#clocksMs = new Float64Array(capacity);
  }

  /** Notes that the audio up to `audioEndMs`, later than any before, arrived at `clockMs`. */
  add(audioEndMs: number, clockMs: number): void {
    const slot = this.#count++ % this.#clocksMs.length;
    this.#audioEndsMs[slot] = audioEndMs;
    this.#clocksMs[slot] = clockMs;
  }

  /** When the audio at this position arrived: the oldest arrival for what is forgotten, the latest for what is still to come; undefined before the first. */
  clockMsOf(audioMs: number): number | undefined {
    const oldest = Math.max(0, this.#count - this.#clocksMs.length);
    let number = this.#count - 1;
    while (number > oldest && this.#audioEndsMs[(number - 1) % this.#audioEndsMs.length]! >= audioMs) number--;
    return number < 0 ? undefined : this.#clocksMs[number % this.#clocksMs.length];
  }
}
