import { SOTTO_SUBPROTOCOL } from '@sotto/pipeline/protocol';
import { SCRIPTED_WORD_MS, silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { TestClient } from './testing/test-client.ts';
import { startTestServer } from './testing/test-server.ts';

const speech = (ms: number) => speechSamples(ms, 24_000);
const silence = (ms: number) => silenceSamples(ms, 24_000);
const LONG_REPLY = 'One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.';

/** Asks, and waits until the whole reply was sent and has begun to play. */
async function ask(client: TestClient) {
  client.sendAudio(speech(600));
  client.sendAudio(silence(1500));
  return (await client.next('response.done')).response;
}

describe('speech over a reply', () => {
  it('with server_vad cuts the reply at once and keeps the words heard', async () => {
    await using host = await startTestServer({ answer: () => LONG_REPLY });
    const client = await TestClient.connect(host.realtimeUrl);
    const response = await ask(client);
    await new Promise((resolve) => setTimeout(resolve, 900));
    const since = client.events.length;
    client.sendAudio(speech(400));
    await client.next('input_audio_buffer.speech_started', { since });
    const cut = await client.next('conversation.item.truncated', { since });
    expect(cut.item_id).toBe(response.output[0]?.id);
    expect(cut.audio_end_ms).toBeGreaterThan(500);
    expect(cut.audio_end_ms).toBeLessThan(16 * SCRIPTED_WORD_MS);

    client.send({ type: 'conversation.item.retrieve', item_id: cut.item_id });
    const { item } = await client.next('conversation.item.retrieved', { since });
    expect(item).toMatchObject({ status: 'incomplete' });
    if (item.type !== 'message') throw new Error('not a message');
    const kept = (item.content[0] as { transcript: string }).transcript;
    expect(LONG_REPLY.startsWith(kept)).toBe(true);
    expect(kept.split(' ').length).toBeLessThan(16);
    await client.close();
  });

  it.each(['mm-hm', 'one two three'])('with semantic_vad lets the reply go on over %j and tells nothing', async (aside) => {
    await using host = await startTestServer({ answer: () => LONG_REPLY, texts: ['what time is it', aside, 'goodbye'] });
    const client = await TestClient.connect(host.realtimeUrl);
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: 'high' } } } } });
    await ask(client);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const since = client.events.length;
    client.sendAudio(speech(300));
    client.sendAudio(silence(2500));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(client.types(since)).toEqual([]);
    await client.close();
  });

  it('with semantic_vad gives way to words', async () => {
    await using host = await startTestServer({ answer: () => LONG_REPLY, texts: ['what time is it', 'stop and listen to me'] });
    const client = await TestClient.connect(host.realtimeUrl);
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: 'high' } } } } });
    await ask(client);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const since = client.events.length;
    client.sendAudio(speech(1000));
    client.sendAudio(silence(2500));
    await client.next('response.done', { since });
    const types = client.types(since);
    expect(types.indexOf('input_audio_buffer.speech_started')).toBe(0);
    expect(types).toContain('conversation.item.truncated');
    expect(types.indexOf('response.created')).toBeGreaterThan(types.indexOf('conversation.item.input_audio_transcription.completed'));
    await client.close();
  });

  it('is ignored when interrupt_response is false', async () => {
    await using host = await startTestServer({ answer: () => LONG_REPLY });
    const client = await TestClient.connect(host.realtimeUrl);
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: { type: 'server_vad', interrupt_response: false, create_response: true } } } } });
    await ask(client);
    const since = client.events.length;
    client.sendAudio(speech(600));
    client.sendAudio(silence(1500));
    await client.next('conversation.item.input_audio_transcription.completed', { since });
    expect(client.types(since)).not.toContain('conversation.item.truncated');
    await client.close();
  });
});

