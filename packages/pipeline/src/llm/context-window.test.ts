import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContextWindow, summarizeUserTurns } from './context-window.ts';
import type { ChatMessage } from './llm-engine.ts';

/** One token a character, and two for the frame. */
const countTokens = (message: ChatMessage) => message.text.length + 2;
const total = (messages: readonly ChatMessage[]) => messages.reduce((sum, message) => sum + countTokens(message), 0);
const system: ChatMessage = { role: 'system', text: 'system' };
const turn = (index: number): ChatMessage[] => [{ role: 'user', text: `question ${index}` }, { role: 'assistant', text: `answer ${index}` }];
const conversation = (turnCount: number): ChatMessage[] => [system, ...Array.from({ length: turnCount }, (_, index) => turn(index)).flat()];

describe('a conversation that fits', () => {
  it('is left alone', () => {
    const messages = conversation(3);
    expect(new ContextWindow({ contextTokenCount: 200, countTokens }).fit(messages, 20)).toEqual(messages);
  });
});

describe('a conversation that does not fit', () => {
  it('loses its oldest turns, never its instructions or its newest turn', () => {
    const messages = conversation(20);
    const kept = new ContextWindow({ contextTokenCount: 200, countTokens }).fit(messages, 20);
    expect(kept[0]).toBe(system);
    expect(kept.slice(1)).toEqual(messages.slice(messages.length - kept.length + 1));
    expect(kept[1]?.role).toBe('user');
    expect(kept.at(-1)).toBe(messages.at(-1));
    expect(total(kept)).toBeLessThanOrEqual(180);
  });

  it('loses them in blocks, so that its beginning stays the same for many turns', () => {
    const window = new ContextWindow({ contextTokenCount: 400, countTokens });
    const messages: ChatMessage[] = [system];
    let previous: readonly ChatMessage[] = [];
    let changes = 0;
    for (let index = 0; index < 60; index++) {
      messages.push(...turn(index));
      const kept = window.fit(messages, 40);
      expect(total(kept)).toBeLessThanOrEqual(360);
      if (previous.some((message, at) => message !== kept[at])) changes++;
      previous = kept;
    }
    // Each turn takes about 25 tokens and half of 360 goes at a time: once in seven turns or so.
    expect(changes).toBeGreaterThan(2);
    expect(changes).toBeLessThan(12);
  });

  it('keeps its place when the newest answer is cut to what was heard', () => {
    const window = new ContextWindow({ contextTokenCount: 200, countTokens });
    const messages = conversation(20);
    const before = window.fit(messages, 20);
    const edited = [...messages.slice(0, -1), { role: 'assistant', text: 'ans' } as const, { role: 'user', text: 'wait' } as const];
    const after = window.fit(edited, 20);
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  it('finds its place again when something before it was removed', () => {
    const window = new ContextWindow({ contextTokenCount: 200, countTokens });
    const messages = conversation(20);
    const before = window.fit(messages, 20);
    expect(window.fit([system, ...messages.slice(3)], 20)).toEqual(before);
  });

  it('never parts a tool call from its result', () => {
    const messages: ChatMessage[] = [
      system,
      ...conversation(4).slice(1),
      { role: 'user', text: 'turn on the light' },
      { role: 'assistant', text: '', toolCalls: [{ callId: 'c1', name: 'light', argumentsJson: '{}' }] },
      { role: 'user', text: 'are you there' },
      { role: 'tool', callId: 'c1', name: 'light', text: 'done' },
      { role: 'assistant', text: 'It is on' },
      { role: 'user', text: 'thanks' },
    ];
    for (let contextTokenCount = 30; contextTokenCount < 250; contextTokenCount += 5) {
      const kept = new ContextWindow({ contextTokenCount, countTokens }).fit(messages, 0);
      const hasCall = kept.some((message) => message.role === 'assistant' && message.toolCalls !== undefined);
      expect(kept.some((message) => message.role === 'tool')).toBe(hasCall);
    }
  });

  it('may leave a line about what was lost', () => {
    const kept = new ContextWindow({ contextTokenCount: 260, countTokens, summarize: summarizeUserTurns }).fit(conversation(20), 0);
    expect(kept[1]).toMatchObject({ role: 'system', text: expect.stringMatching(/^Earlier the user said: .*"question 11"/) as string });
    expect(total(kept)).toBeLessThanOrEqual(260);
  });
});

describe('as the last resort', () => {
  it('a single endless turn is cut in its middle', () => {
    const text = `begin ${'word '.repeat(500)}end`;
    const [, kept] = new ContextWindow({ contextTokenCount: 100, countTokens }).fit([system, { role: 'user', text }], 10);
    expect(kept?.text).toMatch(/^begin .*end$/);
  });

  it('endless instructions are cut at their end', () => {
    const kept = new ContextWindow({ contextTokenCount: 100, countTokens }).fit([{ role: 'system', text: `begin ${'rule '.repeat(500)}` }, { role: 'user', text: 'hi' }], 10);
    expect(kept[0]?.text).toMatch(/^begin rule/);
    expect(kept[1]?.text).toBe('hi');
    expect(total(kept)).toBeLessThanOrEqual(90);
  });

  it('everything fits, whatever it was', () => {
    const message = fc.oneof(
      fc.record({ role: fc.constant('system' as const), text: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
      fc.record({ role: fc.constant('user' as const), text: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
      fc.record({ role: fc.constant('assistant' as const), text: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(message, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 150, max: 400 }), (requests, contextTokenCount) => {
        const window = new ContextWindow({ contextTokenCount, countTokens });
        for (const messages of requests) {
          const kept = window.fit(messages, 50);
          expect(total(kept)).toBeLessThanOrEqual(contextTokenCount - 50);
          expect(kept.every(({ text }) => text.isWellFormed())).toBe(true);
        }
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

it.each([{ contextTokenCount: 0 }, { contextTokenCount: 100, keepRatio: 1 }])('refuses %j', (options) => {
  expect(() => new ContextWindow({ countTokens, ...options })).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION' }));
});
