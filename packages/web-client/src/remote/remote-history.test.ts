import type { RealtimeItem, SentServerEvent } from '@sotto/pipeline/protocol';
import { expect, test } from 'vitest';
import { RemoteHistory } from './remote-history.ts';

const event = (given: object) => ({ event_id: 'event_1', ...given }) as SentServerEvent;
const added = (id: string, role: 'user' | 'assistant' | 'system', content: object[]) => event({ type: 'conversation.item.added', previous_item_id: null, item: message(id, role, content) });
const message = (id: string, role: string, content: object[]) => ({ id, object: 'realtime.item', type: 'message', role, status: 'completed', content }) as unknown as RealtimeItem;
const retold = (history: RemoteHistory) => history.retelling.map((told) => (told['item'] as { id: string; role: string; content: { text: string }[] })).map(({ id, role, content }) => [id, role, content[0]?.text]);

test('spoken and typed questions and what was heard of the answers are told again in order', () => {
  const history = new RemoteHistory();
  history.take(added('a', 'user', [{ type: 'input_audio', transcript: null }]));
  history.take(event({ type: 'conversation.item.input_audio_transcription.completed', item_id: 'a', content_index: 0, transcript: 'when does it open' }));
  history.take(added('b', 'assistant', []));
  history.setText('b', 'It opens');
  history.take(added('c', 'user', [{ type: 'input_text', text: 'And closes?' }]));
  expect(retold(history)).toEqual([['a', 'user', 'when does it open'], ['b', 'assistant', 'It opens'], ['c', 'user', 'And closes?']]);
});

test('what has no words, was deleted or never was part of the conversation is not told', () => {
  const history = new RemoteHistory();
  history.take(added('unheard', 'assistant', []));
  history.take(added('deleted', 'user', [{ type: 'input_text', text: 'Forget this' }]));
  history.take(event({ type: 'conversation.item.deleted', item_id: 'deleted' }));
  history.setText('deleted', 'Forget this');
  history.take(added('rules', 'system', [{ type: 'input_text', text: 'Be kind' }]));
  expect(retold(history)).toEqual([]);
  expect(history.itemIds).toEqual(['unheard']);
});

test('after a return that missed too much, it is what the server says', () => {
  const history = new RemoteHistory();
  history.take(added('old', 'user', [{ type: 'input_text', text: 'Old' }]));
  history.take(event({ type: 'sotto.session.resumed', complete: false, items: [message('new', 'assistant', [{ type: 'output_audio', transcript: 'New' }])] }));
  expect(retold(history)).toEqual([['new', 'assistant', 'New']]);
});
