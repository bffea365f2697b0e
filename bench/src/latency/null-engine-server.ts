import { createVoiceSession, systemClock } from '@sotto/pipeline';
import { scriptedEngines } from '@sotto/pipeline/testing';
import { resolveServeConfig, VoiceServer, type VoiceServerOptions } from '@sotto/server';

/**
 * The real server over engines that cost nothing, on a free port of the loopback: whatever time passes in it is the
 * framework's own. Its address is told on stderr as `sotto serve` tells it.
 */
export async function serveNullEngines(reply: string, createSession: VoiceServerOptions['createSession'] = createVoiceSession): Promise<void> {
  const engines = scriptedEngines(systemClock, { texts: ['what time is it'], answer: () => reply });
  const server = await VoiceServer.start({ config: resolveServeConfig({ flags: { port: 0, logLevel: 'silent' } }), engines: { forSession: () => engines }, createSession });
  console.error(`${server.url.replace('http', 'ws')}/v1/realtime`);
}
