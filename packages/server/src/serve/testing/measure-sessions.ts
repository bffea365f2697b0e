/**
 * Measures a server on this machine over real sockets, clients in processes of
 * their own. Run from the repository after a build:
 *
 *   node packages/server/dist/serve/testing/measure-sessions.js listening 100 10 3
 *   node packages/server/dist/serve/testing/measure-sessions.js scripted 500 10 3 binary
 *   node packages/server/dist/serve/testing/measure-sessions.js overhead 100
 *
 * `listening`: that many sessions hear room noise in real time, Silero in the
 * loop. For so many seconds they are alone, for as many seconds as many again
 * knock one after the other, and so on in turns, so that what else the machine
 * does meets both alike; then all knock at once. `scripted`: the same without
 * engines. Audio goes as OpenAI's events, or with `binary` as a small device sends it. `overhead`: turns with engines that cost nothing, from last speech
 * sample sent to first audible sample received, less the endpointing wait.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type TurnWaterfall, type VadEngine, createVoiceSession, encodePcm16, systemClock } from '@sotto/pipeline';
import { percentile } from '@sotto/pipeline/metrics';
import { SOTTO_SUBPROTOCOL, encodeBinaryFrame } from '@sotto/pipeline/protocol';
import { scriptedEngines, silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { WebSocket } from 'ws';
import { VadPool } from '../../engines/vad-pool.ts';
import { bundledModel } from '../../models/bundled-models.ts';
import { createLogger } from '../../operations/logger.ts';
import { ServerMetrics } from '../../operations/metrics.ts';
import { resolveServeConfig } from '../serve-config.ts';
import { VoiceServer } from '../voice-server.ts';
import { type Arrivals, FRAME_MS, type Listening, type Wire, dueMs, sharedNowMs } from './load-clients.ts';

/** Until the code that runs for every frame has been compiled. */
const WARM_UP_MS = 6000;
const pause = (ms: number) => systemClock.sleep(ms);

function percentiles(values: readonly number[]): string {
  if (values.length === 0) return 'n=0';
  const at = (share: number) => percentile(values, share).toFixed(1);
  return `n=${values.length} p50=${at(0.5)} p95=${at(0.95)} p99=${at(0.99)} max=${at(1)} ms`;
}

/** Seconds that the threads of this process were ready to run and did not get a processor; undefined where the system does not tell. */
function starvedSeconds(): number | undefined {
  try {
    return readdirSync('/proc/self/task').reduce((sum, id) => sum + Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[1]) / 1e9, 0);
  } catch {
    return undefined;
  }
}

/** One session in so many is timed: timing them all would cost as much as a tenth of what it measures. */
const TIMED_EVERY = 8;

