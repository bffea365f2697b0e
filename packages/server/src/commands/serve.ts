import { createVoiceSession } from '@sotto/pipeline';
import type { ConsoleIo } from '../console/console-io.ts';
import { addModelOptions, modelsFromOptions } from '../console/model-options.ts';
import { type LoadedEngines, loadEngines } from '../engines/load-engines.ts';
import type { SottoCommand } from '../main.ts';
import type { ModelChoice } from '../models/choose-models.ts';
import { defaultInstructions } from '../models/default-instructions.ts';
import { createLogger } from '../operations/logger.ts';
import { ServerMetrics } from '../operations/metrics.ts';
import { SETTINGS, type ServeConfig, type SettingName, flagOf, resolveServeConfig, variableOf } from '../serve/serve-config.ts';
import { VoiceServer } from '../serve/voice-server.ts';

export type ServeOptions = ModelChoice & { readonly config?: string } & Readonly<Partial<Record<SettingName, unknown>>>;

export const command: SottoCommand = {
  register(program, io) {
    const serve = program
      .command('serve')
      .description('serve voice conversations to OpenAI Realtime clients, kiosks, small devices and the web page')
      .option('--config <file>', 'JSON file with settings by name, such as { "maxSessions": 20 }');
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      const setting = SETTINGS[name];
      const byDefault = setting.default === '' || typeof setting.default === 'boolean' || Array.isArray(setting.default) ? '' : `; ${String(setting.default)} by default`;
      serve.option(typeof setting.default === 'boolean' ? flagOf(name) : `${flagOf(name)} <value>`, `${setting.help} (${variableOf(name)}${byDefault})`);
    }
    addModelOptions(serve, ['vad', 'stt', 'llm', 'tts']).action((options: ServeOptions) => serveUntilInterrupted(options, io));
  },
};

/** Serves until SIGTERM or Ctrl-C, then lets running turns finish. */
export async function serveUntilInterrupted(options: ServeOptions, io: ConsoleIo): Promise<void> {
  const config = resolveServeConfig({ flags: options, environment: io.env, file: options.config ?? io.env['SOTTO_CONFIG'] });
  const metrics = new ServerMetrics({ processMetrics: true });
  const logger = createLogger({ level: config.logLevel, logSpeech: config.logSpeech });
  await using engines = await loadEngines({
    models: await modelsFromOptions(options, io),
    sessionCount: config.llmContexts,
    signal: io.signal,
    metrics: {
      onCallEnd: (call) => metrics.onCallEnd(call),
      onRestart: ({ stage, workerIndex, error }) => {
        metrics.workerRestarts.inc({ stage });
        logger.error({ stage, workerIndex, code: error.code }, 'inference worker is replaced');
      },
    },
  });
  const server = await startServer(config, engines, { metrics, logger });
  io.note(`Sotto listens at ${server.url} (WebSocket: ${server.url.replace('http', 'ws')}/v1/realtime). Ctrl-C ends it.`);
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    else io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.drain();
}

/** A server over loaded engines, listening. */
export async function startServer(config: ServeConfig, engines: LoadedEngines, observers: { readonly metrics?: ServerMetrics; readonly logger?: ReturnType<typeof createLogger> } = {}): Promise<VoiceServer> {
  return VoiceServer.start({
    config,
    engines,
    createSession: createVoiceSession,
    instructions: await defaultInstructions(engines.models.llm),
    modelNames: ['sotto', ...Object.values(engines.models).flatMap((model) => (model === undefined ? [] : [model.manifest.id]))],
    ...observers,
  });
}
