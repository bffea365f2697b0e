/**
 * The clients of a measurement, in processes of their own: busy ones would
 * otherwise time themselves, and slow down the server that they measure.
 *
 * `listeners <url> <count>` connect, say {@link Listening}, stream room noise in real time, and say `{ closed }` when told to end.
 * `newcomers <url>` wait for `{ count, seconds }` and answer each with {@link Arrivals}.
 */
import { connect } from 'node:net';
import { encodePcm16, systemClock } from '@sotto/pipeline';
import { encodeBase64 } from '@sotto/pipeline/protocol';
import { WebSocket } from 'ws';

export const FRAME_MS = 32;
/** A refusal that has not come by then is none. */
const REFUSAL_WAIT_MS = 10_000;
/** Time between two clients that come in to stay, so that they are no stampede. */
const ENTRANCE_MS = 20;

export type Listening = {
  readonly connected: number;
  /** When session 0 sends its first message, by the clock that all processes share; message `k` of session `i` follows {@link dueMs} later. */
  readonly startMs: number;
};

/** Message `k` of session `i` of `count`: evenly spread, so that no two frames are due together. */
export const dueMs = (index: number, count: number, message: number) => (message + index / count) * FRAME_MS;

/** Milliseconds by the system's monotonic clock, the same in every process. */
export const sharedNowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** `count` clients who come one after the other over `seconds`, whether or not those before were answered; 0: all at once. */
export type ArrivalPlan = { readonly count: number; readonly seconds: number };
export type Arrivals = {
  /** From the attempt to connect until the refusal was read, with its status, reason and Retry-After. */
  readonly refusedMs: readonly number[];
  readonly admittedCount: number;
  /** Answered otherwise, or not at all. */
  readonly otherCount: number;
};

const pause = (ms: number) => systemClock.sleep(ms);

async function openSession(url: string): Promise<WebSocket | undefined> {
  const socket = new WebSocket(url);
  const open = await new Promise<boolean>((resolve) => {
    socket.once('message', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  return open ? socket : undefined;
}

async function listen(url: string, count: number): Promise<void> {
  const sockets: WebSocket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = await openSession(url);
    if (socket !== undefined) sockets.push(socket);
    await pause(ENTRANCE_MS);
  }
  let closed = 0;
  let ending = false;
  for (const socket of sockets) socket.on('close', () => closed++);
  process.once('message', () => (ending = true));
  // Room noise, below speech: what a kiosk hears most of the day.
  const noise = Float32Array.from({ length: FRAME_MS * 24 }, () => (Math.random() - 0.5) * 0.004);
  const append = JSON.stringify({ type: 'input_audio_buffer.append', audio: encodeBase64(encodePcm16(noise)) });
  const startMs = sharedNowMs() + 100;
  process.send?.({ connected: sockets.length, startMs } satisfies Listening);
  const stream = async (socket: WebSocket, index: number) => {
    for (let message = 0; !ending; message++) {
      const waitMs = startMs + dueMs(index, sockets.length, message) - sharedNowMs();
      if (waitMs > 0) await pause(waitMs);
      if (socket.readyState === WebSocket.OPEN) socket.send(append);
    }
  };
  await Promise.all(sockets.map(stream));
  process.send?.({ closed });
  for (const socket of sockets) socket.terminate();
  process.disconnect();
}

/** One handshake by hand: the cheapest client there is, so that little else than the server is measured. */
function knock(url: URL): Promise<{ readonly status: number; readonly complete: boolean; readonly waitedMs: number }> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const request = `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    const socket = connect(Number(url.port), url.hostname, () => socket.write(request));
    let text = '';
    const end = () => {
      socket.destroy();
      const complete = /^Retry-After: \d/im.test(text) && text.includes('VOICE_ERR_OVERLOADED');
      resolve({ status: Number(text.split(' ', 2)[1] ?? 0), complete, waitedMs: performance.now() - startedMs });
    };
    socket.setTimeout(REFUSAL_WAIT_MS, end);
    socket.on('error', end);
    socket.on('end', end);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('}}') || text.startsWith('HTTP/1.1 101')) end();
    });
  });
}

async function arrive(url: URL, { count, seconds }: ArrivalPlan): Promise<Arrivals> {
  const startedMs = performance.now();
  const attempts: ReturnType<typeof knock>[] = [];
  for (let i = 0; i < count; i++) {
    const dueMs = startedMs + (i * seconds * 1000) / count;
    if (dueMs > performance.now()) await pause(dueMs - performance.now());
    attempts.push(knock(url));
  }
  const answers = await Promise.all(attempts);
  const refused = answers.filter(({ status, complete }) => status === 503 && complete);
  const admittedCount = answers.filter(({ status }) => status === 101).length;
  return { refusedMs: refused.map(({ waitedMs }) => waitedMs), admittedCount, otherCount: count - refused.length - admittedCount };
}

const [who, url = '', count = ''] = process.argv.slice(2);
if (who === 'listeners') await listen(url, Number(count));
if (who === 'newcomers') process.on('message', (plan: ArrivalPlan) => void arrive(new URL(url), plan).then((arrivals) => process.send?.(arrivals)));
