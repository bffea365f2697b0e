import { type Clock, createVoiceSession, decodePcm16, encodePcm16, sleepOn } from '@sotto/pipeline';
import { type SentServerEvent, decodeBinaryFrame, defaultSessionConfig, encodeBase64, parseClientEvent } from '@sotto/pipeline/protocol';
import { describe, expect, it } from 'vitest';
import { SharedLlm } from '../operations/shared-llm.ts';
import { RealtimeSession } from './realtime-session.ts';
import { markedAudio, markedEngines, marksInAudio, marksInText, nameOf } from './testing/marked-engines.ts';
import { SeededRandom } from './testing/seeded-random.ts';

const INTERLEAVING_COUNT = 10_000;
const STEPS_PER_INTERLEAVING = 5;
const SESSION_COUNT = 4;
/** Sessions end and begin anew this often. */
const INTERLEAVINGS_PER_SESSION = 50;

/** A clock that runs a thousand times as fast, so that speech is heard in no time. */
const fastClock: Clock = {
  nowMs: () => performance.now() * 1000,
  schedule: (durationMs, callback) => {
    const timer = setTimeout(callback, durationMs / 1000);
    return () => clearTimeout(timer);
  },
  sleep: (durationMs, options) => (durationMs === 0 ? Promise.resolve() : sleepOn(fastClock, durationMs, options?.signal)),
};

class World {
  readonly random: SeededRandom;
  readonly mixtures: string[] = [];
  readonly counts = { words: 0, audio: 0, crashes: 0, cancels: 0, resumes: 0 };
  readonly #engines;

  constructor(seed: number, leakShare: number) {
    this.random = new SeededRandom(seed);
    const engines = markedEngines(this.random, fastClock, { crashShare: 0.01, leakShare, onMixture: (what) => this.mixtures.push(what) });
    this.#engines = { ...engines, llm: new SharedLlm(engines.llm, 2) };
  }

  async open(mark: number): Promise<Customer> {
    const extended = this.random.next() < 0.5;
    const config = { ...defaultSessionConfig('any', 'marked'), instructions: `You serve ${nameOf(mark)}.` };
    const session = await RealtimeSession.open({
      engines: this.#engines,
      createSession: createVoiceSession,
      clock: fastClock,
      config,
      extended,
      expiresAtSeconds: 0,
      leadMs: 2000,
      keptBytesMax: extended ? 100_000 : 0,
      takeAudio: () => true,
      onSessionEvent: (event) => {
        if (event.type === 'error') this.counts.crashes++;
      },
    });
    return new Customer(this, mark, session, extended);
  }
}

/** One session with a client that knows whose words and audio it may get. */
class Customer {
  readonly mark: number;
  readonly session: RealtimeSession;
  readonly #world: World;
  readonly #extended: boolean;
  #lastEventId = '';
  #connected = true;
  #itemId = '';

  constructor(world: World, mark: number, session: RealtimeSession, extended: boolean) {
    this.#world = world;
    this.mark = mark;
    this.session = session;
    this.#extended = extended;
    session.attach(this.#link(), []);
  }

  /** Does one thing that a client may do, at any moment. */
  step(): void {
    const { random, counts } = this.#world;
    const deed = random.below(10);
    if (deed < 3) this.#speak();
    else if (deed < 5) {
      this.#send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: `${nameOf(this.mark)} types` }] } });
      this.#send({ type: 'response.create', response: { output_modalities: [random.pick(['text', 'audio'])], conversation: random.pick(['auto', 'none']) } });
    } else if (deed < 6) {
      counts.cancels++;
      this.#send({ type: 'response.cancel' });
    } else if (deed < 7) this.#send({ type: 'conversation.item.truncate', item_id: this.#itemId, content_index: 0, audio_end_ms: 20 });
    else if (deed < 8) this.#send({ type: 'conversation.item.retrieve', item_id: this.#itemId });
    else this.#dropOrReturn();
  }

  #speak(): void {
    const audio = encodePcm16(markedAudio(this.mark, 24 * 120));
    if (this.#world.random.next() < 0.8) {
      this.#send({ type: 'session.update', session: { audio: { input: { turn_detection: null } } } });
      this.#send({ type: 'input_audio_buffer.append', audio: encodeBase64(audio) });
      this.#send({ type: 'input_audio_buffer.commit' });
      this.#send({ type: 'response.create' });
      return;
    }
    this.#send({ type: 'session.update', session: { audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 200 } } } } });
    for (let i = 0; i < 3; i++) this.#send({ type: 'input_audio_buffer.append', audio: encodeBase64(audio) });
    this.#send({ type: 'input_audio_buffer.append', audio: encodeBase64(new Uint8Array(24 * 2 * 400)) });
  }

