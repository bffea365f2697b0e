/**
 * The clients of a measurement, in processes of their own: busy ones would
 * otherwise time themselves, and slow down the server that they measure.
 *
 * `listeners <url> <count> text|binary` connect, say {@link Listening}, stream room noise in real time, and say `{ closed }` when told to end.
 * `newcomers <url>` wait for `{ count, seconds }` and answer each with {@link Arrivals}.
 */
import { type Socket, connect } from 'node:net';
import { encodePcm16, systemClock } from '@sotto/pipeline';
import { SOTTO_SUBPROTOCOL, encodeBase64, encodeBinaryFrame } from '@sotto/pipeline/protocol';

export const FRAME_MS = 32;
/** A refusal that has not come by then is none. */
const REFUSAL_WAIT_MS = 10_000;
/** Time between two clients that come in to stay, so that they are no stampede. */
const ENTRANCE_MS = 20;

/** How audio goes to the server: in OpenAI's events, or in the binary messages of the subprotocol. */
export type Wire = 'text' | 'binary';

export type Listening = {
  readonly connected: number;
  /** When session 0 sends its first message, by the clock that all processes share; message `k` of session `i` follows {@link dueMs} later. */
  readonly startMs: number;
};

/** Message `k` of session `i` of `count`: evenly spread, so that no two frames are due together. */
export const dueMs = (index: number, count: number, message: number) => (message + index / count) * FRAME_MS;

/** What `performance.now()` lacks: it begins with the process. */
const processStartMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
/** Milliseconds by the system's monotonic clock, the same in every process. */
export const sharedNowMs = () => processStartMs + performance.now();

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

const upgradeRequest = (url: URL, subprotocol?: string) =>
  `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`}\r\n`;

/** A final message as a client sends it (RFC 6455, 5.2), of 126 bytes to 64 KiB; masked by zeros, which cost the server as much as any mask. */
function clientMessage(opcode: 'text' | 'binary', payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([opcode === 'text' ? 0x81 : 0x82, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]), payload]);
}

/** The message with the audio that stretch number `index` of a session holds. */
type Messages = (index: number) => Buffer;

/** As OpenAI's clients send audio. */
function textMessages(audio: Uint8Array): Messages {
  const message = clientMessage('text', Buffer.from(JSON.stringify({ type: 'input_audio_buffer.append', audio: encodeBase64(audio) })));
  return () => message;
}

/** As small devices send it. */
function binaryMessages(audio: Uint8Array): Messages {
  return (index) => {
    const position = (index * audio.length) / 2;
    return clientMessage('binary', encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position, payload: audio }));
  };
}

/** A session by hand, because five hundred clients of a library would take the processor from the server that they measure. */
function openSession(url: URL, subprotocol: string | undefined): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => socket.write(upgradeRequest(url, subprotocol)));
    socket.setNoDelay();
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('"session.created"')) resolve(socket);
    });
  });
}

async function listen(url: URL, count: number, wire: Wire): Promise<void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = await openSession(url, wire === 'binary' ? SOTTO_SUBPROTOCOL : undefined);
    if (socket !== undefined) sockets.push(socket);
    await pause(ENTRANCE_MS);
  }
  let closed = 0;
  let ending = false;
  for (const socket of sockets) socket.on('close', () => closed++);
  process.once('message', () => (ending = true));
  // Room noise, below speech: what a kiosk hears most of the day.
  const noise = Float32Array.from({ length: FRAME_MS * 24 }, () => (Math.random() - 0.5) * 0.004);
  const messages = (wire === 'binary' ? binaryMessages : textMessages)(encodePcm16(noise));
  const startMs = sharedNowMs() + 100;
  process.send?.({ connected: sockets.length, startMs } satisfies Listening);
  for (let sent = 0; !ending; ) {
    const index = Math.floor(sent / sockets.length);
    const waitMs = startMs + dueMs(sent % sockets.length, sockets.length, index) - sharedNowMs();
    if (waitMs > 0) await pause(waitMs);
    else {
      const socket = sockets[sent % sockets.length]!;
      if (socket.writable) socket.write(messages(index));
      sent++;
      // The end, and what the server says, must be heard also by clients that are late.
      if (sent % sockets.length === 0) await new Promise(setImmediate);
    }
  }
  process.send?.({ closed });
  for (const socket of sockets) socket.destroy();
  process.disconnect();
}

/** One handshake by hand: the cheapest client there is, so that little else than the server is measured. */
function knock(url: URL): Promise<{ readonly status: number; readonly complete: boolean; readonly waitedMs: number }> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect(Number(url.port), url.hostname, () => socket.write(upgradeRequest(url)));
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

const [who, url = '', count = '', wire = 'text'] = process.argv.slice(2);
if (who === 'listeners') await listen(new URL(url), Number(count), wire as Wire);
if (who === 'newcomers') process.on('message', (plan: ArrivalPlan) => void arrive(new URL(url), plan).then((arrivals) => process.send?.(arrivals)));
