import type { Clock } from '@sotto/pipeline';
import { createHash, randomBytes } from 'node:crypto';

export type ResumableSessionsOptions<T> = {
  readonly clock: Clock;
  /** How long a session waits for its client. */
  readonly resumeWithinMs: number;
  /** Nobody came back in time. */
  readonly onExpired: (session: T) => void;
};

/** Sessions whose clients may come back on another connection, by a secret that is good for one return. */
export class ResumableSessions<T extends object> {
  readonly #options: ResumableSessionsOptions<T>;
  readonly #sessions = new Map<string, T>();
  readonly #tokenHashes = new Map<T, string>();
  readonly #expiries = new Map<T, () => void>();

  constructor(options: ResumableSessionsOptions<T>) {
    this.#options = options;
  }

  get resumeWithinMs(): number {
    return this.#options.resumeWithinMs;
  }

  /** Sessions whose client is away. */
  get waitingCount(): number {
    return this.#expiries.size;
  }

  get waiting(): readonly T[] {
    return [...this.#expiries.keys()];
  }

  /** Gives the session a token; an earlier one of its own is void. */
  issueToken(session: T): string {
    this.#revoke(session);
    const token = randomBytes(24).toString('base64url');
    // Looked up by its hash, so that how long a look-up takes tells nothing about a token.
    const hash = hashOf(token);
    this.#sessions.set(hash, session);
    this.#tokenHashes.set(session, hash);
    return token;
  }

  /** The client is gone: the session waits. */
  park(session: T): void {
    this.#expiries.get(session)?.();
    this.#expiries.set(
      session,
      this.#options.clock.schedule(this.#options.resumeWithinMs, () => {
        this.forget(session);
        this.#options.onExpired(session);
      }),
    );
  }

  /** The session that a returning client may have; its token is used up. */
  take(token: string): T | undefined {
    const session = this.#sessions.get(hashOf(token));
    if (session === undefined) return undefined;
    this.#unpark(session);
    this.#revoke(session);
    return session;
  }

  forget(session: T): void {
    this.#unpark(session);
    this.#revoke(session);
  }

  #unpark(session: T): void {
    this.#expiries.get(session)?.();
    this.#expiries.delete(session);
  }

  #revoke(session: T): void {
    const hash = this.#tokenHashes.get(session);
    if (hash !== undefined) this.#sessions.delete(hash);
    this.#tokenHashes.delete(session);
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
