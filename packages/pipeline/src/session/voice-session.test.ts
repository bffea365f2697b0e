import { afterEach, describe, expect, test } from 'vitest';
import { ConversationRig, type ConversationRigOptions } from '../testing/conversation-rig.ts';
import { scriptedLlm, scriptedStt, scriptedTts, silenceSamples } from '../testing/scripted-engines.ts';
import { EVENT_FATE_ON_INTERRUPTION } from './session-event.ts';

const open: ConversationRig[] = [];
async function rigWith(options: ConversationRigOptions = {}): Promise<ConversationRig> {
  const rig = await ConversationRig.open(options);
  open.push(rig);
  return rig;
}
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.session[Symbol.asyncDispose]();
});

describe('a spoken question', () => {
  test('is transcribed, answered and spoken, and both are remembered', async () => {
    const rig = await rigWith();
    await rig.ask();
    await rig.quiet(4000);
    const types = rig.events.map(({ type }) => type).filter((type) => type !== 'heard' && type !== 'transcript-partial' && type !== 'reply-text-delta');
    expect(types).toEqual(['speech-start', 'speech-pause', 'speech-end', 'transcript-final', 'reply-start', 'reply-generated', 'reply-speech', 'turn-latency', 'reply-speech', 'reply-end']);
    expect(rig.session.items).toMatchObject([
      { type: 'user', text: 'where is the museum' },
      { type: 'assistant', text: 'The museum is on the left. It opens at nine.', status: 'completed' },
    ]);
    expect(rig.ofType('reply-end')[0]).toMatchObject({ status: 'completed', heardText: 'The museum is on the left. It opens at nine.' });
  });

  test('gets a waterfall whose stages add up to the time the user waited', async () => {
    const rig = await rigWith({
      engines: (clock) => ({
        stt: scriptedStt({ clock, texts: ['where is the museum'], delayMs: 80 }),
        llm: scriptedLlm({ clock, answer: () => 'On the left.', prefillMs: 120, tokenMs: 10 }),
        tts: scriptedTts({ clock, delayMs: 60 }),
      }),
      settings: { speculate: false },
    });
    await rig.ask();
    const waterfall = rig.ofType('turn-latency')[0]!.waterfall;
    const stageMs = Object.fromEntries(waterfall.stages.map(({ name, durationMs }) => [name, durationMs]));
    expect(stageMs['transcribing']).toBeCloseTo(80, 0);
    expect(stageMs['thinking']).toBeGreaterThanOrEqual(120);
    expect(stageMs['speaking']).toBeCloseTo(60, 0);
    expect(stageMs['endpointing']).toBeGreaterThanOrEqual(300);
    const sumMs = waterfall.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
    expect(sumMs + waterfall.unattributedMs).toBeCloseTo(waterfall.totalMs, 6);
    expect(waterfall.unattributedMs).toBeLessThan(5);
  });

  test('is answered sooner when the answer is made ahead of its end', async () => {
    const slow: ConversationRigOptions = {
      engines: (clock) => ({
        stt: scriptedStt({ clock, texts: ['where is the museum'], delayMs: 20 }),
        llm: scriptedLlm({ clock, answer: () => 'On the left.', prefillMs: 100 }),
        tts: scriptedTts({ clock, delayMs: 40 }),
      }),
    };
    const eager = await rigWith(slow);
    const patient = await rigWith({ ...slow, settings: { speculate: false } });
    await eager.ask();
    await patient.ask();
    const latencyMs = (rig: ConversationRig) => rig.ofType('turn-latency')[0]!.waterfall.totalMs;
    expect(latencyMs(eager)).toBeLessThan(latencyMs(patient) - 100);
  });

  test('that was not understood is asked for again', async () => {
    const rig = await rigWith({ engines: (clock) => ({ stt: scriptedStt({ clock, texts: ['xx yy zz'], confidence: 0.1 }) }) });
    await rig.ask();
    await rig.quiet(2000);
    expect(rig.ofType('reply-end')[0]?.text).toBe("Sorry, I didn't catch that.");
    expect(rig.session.items.some(({ type }) => type === 'user')).toBe(false);
  });
});

