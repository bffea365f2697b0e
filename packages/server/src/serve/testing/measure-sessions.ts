/**
 * Measures a server on this machine over real sockets, clients in a process of
 * their own. Run from the repository after a build:
 *
 *   node packages/server/dist/serve/testing/measure-sessions.js listening 100 30
 *   node packages/server/dist/serve/testing/measure-sessions.js scripted 500 30
 *   node packages/server/dist/serve/testing/measure-sessions.js overhead 100
 *
 * `listening`: that many sessions hear a recording in real time, Silero in the
 * loop; then as many again try to get in. `scripted`: the same without engines.
 * `overhead`: turns with engines that cost nothing, from last speech sample sent
 * to first audible sample received, less the endpointing wait.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type TurnWaterfall, createVoiceSession, encodePcm16, systemClock } from '@sotto/pipeline';
import { SOTTO_SUBPROTOCOL, encodeBase64, encodeBinaryFrame } from '@sotto/pipeline/protocol';
import { scriptedEngines, silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { WebSocket } from 'ws';
import { VadPool } from '../../engines/vad-pool.ts';
import { bundledModel } from '../../models/bundled-models.ts';
import { createLogger } from '../../operations/logger.ts';
import { ServerMetrics } from '../../operations/metrics.ts';
import { resolveServeConfig } from '../serve-config.ts';
import { VoiceServer } from '../voice-server.ts';

const FRAME_MS = 32;
const pause = (ms: number) => systemClock.sleep(ms);

function percentiles(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
  return `n=${sorted.length} p50=${at(0.5)} p95=${at(0.95)} p99=${at(0.99)} max=${at(1)} ms`;
}

const append = (samples: Float32Array) => JSON.stringify({ type: 'input_audio_buffer.append', audio: encodeBase64(encodePcm16(samples)) });

async function connect(url: string): Promise<{ socket: WebSocket | undefined; waitedMs: number }> {
  const startedMs = performance.now();
  const socket = new WebSocket(url);
  const open = await new Promise<boolean>((resolve) => {
    socket.once('message', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  return { socket: open ? socket : undefined, waitedMs: performance.now() - startedMs };
}

/** The clients' process. */
async function driveClients(url: string, count: number, seconds: number): Promise<void> {
  const sockets: WebSocket[] = [];
  for (let i = 0; i < count; i++) {
    const { socket } = await connect(url);
    if (socket !== undefined) sockets.push(socket);
    await pause(20);
  }
  // Room noise, below speech: what a kiosk hears most of the day.
  const noise = append(Float32Array.from({ length: FRAME_MS * 24 }, () => (Math.random() - 0.5) * 0.004));
  let closed = 0;
  for (const socket of sockets) socket.on('close', () => closed++);
  const startedMs = performance.now();
  const streams = sockets.map(async (socket, index) => {
    await pause((index * FRAME_MS) / sockets.length);
    for (let frame = 0; frame * FRAME_MS < seconds * 1000; frame++) {
      if (socket.readyState === WebSocket.OPEN) socket.send(noise);
      await pause(Math.max(0, startedMs + frame * FRAME_MS - performance.now()));
    }
  });
  await pause(seconds * 500);
  process.send?.('half');
  await Promise.all(streams);
  console.log(`sessions ${sockets.length}, dropped ${closed}`);
  for (const socket of sockets) socket.terminate();
}

/** A process of their own, because busy clients would time themselves. */
async function driveIntruders(url: string, count: number, seconds: number): Promise<void> {
  const refusedMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const { socket, waitedMs } = await connect(url);
    if (socket === undefined) refusedMs.push(waitedMs);
    else socket.terminate();
    await pause((seconds * 400) / count);
  }
  console.log(`as many again: ${refusedMs.length} refused, ${count - refusedMs.length} let in; refusals ${percentiles(refusedMs)}`);
}