/** A detector that tells of every frame of the timed sessions, of which session in the order of their coming and the how many-th, that it was scored. */
function timedByClients(vad: VadEngine, onScored: (index: number, frame: number) => void): VadEngine {
  let sessionCount = 0;
  return {
    specVersion: vad.specVersion,
    capabilities: vad.capabilities,
    openStream: () => {
      const stream = vad.openStream();
      const index = sessionCount++;
      if (index % TIMED_EVERY !== 0) return stream;
      let frame = 0;
      return {
        process: async (samples, options) => {
          const probability = await stream.process(samples, options);
          onScored(index, frame++);
          return probability;
        },
        reset: () => stream.reset(),
        [Symbol.dispose]: () => stream[Symbol.dispose](),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Room for half a minute of five hundred sessions' frames, all timed; growing arrays would be a good part of what is measured. */
const DURATION_COUNT_MAX = 500_000;

class Durations {
  readonly #values = new Float64Array(DURATION_COUNT_MAX);
  #count = 0;

  add(durationMs: number): void {
    if (this.#count < DURATION_COUNT_MAX) this.#values[this.#count++] = durationMs;
  }

  values(): number[] {
    return [...this.#values.subarray(0, this.#count)];
  }

  clear(): void {
    this.#count = 0;
  }
}

const said = <T>(who: ChildProcess): Promise<T> => new Promise((resolve) => who.once('message', (message) => resolve(message as T)));

async function measureSessions(kind: string, count: number, seconds: number, rounds: number, wire: Wire): Promise<void> {
  const scripted = scriptedEngines(systemClock, { texts: ['hello'], answer: () => 'Hello.' });
  const pool = kind === 'listening' ? await VadPool.load(await bundledModel('vad')) : undefined;
  const delays = new Durations();
  const roundTrips = new Durations();
  let startMs = NaN;
  const vad = timedByClients(pool ?? scripted.vad, (index, frame) => {
    // The resampler looks ahead, so a frame is complete with the message after the one that ends with it.
    if (startMs > 0) roundTrips.add(sharedNowMs() - startMs - dueMs(index, count, frame + 1));
  });
  const metrics = new ServerMetrics({ processMetrics: false });
  const observed = metrics.queueDelay.observe.bind(metrics.queueDelay);
  metrics.queueDelay.observe = ((labels: { stage: string }, delaySeconds: number) => {
    delays.add(delaySeconds * 1000);
    observed(labels, delaySeconds);
  }) as typeof metrics.queueDelay.observe;
  const server = await VoiceServer.start({
    config: resolveServeConfig({ flags: { port: 0, maxSessions: count, maxAdmissionsPerSecond: 10_000, logLevel: 'silent' } }),
    engines: { forSession: () => ({ ...scripted, vad }) },
    createSession: createVoiceSession,
    metrics,
    logger: createLogger({ level: 'silent', logSpeech: false }),
  });
  const url = `${server.url.replace('http', 'ws')}/v1/realtime`;
  const start = (who: string) => fork(fileURLToPath(new URL('load-clients.js', import.meta.url)), [who, url, String(count), wire]);
  const listeners = start('listeners');
  const newcomers = start('newcomers');
  const listening = await said<Listening>(listeners);
  startMs = listening.startMs;
  console.log(`sessions let in: ${listening.connected} of ${count}`);
  await pause(WARM_UP_MS);

  /** Runs for a while and tells how long the frames of those inside took meanwhile. */
  const watch = async <T>(label: string, work: () => Promise<T>): Promise<{ readonly p99Ms: number; readonly result: T }> => {
    const before = { usage: process.cpuUsage(), starved: starvedSeconds(), ms: performance.now() };
    delays.clear();
    roundTrips.clear();
    const result = await work();
    const measured = roundTrips.values();
    const handedIn = delays.values();
    const wallSeconds = (performance.now() - before.ms) / 1000;
    const { user, system } = process.cpuUsage(before.usage);
    const starved = before.starved === undefined ? '' : `, waited for a processor ${(((starvedSeconds() ?? 0) - before.starved) / wallSeconds).toFixed(2)} s each second`;
    console.log(`${label}: due at the client → scored ${percentiles(measured)}; handed to the detector → scored ${percentiles(handedIn)}; ${((user + system) / 1e6 / wallSeconds).toFixed(2)} cores${starved}, load ${loadavg()[0]!.toFixed(1)}`);
    return { p99Ms: measured.length === 0 ? NaN : percentile(measured, 0.99), result };
  };
  const knock = async (forSeconds: number) => {
    newcomers.send({ count, seconds: forSeconds });
    const arrivals = await said<Arrivals>(newcomers);
    console.log(`  newcomers: ${arrivals.refusedMs.length} refused, ${arrivals.admittedCount} let in, ${arrivals.otherCount} otherwise; refusals ${percentiles(arrivals.refusedMs)}`);
    return arrivals;
  };
  const alone: number[] = [];
  const crowded: number[] = [];
  const refusedMs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    alone.push((await watch(`${round} alone`, () => pause(seconds * 1000))).p99Ms);
    const { p99Ms, result } = await watch(`${round} twice as many`, () => knock(seconds));
    crowded.push(p99Ms);
    refusedMs.push(...result.refusedMs);
  }
  await watch('all at once', async () => Promise.all([knock(0), pause(1000)]));
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(' ');
  console.log(`p99 alone ${list(alone)} ms (median ${percentile(alone, 0.5).toFixed(1)}), with as many again ${list(crowded)} ms (median ${percentile(crowded, 0.5).toFixed(1)})`);
  console.log(`ratio in each round ${list(crowded.map((value, index) => value / alone[index]!))}, of medians ${(percentile(crowded, 0.5) / percentile(alone, 0.5)).toFixed(2)}`);
  console.log(`all refusals that came one after the other: ${percentiles(refusedMs)}`);
  const dropped = /^sotto_dropped_audio_seconds_total ([\d.]+)$/m.exec(await metrics.registry.metrics())?.[1] ?? '0';
  listeners.send('end');
  console.log(`connections dropped: ${(await said<{ closed: number }>(listeners)).closed}, audio dropped: ${Number(dropped).toFixed(2)} s, ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`);
  newcomers.kill();
  await server[Symbol.asyncDispose]();
  await pool?.[Symbol.asyncDispose]();
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

const [mode = '', first = '', second = '', third = '', fourth = 'text'] = process.argv.slice(2);
if (mode === 'overhead') await measureOverhead(Number(first || 50));
else if (mode === 'listening' || mode === 'scripted') await measureSessions(mode, Number(first || 100), Number(second || 10), Number(third || 3), fourth === 'binary' ? 'binary' : 'text');
else console.error('usage: measure-sessions.js listening|scripted <sessions> <seconds> <rounds> [text|binary] | overhead <turns>');