describe('a response that is still being made', () => {
  const cancelled = (reason: string) => ({ status: 'cancelled', status_details: { type: 'cancelled', reason } });

  /** A client that is sent speech no more than two seconds ahead, so that a long reply goes on while it is heard. */
  async function whileReplying(provoke: (client: TestClient, itemId: string) => void) {
    await using host = await startTestServer({ answer: () => LONG_REPLY, texts: ['what time is it', 'stop and listen to me'] });
    const client = await TestClient.connect(host.realtimeUrl, [SOTTO_SUBPROTOCOL]);
    client.sendAudio(speech(600));
    client.sendAudio(silence(1500));
    const { item_id: itemId } = await client.next('sotto.output_audio.started');
    provoke(client, itemId);
    const { response } = await client.next('response.done');
    await client.close();
    return response;
  }

  it('and is spoken over ends because a turn was detected', async () => {
    expect(await whileReplying((client) => client.sendAudio(speech(400)))).toMatchObject(cancelled('turn_detected'));
  });

  it.each([
    ['response.cancel', () => ({})],
    ['output_audio_buffer.clear', () => ({})],
    ['conversation.item.truncate', (item_id: string) => ({ item_id, content_index: 0, audio_end_ms: 0 })],
    ['conversation.item.delete', (item_id: string) => ({ item_id })],
  ])('and is ended by %s ends because the client cancelled', async (type, fields) => {
    expect(await whileReplying((client, itemId) => client.send({ type, ...fields(itemId) }))).toMatchObject(cancelled('client_cancelled'));
  });
});

describe('conversation.item.truncate', () => {
  it.each([
    [0, ''],
    // A word counts once half of it has sounded.
    [SCRIPTED_WORD_MS / 2 - 1, ''],
    [SCRIPTED_WORD_MS, 'One'],
    [3 * SCRIPTED_WORD_MS, 'One two three'],
    [16 * SCRIPTED_WORD_MS, LONG_REPLY],
  ])('at %i ms keeps exactly %j, in what is shown and in what the model sees', async (audioEndMs, kept) => {
    await using host = await startTestServer({ answer: () => LONG_REPLY, texts: ['what time is it', 'and now'] });
    const client = await TestClient.connect(host.realtimeUrl);
    const response = await ask(client);
    const itemId = response.output[0]!.id;
    client.send({ type: 'conversation.item.truncate', item_id: itemId, content_index: 0, audio_end_ms: audioEndMs });
    expect(await client.next('conversation.item.truncated')).toMatchObject({ item_id: itemId, content_index: 0, audio_end_ms: audioEndMs });
    client.send({ type: 'conversation.item.retrieve', item_id: itemId });
    const { item } = await client.next('conversation.item.retrieved');
    expect(item).toMatchObject({ content: [{ type: 'output_audio', transcript: kept }] });

    client.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go on' }] } });
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    await client.next('response.done', { where: ({ response: other }) => other.id !== response.id });
    const said = host.requests.at(-1)!.messages.filter(({ role }) => role === 'assistant').map(({ text }) => text);
    expect(said).toEqual(kept === '' ? [] : [kept]);
    await client.close();
  });

  it('refuses what cannot be cut', async () => {
    await using host = await startTestServer();
    const client = await TestClient.connect(host.realtimeUrl);
    const response = await ask(client);
    const itemId = response.output[0]!.id;
    const userItemId = client.ofType('conversation.item.added')[0]!.item.id;
    const cases: [object, string, string][] = [
      [{ item_id: 'nobody', content_index: 0, audio_end_ms: 0 }, 'item_not_found', 'item_id'],
      [{ item_id: userItemId, content_index: 0, audio_end_ms: 0 }, 'invalid_value', 'item_id'],
      [{ item_id: itemId, content_index: 1, audio_end_ms: 0 }, 'invalid_value', 'content_index'],
      [{ item_id: itemId, content_index: 0, audio_end_ms: 60_000 }, 'invalid_value', 'audio_end_ms'],
    ];
    for (const [fields, code, param] of cases) {
      const id = client.send({ type: 'conversation.item.truncate', ...fields });
      const { error } = await client.next('error', { where: ({ error: { event_id } }) => event_id === id });
      expect(error).toMatchObject({ type: 'invalid_request_error', code, param });
    }
    await client.close();
  });
});
