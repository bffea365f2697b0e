import type { Phonemizer } from './phonemizer.ts';

/** What is used of the `kokoro-js` module. */
export type KokoroJs = {
  readonly KokoroTTS: new (model: never, tokenizer: never) => { generate(text: string, options: { voice: never }): Promise<unknown> };
};

/**
 * Phonemes as kokoro-js makes them: its text normaliser, espeak-ng, and its corrections, none of which it exports.
 *
 * They are caught where kokoro-js hands them to the tokenizer; its model is never loaded and no voice file is read.
 * Works in Node and in a browser Worker, with whichever build of kokoro-js the caller imported. The first call takes
 * about a second to start espeak-ng; every call blocks its thread for milliseconds, so it belongs in a worker.
 *
 * @param importKokoroJs usually `() => import('kokoro-js')`. The espeak-ng build in it installs process-wide handlers that
 * rethrow every unhandled error; those are taken out again.
 */
export async function createKokoroPhonemizer(importKokoroJs: () => Promise<unknown>): Promise<Phonemizer> {
  const { KokoroTTS } = (await withoutNewProcessListeners(importKokoroJs)) as KokoroJs;
  let tail: Promise<unknown> = Promise.resolve();
  const phonemizeNow = async (text: string, voice: string): Promise<string> => {
    let phonemes: string | undefined;
    const caught = new Error('phonemes caught');
    const tokenizer = (given: string) => {
      phonemes = given;
      throw caught;
    };
    try {
      await new KokoroTTS(undefined as never, tokenizer as never).generate(text, { voice: accentVoice(voice) as never });
    } catch (thrown) {
      if (thrown !== caught) throw thrown;
    }
    return phonemes ?? '';
  };
  return {
    // espeak-ng has one global state: one text at a time.
    phonemize(text, voice) {
      const result = tail.then(() => phonemizeNow(text, voice));
      tail = result.catch(() => undefined);
      return result;
    },
  };
}

/** kokoro-js refuses voices it does not know; of the voice it uses only the first letter, `b` for British. */
function accentVoice(voice: string): string {
  return voice.startsWith('b') ? 'bf_emma' : 'af_heart';
}

type Listener = (...args: unknown[]) => void;
type Listeners = { listeners(event: string): Listener[]; removeListener(event: string, listener: Listener): unknown };

async function withoutNewProcessListeners<T>(load: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const target = (globalThis as { process?: Partial<Listeners> }).process;
  if (typeof target?.listeners !== 'function') return load();
  const processEvents = target as Listeners;
  const before = new Map(events.map((event) => [event, new Set(processEvents.listeners(event))]));
  const loaded = await load();
  for (const event of events) {
    for (const listener of processEvents.listeners(event)) if (!before.get(event)!.has(listener)) processEvents.removeListener(event, listener);
  }
  return loaded;
}
