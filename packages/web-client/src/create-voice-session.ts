import type { BrowserVoiceSession, BrowserVoiceSessionOptions } from './browser-voice-session.ts';

/**
 * Opens a conversation in the page: with `engine: 'in-tab'` every model runs in
 * Workers of this tab, with `{ url }` on a Sotto server. The same calls and
 * events either way. Resolves when the session can listen.
 */
export async function createVoiceSession(options: BrowserVoiceSessionOptions): Promise<BrowserVoiceSession> {
  options.signal?.throwIfAborted();
  // A page that only talks to a server does not load the tab's engines.
  if (options.engine === 'in-tab') return (await import('./in-tab/in-tab-session.ts')).InTabSession.open(options);
  return (await import('./remote/remote-session.ts')).RemoteSession.open(options, options.engine);
}
