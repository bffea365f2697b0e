import type { ChatMessage, ToolDefinition } from '@sotto/pipeline';
import { describe, expect, it } from 'vitest';
import { forcedTools, toChatHistory, toFunctions } from './llama-history.ts';

const call = { callId: 'c1', name: 'lights', argumentsJson: '{"on":true}' };

describe('a history', () => {
  it('puts calls, their results and the words after them into one turn of the model', () => {
    const messages: ChatMessage[] = [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Light!' },
      { role: 'assistant', text: 'One moment.', toolCalls: [call] },
      { role: 'tool', callId: 'c1', name: 'lights', text: '{"ok":true}' },
      { role: 'assistant', text: 'Done.' },
      { role: 'user', text: 'Thanks' },
    ];
    expect(toChatHistory(messages)).toEqual([
      { type: 'system', text: 'Be brief.' },
      { type: 'user', text: 'Light!' },
      { type: 'model', response: ['One moment.', { type: 'functionCall', name: 'lights', params: { on: true }, result: { ok: true } }, 'Done.'] },
      { type: 'user', text: 'Thanks' },
    ]);
  });

  it('that ends with a result goes on in the same turn', () => {
    const messages: ChatMessage[] = [{ role: 'user', text: 'Light!' }, { role: 'assistant', text: '', toolCalls: [call] }, { role: 'tool', callId: 'c1', name: 'lights', text: 'plain text' }];
    expect(toChatHistory(messages).at(-1)).toEqual({ type: 'model', response: [{ type: 'functionCall', name: 'lights', params: { on: true }, result: 'plain text' }] });
  });

  it('that ends with an answer starts a new one', () => {
    expect(toChatHistory([{ role: 'assistant', text: 'Hello.' }])).toEqual([{ type: 'model', response: ['Hello.'] }, { type: 'model', response: [] }]);
  });

  it('survives a call without a result and arguments that are no JSON', () => {
    const messages: ChatMessage[] = [{ role: 'assistant', text: '', toolCalls: [{ ...call, argumentsJson: '{"on' }] }, { role: 'user', text: 'Stop' }];
    expect(toChatHistory(messages)[0]).toEqual({ type: 'model', response: [{ type: 'functionCall', name: 'lights', params: '{"on', result: undefined }] });
  });
});

describe('tools', () => {
  const tools: ToolDefinition[] = [{ name: 'lights', description: 'd', parameters: { type: 'object', properties: { on: { type: 'boolean' } } } }];
  const messages: ChatMessage[] = [{ role: 'user', text: 'a' }];

  it('are offered with what a grammar can hold of their schema', () => {
    expect(toFunctions({ messages, tools })).toEqual({ lights: { description: 'd', params: { type: 'object', properties: { on: { type: 'boolean' } } } } });
  });

  it('are not offered when none may be called', () => {
    expect(toFunctions({ messages, tools, toolChoice: 'none' })).toBeUndefined();
    expect(toFunctions({ messages, tools: [] })).toBeUndefined();
  });

  it('are forced by name or all together', () => {
    expect(forcedTools({ messages, tools })).toBeUndefined();
    expect(forcedTools({ messages, tools, toolChoice: 'auto' })).toBeUndefined();
    expect(forcedTools({ messages, tools, toolChoice: 'required' })).toEqual(tools);
    expect(forcedTools({ messages, tools, toolChoice: { name: 'lights' } })).toEqual(tools);
    expect(forcedTools({ messages, tools, toolChoice: { name: 'other' } })).toEqual([]);
  });
});
