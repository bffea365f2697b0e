/** After this long without anybody, the next visitor must not find what the last one said; `?kiosk=20000` sets another time. */
const WIPE_AFTER_MS = 45_000;
const RETRY_DELAYS_MS = [1000, 2000, 5000, 10_000];

export type KioskModeOptions = {
  /** Forgets the conversation, on the page and in the session. */
  readonly wipe: () => void;
  /** Tries to listen again after something was lost. */
  readonly recover: () => Promise<void>;
};

/** Manners of a machine that nobody looks after: full screen, wiped after use, back by itself after trouble. */
export class KioskMode {
  readonly #options: KioskModeOptions;
  readonly #wipeAfterMs = Number(new URLSearchParams(location.search).get('kiosk')) || WIPE_AFTER_MS;
  #wipeTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #retryCount = 0;

  constructor(options: KioskModeOptions) {
    this.#options = options;
    document.body.classList.add('kiosk');
    // A machine that is there for this page alone should not drop its models for want of room.
    void navigator.storage?.persist?.().catch(() => false);
    document.addEventListener('pointerdown', () => void enterFullScreen(), { once: true });
    navigator.mediaDevices?.addEventListener('devicechange', () => {
      if (this.#retryTimer !== undefined) this.#retry(0);
    });
  }

  /** Whether the page was opened as a kiosk. */
  static get isWanted(): boolean {
    return new URLSearchParams(location.search).has('kiosk');
  }

  /** Somebody spoke, typed or has been answered. */
  noteUse(): void {
    clearTimeout(this.#wipeTimer);
    this.#wipeTimer = setTimeout(() => this.#options.wipe(), this.#wipeAfterMs);
  }

  /** A reply is being made or heard; its end will be noted as use. */
  noteReply(): void {
    clearTimeout(this.#wipeTimer);
  }

  /** The microphone, the server or a model was lost. */
  noteTrouble(): void {
    const delayMs = RETRY_DELAYS_MS[Math.min(this.#retryCount++, RETRY_DELAYS_MS.length - 1)] ?? 10_000;
    this.#retry(delayMs);
  }

  #retry(delayMs: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#options.recover().then(
        () => (this.#retryCount = 0),
        () => this.noteTrouble(),
      );
    }, delayMs);
  }
}

async function enterFullScreen(): Promise<void> {
  await document.documentElement.requestFullscreen?.({ navigationUI: 'hide' }).catch(() => undefined);
}