describe('speaking over a reply', () => {
  const long = 'One two three four five six seven eight nine ten eleven twelve. Thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty.';

  test('silences it, keeps only what was heard, and answers what was said', async () => {
    const rig = await rigWith({ texts: ['count for me', 'stop please', 'x'], answer: ({ messages }) => (messages.length < 3 ? long : 'All right.') });
    await rig.ask();
    const soundedBefore = rig.played.length;
    await rig.speak(600);
    await rig.quiet(1400);
    const interrupted = rig.ofType('reply-end')[0]!;
    expect(interrupted.status).toBe('interrupted');
    expect(long.startsWith(interrupted.heardText)).toBe(true);
    expect(interrupted.heardText.length).toBeGreaterThan(0);
    expect(interrupted.heardText.length).toBeLessThan(long.length);
    expect(rig.played.slice(soundedBefore + 2).every(({ chunk }) => chunk.epoch === rig.session.epoch)).toBe(true);
    expect(rig.session.items).toMatchObject([
      { type: 'user', text: 'count for me' },
      { type: 'assistant', text: interrupted.heardText, status: 'incomplete' },
      { type: 'user', text: 'stop please' },
      { type: 'assistant' },
    ]);
  });

  test('with a mere "mm-hm" only holds it for a moment', async () => {
    const rig = await rigWith({ texts: ['count for me', 'mm-hm'], answer: () => long });
    await rig.ask();
    await rig.speak(300);
    await rig.quiet(8000);
    expect(rig.ofType('backchannel')).toHaveLength(1);
    expect(rig.ofType('reply-end')).toMatchObject([{ status: 'completed' }]);
    const soundedText = rig.played.map(({ chunk }) => chunk.text).filter(Boolean);
    expect(soundedText.join(' ')).toContain('twenty.');
  });

  test('is told apart from an end that was asked for, and two replies cannot run at once', async () => {
    const rig = await rigWith({ texts: ['count for me'], answer: () => long });
    await rig.ask();
    await expect(rig.session.reply()).rejects.toMatchObject({ name: 'ConfigError', code: 'VOICE_ERR_BAD_SEQUENCE' });
    rig.session.interrupt();
    expect(rig.ofType('reply-end')).toMatchObject([{ status: 'cancelled' }]);
    expect(long.startsWith(rig.ofType('reply-end')[0]!.heardText)).toBe(true);
    expect(await rig.session.reply()).toBe('reply_2');
  });

  test('ends every event of the interrupted reply at every point of the turn', async () => {
    const counting = await rigWith({ answer: () => long });
    await counting.ask();
    await counting.quiet(7000);
    const replyEventCount = counting.events.filter(({ type }) => EVENT_FATE_ON_INTERRUPTION[type] === 'drop').length;
    expect(replyEventCount).toBeGreaterThan(20);
    for (let at = 0; at < replyEventCount; at++) {
      const rig = await rigWith({ texts: ['count for me', 'where is the museum'], answer: ({ messages }) => (messages.some(({ text }) => text.includes('museum')) ? 'Left.' : long) });
      let seen = 0;
      let interruptedAt: number | undefined;
      rig.onEvent = (event) => {
        if (EVENT_FATE_ON_INTERRUPTION[event.type] !== 'drop' || interruptedAt !== undefined || seen++ !== at) return;
        interruptedAt = rig.events.length;
        rig.session.interrupt();
      };
      await rig.ask();
      await rig.quiet(7000);
      expect(interruptedAt, `event ${at} was reached`).toBeDefined();
      const late = rig.events.slice(interruptedAt).filter(({ type }) => EVENT_FATE_ON_INTERRUPTION[type] === 'drop');
      expect(late, `events after an interruption at event ${at}`).toEqual([]);
      await rig.ask();
      await rig.quiet(2000);
      expect(rig.ofType('reply-end').at(-1), `turn after an interruption at event ${at}`).toMatchObject({ status: 'completed', text: 'Left.' });
      expect(rig.clock.pendingCount).toBeLessThan(3);
    }
  });
});