async function measureSessions(kind: string, count: number, seconds: number): Promise<void> {
  const scripted = scriptedEngines(systemClock, { texts: ['hello'], answer: () => 'Hello.' });
  const vad = kind === 'listening' ? await VadPool.load(await bundledModel('vad')) : undefined;
  const metrics = new ServerMetrics({ processMetrics: false });
  let delays: number[] = [];
  const observed = metrics.queueDelay.observe.bind(metrics.queueDelay);
  metrics.queueDelay.observe = ((labels: { stage: string }, delaySeconds: number) => {
    delays.push(delaySeconds * 1000);
    observed(labels, delaySeconds);
  }) as typeof metrics.queueDelay.observe;
  const server = await VoiceServer.start({
    config: resolveServeConfig({ flags: { port: 0, maxSessions: count, maxAdmissionsPerSecond: 10_000, logLevel: 'silent' } }),
    engines: { forSession: () => ({ ...scripted, ...(vad === undefined ? {} : { vad }) }) },
    createSession: createVoiceSession,
    metrics,
    logger: createLogger({ level: 'silent', logSpeech: false }),
  });
  const usage = process.cpuUsage();
  const startedMs = performance.now();
  const drive = (who: string) => fork(fileURLToPath(import.meta.url), [who, `${server.url.replace('http', 'ws')}/v1/realtime`, String(count), String(seconds)]);
  const clients = drive('clients');
  let alone: number[] = [];
  clients.on('message', () => {
    alone = delays;
    delays = [];
    drive('intruders');
  });
  await new Promise((resolve) => clients.once('exit', resolve));
  const { user, system } = process.cpuUsage(usage);
  console.log(`frame handed in → scored, alone:      ${percentiles(alone)}`);
  console.log(`frame handed in → scored, while as many again try to get in: ${percentiles(delays)}`);
  console.log(`server used ${((user + system) / 1e6 / ((performance.now() - startedMs) / 1000)).toFixed(2)} cores, ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`);
  await server[Symbol.asyncDispose]();
  await vad?.[Symbol.asyncDispose]();
}

async function measureOverhead(turnCount: number): Promise<void> {
  const engines = scriptedEngines(systemClock, { texts: ['what time is it'], answer: () => 'Now.' });
  const server = await VoiceServer.start({
    config: resolveServeConfig({ flags: { port: 0, logLevel: 'silent' } }),
    engines: { forSession: () => engines },
    createSession: createVoiceSession,
    metrics: new ServerMetrics({ processMetrics: false }),
    logger: createLogger({ level: 'silent', logSpeech: false }),
  });
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime`, [SOTTO_SUBPROTOCOL]);
  await new Promise((resolve) => socket.once('message', resolve));
  const overheadMs: number[] = [];
  const workMs: number[] = [];
  const unattributedMs: number[] = [];
  let onAudio: (() => void) | undefined;
  let onWaterfall: ((waterfall: TurnWaterfall) => void) | undefined;
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) onAudio?.();
    else if (data.includes('"sotto.turn.latency"')) onWaterfall?.((JSON.parse(data.toString()) as { waterfall: TurnWaterfall }).waterfall);
  });
  let position = 0;
  const send = (samples: Float32Array) => {
    socket.send(encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position, payload: encodePcm16(samples) }));
    position += samples.length;
  };
  const silence = silenceSamples(FRAME_MS, 24_000);
  const speech = speechSamples(FRAME_MS, 24_000);
  for (let turn = 0; turn < turnCount; turn++) {
    let speechEndMs = 0;
    let audioMs: number | undefined;
    onAudio = () => (audioMs ??= performance.now());
    const told = new Promise<TurnWaterfall>((resolve) => (onWaterfall = resolve));
    let nextMs = performance.now();
    for (let frame = 0; audioMs === undefined && frame < 200; frame++) {
      send(frame < 16 ? speech : silence);
      if (frame === 15) speechEndMs = performance.now();
      nextMs += FRAME_MS;
      await pause(Math.max(0, nextMs - performance.now()));
    }
    const waterfall = await told;
    const endpointingMs = waterfall.stages.find(({ name }) => name === 'endpointing')?.durationMs ?? 0;
    overheadMs.push((audioMs ?? NaN) - speechEndMs - endpointingMs);
    workMs.push(waterfall.totalMs - endpointingMs);
    unattributedMs.push(waterfall.unattributedMs);
    await pause(600);
  }
  console.log(`end of the wait → first audible sample on its way, by the waterfall: ${percentiles(workMs)}`);
  // Up to one more frame than that: speech ends inside a frame that is complete only with the next message.
  console.log(`last speech sample sent → first audio received, less the endpointing wait: ${percentiles(overheadMs)}`);
  console.log(`unattributed remainder of the waterfall: ${percentiles(unattributedMs)}`);
  socket.terminate();
  await server[Symbol.asyncDispose]();
}

const [mode = '', first = '', second = '', third = ''] = process.argv.slice(2);
if (mode === 'clients') await driveClients(first, Number(second), Number(third));
else if (mode === 'intruders') await driveIntruders(first, Number(second), Number(third));
else if (mode === 'overhead') await measureOverhead(Number(first || 50));
else if (mode === 'listening' || mode === 'scripted') await measureSessions(mode, Number(first || 100), Number(second || 30));
else console.error('usage: measure-sessions.js listening|scripted <sessions> <seconds> | overhead <turns>');
