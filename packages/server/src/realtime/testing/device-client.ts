import { SOTTO_SUBPROTOCOL, decodeBinaryFrame, encodeBinaryFrame } from '@sotto/pipeline/protocol';
import { encodePcm16 } from '@sotto/pipeline';
import { TestClient } from './test-client.ts';

/** A client of the extension that knows how to come back after its connection dropped. */
export class DeviceClient {
  readonly #url: string;
  /** Every event of the session, over all connections, each once. */
  readonly events: Record<string, unknown>[] = [];
  /** Samples heard of each stream. */
  readonly heardSampleCounts = new Map<number, number>();
  readonly faults: string[] = [];
  #connection!: TestClient;
  #taken = 0;
  #takenFrames = 0;
  #resumeToken = '';
  #lastEventId = '';
  #stream: number | undefined;
  #sentPosition = 0;
  #seenIds = new Set<string>();

  private constructor(url: string) {
    this.#url = url;
  }

  static async connect(url: string): Promise<DeviceClient> {
    const client = new DeviceClient(url);
    client.#connection = await TestClient.connect(url, [SOTTO_SUBPROTOCOL]);
    await client.#connection.next('sotto.session.resumable');
    client.take();
    return client;
  }

  get connection(): TestClient {
    return this.#connection;
  }

  send(event: Readonly<Record<string, unknown>>): void {
    this.#connection.send(event);
  }

  sendAudio(samples: Float32Array, pieceSampleCount = 480): void {
    for (let offset = 0; offset < samples.length; offset += pieceSampleCount) {
      const payload = encodePcm16(samples.subarray(offset, offset + pieceSampleCount));
      this.#connection.socket.send(encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position: this.#sentPosition, payload }));
      this.#sentPosition += payload.length / 2;
    }
  }

  /** Works off what has arrived: notes ids, tokens and positions, and complains about gaps and repetitions. */
  take(): void {
    for (; this.#taken < this.#connection.events.length; this.#taken++) this.#takeEvent(this.#connection.events[this.#taken] as never);
    for (; this.#takenFrames < this.#connection.frames.length; this.#takenFrames++) this.#takeFrame(this.#connection.frames[this.#takenFrames]!);
  }

  /** Pulls the plug. A `deaf` client has heard nothing since it last took what arrived. */
  async drop(options: { readonly deaf?: boolean } = {}): Promise<void> {
    this.#connection.socket.terminate();
    await this.#connection.closed;
    if (!options.deaf) this.take();
  }

  /** Comes back. @returns whether nothing was missed. */
  async resume(): Promise<boolean> {
    const query = new URLSearchParams({ resume: this.#resumeToken, last_event_id: this.#lastEventId });
    if (this.#stream !== undefined) {
      query.set('stream', String(this.#stream));
      query.set('position', String(this.heardSampleCounts.get(this.#stream) ?? 0));
    }
    this.#connection = new TestClient(`${this.#url}?${query}`, [SOTTO_SUBPROTOCOL]);
    this.#taken = 0;
    this.#takenFrames = 0;
    const resumed = await Promise.race([this.#connection.next('sotto.session.resumed'), this.#connection.closed]);
    if (!('complete' in resumed)) throw new Error(`Not resumed: ${resumed.code} ${resumed.reason}`);
    this.take();
    return resumed.complete;
  }

  #takeEvent(event: Record<string, unknown> & { event_id: string; type: string }): void {
    this.#lastEventId = event.event_id;
    if (typeof event['resume_token'] === 'string') this.#resumeToken = event['resume_token'];
    if (event.type === 'sotto.session.resumed') return;
    if (this.#seenIds.has(event.event_id)) this.faults.push(`event ${event.event_id} (${event.type}) came twice`);
    this.#seenIds.add(event.event_id);
    if (event.type === 'sotto.output_audio.started') {
      this.#stream = event['stream'] as number;
      this.heardSampleCounts.set(this.#stream, 0);
    }
    this.events.push(event);
  }

  #takeFrame(message: Buffer): void {
    const { stream, position, payload, last } = decodeBinaryFrame(message);
    const expected = this.heardSampleCounts.get(stream) ?? 0;
    // The end of a stream may be told again, because nothing counts it.
    if (position !== expected && !(last && payload.length === 0)) this.faults.push(`stream ${stream} goes on at ${position}, expected ${expected}`);
    this.heardSampleCounts.set(stream, position + payload.length / 2);
  }
}
