import { type LlmRequest, type VoiceEngines, createVoiceSession, systemClock } from '@sotto/pipeline';
import { scriptedLlm, scriptedStt, scriptedTts, scriptedVad } from '@sotto/pipeline/testing';
import { createLogger } from '../../operations/logger.ts';
import { ServerMetrics } from '../../operations/metrics.ts';
import { type ServeConfig, type SettingName, resolveServeConfig } from '../../serve/serve-config.ts';
import { VoiceServer } from '../../serve/voice-server.ts';

export type TestServerOptions = {
  readonly settings?: Readonly<Partial<Record<SettingName, unknown>>>;
  /** What the user is understood to say, utterance by utterance. */
  readonly texts?: readonly string[];
  readonly answer?: Parameters<typeof scriptedLlm>[0]['answer'];
  readonly engines?: Partial<VoiceEngines>;
  readonly onLog?: (line: string) => void;
};

export type TestServer = AsyncDisposable & { readonly server: VoiceServer; readonly config: ServeConfig; readonly realtimeUrl: string; readonly requests: readonly LlmRequest[] };

/** A server with scripted engines on a free port of the loopback. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const llm = scriptedLlm({ clock: systemClock, answer: options.answer ?? (() => 'It is a quarter past ten.'), tokenMs: 1 });
  const engines: VoiceEngines = {
    vad: scriptedVad(),
    stt: scriptedStt({ clock: systemClock, texts: options.texts ?? ['what time is it'] }),
    llm,
    tts: scriptedTts({ clock: systemClock }),
    ...options.engines,
  };
  const config = resolveServeConfig({ flags: { port: 0, logLevel: options.onLog === undefined ? 'silent' : 'debug', maxAdmissionsPerSecond: 1000, maxEventsPerSecond: 1_000_000, ...options.settings } });
  const server = await VoiceServer.start({
    config,
    engines: { forSession: () => engines },
    createSession: createVoiceSession,
    metrics: new ServerMetrics({ processMetrics: false }),
    logger: createLogger({ level: config.logLevel, logSpeech: config.logSpeech, ...(options.onLog === undefined ? {} : { destination: { write: options.onLog } }) }),
  });
  return {
    server,
    config,
    realtimeUrl: `${server.url.replace('http', 'ws')}/v1/realtime`,
    requests: llm.requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
