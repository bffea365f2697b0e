export type { BrowserVoiceSession, BrowserVoiceSessionOptions, BrowserVoiceSettings, ServerEngine } from './browser-voice-session.ts';
export { createVoiceSession } from './create-voice-session.ts';
export { fetchModelIndex, type InTabEngineOptions, type InTabEngines, loadInTabEngines } from './in-tab/load-in-tab-engines.ts';
export type { InTabSession } from './in-tab/in-tab-session.ts';
export type { InTabDevice } from './in-tab/worker-set-up.ts';
export { isModelCached, removeCachedModel } from './models/model-cache.ts';
export type { LoadProgress, VoiceEvent, VoiceEventOf, VoiceEventType } from './voice-event.ts';
