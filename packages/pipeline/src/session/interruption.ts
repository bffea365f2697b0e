export type InterruptionCause = 'speech' | 'request' | 'discarded' | 'closed';

/** Why a reply's signal was aborted. Reaches engines as `signal.reason`. */
export class Interruption extends Error {
  readonly by: InterruptionCause;

  constructor(by: InterruptionCause) {
    super(`The reply was interrupted (${by})`);
    this.name = 'Interruption';
    this.by = by;
  }
}