describe('back-pressure', () => {
  test('a slow loudspeaker slows the language model down', async () => {
    const sentences = Array.from({ length: 200 }, (_, i) => `This is sentence number ${i} of a very long reply.`).join(' ');
    const llm = { pulled: 0 };
    const rig = await rigWith({
      playoutBufferMs: 500,
      engines: (clock) => ({
        llm: scriptedLlm({
          clock,
          answer: () => (sentences.match(/\S+\s*/g) ?? []).map((text) => ({ type: 'text-delta' as const, get text() { llm.pulled++; return text; } })),
        }),
      }),
    });
    await rig.ask();
    await rig.quiet(4000);
    expect(rig.sink.queuedMs).toBeLessThanOrEqual(500 + 200);
    expect(llm.pulled / 2).toBeLessThan(200);
  });

  test('a stalled recogniser makes capture drop the oldest audio and count it', async () => {
    const rig = await rigWith({ engines: (clock) => ({ stt: scriptedStt({ clock, texts: ['hello there'], delayMs: 60_000 }) }), settings: { speculate: false } });
    await rig.ask();
    await rig.quiet(10_000);
    const droppedMs = rig.ofType('capture-overrun').reduce((sum, { droppedSampleCount }) => sum + droppedSampleCount / 16, 0);
    expect(droppedMs).toBeGreaterThan(4000);
    expect(rig.session.items).toEqual([]);
  });
});

describe('when an engine fails', () => {
  test('the recogniser: a typed error, and the next turn works', async () => {
    const rig = await rigWith({ engines: (clock) => ({ stt: scriptedStt({ clock, texts: ['first', 'where is the museum'], failOn: new Set([0]) }) }) });
    await rig.ask();
    expect(rig.ofType('error')).toMatchObject([{ error: { code: 'VOICE_ERR_ENGINE_FAILED', stage: 'stt' } }]);
    await rig.ask();
    await rig.quiet(4000);
    expect(rig.ofType('reply-end')).toMatchObject([{ status: 'completed' }]);
  });

  test('the language model: the reply ends as failed, and the next turn works', async () => {
    let calls = 0;
    const rig = await rigWith({
      answer: () => {
        if (calls++ === 0) throw new Error('out of tokens');
        return 'On the left.';
      },
      settings: { speculate: false },
    });
    await rig.ask();
    await rig.ask();
    await rig.quiet(2000);
    expect(rig.ofType('reply-end').map(({ status }) => status)).toEqual(['failed', 'completed']);
    expect(rig.ofType('error')).toMatchObject([{ error: { stage: 'llm' } }]);
  });
});

describe('push-to-talk', () => {
  test('answers what was committed and nothing before', async () => {
    const rig = await rigWith({ settings: { turnDetection: { type: 'manual' } } });
    await rig.speak(1000);
    await rig.quiet(3000);
    expect(rig.events).toEqual([]);
    const committed = rig.session.commitAudio();
    await rig.clock.advance(100);
    await committed;
    await rig.clock.advance(4000);
    expect(rig.ofType('transcript-final')[0]?.transcript.text).toBe('where is the museum');
    expect(rig.ofType('reply-end')).toMatchObject([{ status: 'completed' }]);
  });

  test('refuses to commit nothing', async () => {
    const rig = await rigWith({ settings: { turnDetection: { type: 'manual' } } });
    await expect(rig.session.commitAudio()).rejects.toMatchObject({ code: 'VOICE_ERR_AUDIO_EMPTY' });
  });
});

