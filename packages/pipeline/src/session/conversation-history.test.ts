import { describe, expect, test } from 'vitest';
import { ConversationHistory } from './conversation-history.ts';

const call = { callId: 'c1', name: 'weather', argumentsJson: '{}' };

describe('messages', () => {
  test('adjacent utterances of the user become one', () => {
    const history = new ConversationHistory();
    history.add({ id: 'a', type: 'user', text: 'where is' });
    history.add({ id: 'b', type: 'user', text: 'the museum' });
    expect(history.messages('You are a kiosk.')).toEqual([
      { role: 'system', text: 'You are a kiosk.' },
      { role: 'user', text: 'where is the museum' },
    ]);
  });

  test('calls of one reply belong to one message, and their result finds its name', () => {
    const history = new ConversationHistory();
    history.add({ id: 'a', type: 'assistant', text: 'Let me look.', words: [], status: 'completed' });
    history.add({ id: 'b', type: 'tool-call', call });
    history.add({ id: 'c', type: 'tool-result', callId: 'c1', name: '', text: 'sunny' });
    expect(history.messages('')).toEqual([
      { role: 'assistant', text: 'Let me look.', toolCalls: [call] },
      { role: 'tool', callId: 'c1', name: 'weather', text: 'sunny' },
    ]);
  });
});

describe('items', () => {
  test('a reply of which nothing was heard is not remembered', () => {
    const history = new ConversationHistory();
    history.add({ id: 'a', type: 'assistant', text: '', words: [], status: 'in-progress' });
    history.closeReply('a', '', [], 'incomplete');
    expect(history.items).toEqual([]);
  });

  test('are inserted where asked, and refused where there is no such place', () => {
    const history = new ConversationHistory();
    history.add({ id: 'a', type: 'user', text: 'one' });
    history.add({ id: 'b', type: 'user', text: 'two' }, 'root');
    expect(history.items.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(() => history.add({ id: 'c', type: 'user', text: 'x' }, 'nowhere')).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION' }));
    expect(() => history.add({ id: 'a', type: 'user', text: 'x' })).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION' }));
  });

  test('do not grow without bound, and forgetting begins at a question', () => {
    const history = new ConversationHistory();
    for (let i = 0; i < 5000; i++) {
      history.add({ id: `u${i}`, type: 'user', text: 'question' });
      history.add({ id: `a${i}`, type: 'assistant', text: 'answer', words: [], status: 'completed' });
    }
    expect(history.items.length).toBeLessThanOrEqual(400);
    expect(history.items[0]?.type).toBe('user');
    expect(history.items.at(-1)?.id).toBe('a4999');
  });
});