  #dropOrReturn(): void {
    if (!this.#extended) return;
    if (this.#connected) this.session.detach();
    else {
      this.#world.counts.resumes++;
      this.session.resume(this.#link(), { eventId: this.#lastEventId, audio: undefined }, { resume_token: 't', resume_within_ms: 1 });
    }
    this.#connected = !this.#connected;
  }

  #send(event: Readonly<Record<string, unknown>>): void {
    const parsed = parseClientEvent(JSON.stringify(event));
    if (!parsed.ok) throw parsed.error;
    if (this.#connected) this.session.handle(parsed.event);
  }

  #link() {
    return {
      sendText: (message: string) => this.#hear(message),
      sendBinary: (message: Uint8Array) => this.#hearAudio(decodePcm16(Uint8Array.from(decodeBinaryFrame(message).payload))),
      drained: () => Promise.resolve(),
    };
  }

  #hear(message: string): void {
    const { mixtures, counts } = this.#world;
    const event = JSON.parse(message) as SentServerEvent;
    this.#lastEventId = event.event_id;
    if (event.type === 'conversation.item.added') this.#itemId = event.item.id;
    if (event.type === 'response.output_audio.delta') this.#hearAudio(decodePcm16(Uint8Array.from(Buffer.from(event.delta, 'base64'))));
    for (const mark of marksInText(message)) {
      counts.words++;
      if (mark !== this.mark) mixtures.push(`session ${this.mark} was told words of session ${mark} in ${event.type}`);
    }
  }

  #hearAudio(samples: Float32Array): void {
    const { mixtures, counts } = this.#world;
    for (const mark of marksInAudio(samples)) {
      counts.audio++;
      if (mark !== this.mark) mixtures.push(`session ${this.mark} was played audio of session ${mark}`);
    }
  }
}

/** Lets customers do one thing after the other at random, at random moments of each other's turns. */
async function run(world: World, interleavingCount: number): Promise<void> {
  const { random } = world;
  let customers: Customer[] = [];
  for (let interleaving = 0; interleaving < interleavingCount; interleaving++) {
    if (interleaving % INTERLEAVINGS_PER_SESSION === 0) {
      await Promise.all(customers.map(({ session }) => session[Symbol.asyncDispose]()));
      customers = await Promise.all(Array.from({ length: SESSION_COUNT }, (_, index) => world.open(1 + ((index + interleaving / INTERLEAVINGS_PER_SESSION) % 7))));
    }
    for (let step = 0; step < STEPS_PER_INTERLEAVING; step++) {
      random.pick(customers).step();
      for (let turns = random.below(6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    }
    // Now and then a reply gets as far as being heard.
    if (random.next() < 0.3) await new Promise((resolve) => setTimeout(resolve, random.below(8)));
  }
  await Promise.all(customers.map(({ session }) => session[Symbol.asyncDispose]()));
}

describe('sessions over shared engines', () => {
  it(`never hear each other in ${INTERLEAVING_COUNT} interleavings of turns, cancels, resumes and crashes`, { timeout: 900_000 }, async () => {
    const world = new World(5, 0);
    await run(world, INTERLEAVING_COUNT);
    expect(world.mixtures).toEqual([]);
    // The test would say nothing if nothing had been said.
    expect(world.counts.words).toBeGreaterThan(INTERLEAVING_COUNT);
    expect(world.counts.audio).toBeGreaterThan(INTERLEAVING_COUNT / 10);
    expect(Math.min(world.counts.crashes, world.counts.cancels, world.counts.resumes)).toBeGreaterThan(INTERLEAVING_COUNT / 100);
  });

  it('are seen to hear each other when an engine mixes them up now and then', { timeout: 120_000 }, async () => {
    const world = new World(6, 0.05);
    await run(world, 300);
    expect(world.mixtures.length).toBeGreaterThan(0);
  });
});