describe('a commit while the user speaks', () => {
  test('is met by an utterance that ends in the audio still waiting, and counts once', async () => {
    const rig = await rigWith();
    await rig.speak(1200);
    rig.session.pushAudio({ samples: silenceSamples(1500), sampleRate: 16_000, startMs: 0 });
    const committed = rig.session.commitAudio();
    await rig.clock.advance(100);
    await expect(committed).resolves.toBeUndefined();
    await rig.clock.advance(4000);
    expect(rig.ofType('transcript-final')).toHaveLength(1);
    expect(rig.ofType('reply-end')).toMatchObject([{ status: 'completed' }]);
  });

  test('has nothing to take once the utterance is over', async () => {
    const rig = await rigWith();
    await rig.ask();
    await expect(rig.session.commitAudio()).rejects.toMatchObject({ code: 'VOICE_ERR_AUDIO_EMPTY' });
  });
});

describe('the sound of a reply', () => {
  test('begins without the silence that the voice begins with; later sentences keep theirs', async () => {
    const quietSampleCount = 4800;
    const rig = await rigWith({
      answer: () => 'The museum is on the left. It opens at nine.',
      engines: (clock) => {
        const tts = scriptedTts({ clock });
        return {
          tts: {
            ...tts,
            async *synthesize(text, call) {
              for await (const chunk of tts.synthesize(text, call)) {
                const samples = new Float32Array(quietSampleCount + chunk.samples.length);
                samples.set(chunk.samples, quietSampleCount);
                yield { ...chunk, samples, words: chunk.words.map((word) => ({ ...word, startMs: word.startMs + 200, endMs: word.endMs + 200 })) };
              }
            },
          },
        };
      },
    });
    await rig.ask();
    await rig.quiet(8000);
    const played = rig.played.flatMap(({ chunk }) => [...chunk.samples]);
    const quietStretches: number[] = [];
    let length = 0;
    for (const sample of played) {
      if (sample === 0) length++;
      else {
        if (length > 24) quietStretches.push(Math.round(length / 24));
        length = 0;
      }
    }
    expect(quietStretches).toEqual([20, 200]);
    expect(rig.session.items.at(-1)).toMatchObject({ type: 'assistant', status: 'completed', text: 'The museum is on the left. It opens at nine.' });
  });
});

describe('items', () => {
  test('of an earlier session are brought back under their names, and new ones find others', async () => {
    const earlier = await rigWith();
    await earlier.ask();
    await earlier.quiet(4000);
    const said = earlier.session.items;
    const rig = await rigWith();
    for (const item of said) rig.session.addItem(item);
    await rig.ask();
    await rig.quiet(4000);
    expect(rig.ofType('error')).toEqual([]);
    expect(rig.session.items.slice(0, 2)).toEqual(said);
    expect(rig.session.items.slice(2)).toMatchObject([{ type: 'user' }, { type: 'assistant', status: 'completed' }]);
    expect(new Set(rig.session.items.map(({ id }) => id)).size).toBe(4);
    expect(rig.ofType('speech-end')[0]?.itemId).toBe(rig.session.items[2]?.id);
  });

  test('a reply can be cut to what a client says was heard, and the cut moved later', async () => {
    const rig = await rigWith({ answer: () => 'One two three four five.' });
    await rig.ask();
    await rig.quiet(3000);
    const reply = rig.session.items.find(({ type }) => type === 'assistant')!;
    expect(rig.session.truncateItem(reply.id, 490)).toBe('One two');
    expect(rig.session.truncateItem(reply.id, 690)).toBe('One two three');
  });

  test('typed text is answered like speech', async () => {
    const rig = await rigWith();
    rig.session.addItem({ id: 'typed', type: 'user', text: 'where is the café' });
    await rig.session.reply();
    await rig.clock.advance(4000);
    expect(rig.ofType('reply-end')).toMatchObject([{ status: 'completed' }]);
  });
});
