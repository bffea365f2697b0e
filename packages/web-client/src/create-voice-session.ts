import type { BrowserVoiceSession, BrowserVoiceSessionOptions } from './browser-voice-session.ts';

/**
 * Opens a conversation in the page: every model runs in a Worker of this
 * tab. Resolves when the session can listen.
 */
export async function createVoiceSession(options: BrowserVoiceSessionOptions): Promise<BrowserVoiceSession> {
  options.signal?.throwIfAborted();
  return (await import('./in-tab/in-tab-session.ts')).InTabSession.open(options);
}
