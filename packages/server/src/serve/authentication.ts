import type { SessionUpdate } from '@sotto/pipeline/protocol';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Short-lived secrets kept at most; the oldest go first. */
const SECRET_COUNT_MAX = 10_000;
const SECRET_PREFIX = 'ek_';
/** How a browser sends its key: it can choose subprotocols, but no headers. */
const KEY_SUBPROTOCOL = 'openai-insecure-api-key.';

type Secret = { readonly expiresAtMs: number; readonly session: SessionUpdate };

export type Identity =
  /** `administrator` may also make short-lived secrets. */
  | { readonly kind: 'administrator' }
  | { readonly kind: 'guest'; readonly session: SessionUpdate };

export type AuthenticationOptions = {
  /** Empty: everybody is let in. */
  readonly apiKeys: readonly string[];
  /** Unix time in milliseconds. */
  readonly now: () => number;
};

/** Tells who may come in, by API key or by a short-lived secret made with one. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #keyDigests: readonly Buffer[];
  readonly #secrets = new Map<string, Secret>();

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#keyDigests = options.apiKeys.map(digestOf);
  }

  /** Whom a request comes from; undefined when it may not come in. */
  identify(request: IncomingMessage): Identity | undefined {
    const token = tokenOf(request);
    const secret = token?.startsWith(SECRET_PREFIX) ? this.#secret(token) : undefined;
    if (secret !== undefined) return { kind: 'guest', session: secret.session };
    if (this.#keyDigests.length === 0) return { kind: 'administrator' };
    if (token === undefined) return undefined;
    const digest = digestOf(token);
    // Every key is compared in full, so that the time taken tells nothing.
    let matches = false;
    for (const known of this.#keyDigests) matches = timingSafeEqual(known, digest) || matches;
    return matches ? { kind: 'administrator' } : undefined;
  }

  /** Makes a secret for a client that must not hold a key, such as a web page. */
  createSecret(session: SessionUpdate, lifetimeSeconds: number): { readonly value: string; readonly expiresAtSeconds: number } {
    this.#forgetExpired();
    const value = `${SECRET_PREFIX}${randomBytes(24).toString('base64url')}`;
    const expiresAtMs = this.#options.now() + lifetimeSeconds * 1000;
    this.#secrets.set(digestOf(value).toString('base64'), { expiresAtMs, session });
    return { value, expiresAtSeconds: Math.floor(expiresAtMs / 1000) };
  }

  #secret(token: string): Secret | undefined {
    const secret = this.#secrets.get(digestOf(token).toString('base64'));
    return secret !== undefined && secret.expiresAtMs > this.#options.now() ? secret : undefined;
  }

  #forgetExpired(): void {
    const now = this.#options.now();
    for (const [digest, { expiresAtMs }] of this.#secrets) {
      if (expiresAtMs > now && this.#secrets.size < SECRET_COUNT_MAX) break;
      this.#secrets.delete(digest);
    }
  }
}

/** The key of a request: a bearer token, Azure's `api-key` header, or a subprotocol. */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  if (typeof headers['api-key'] === 'string') return headers['api-key'];
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.find((name) => name.startsWith(KEY_SUBPROTOCOL))?.slice(KEY_SUBPROTOCOL.length);
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
