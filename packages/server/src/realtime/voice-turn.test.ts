import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { TestClient } from './testing/test-client.ts';
import { startTestServer } from './testing/test-server.ts';

const speech = (ms: number) => speechSamples(ms, 24_000);
const silence = (ms: number) => silenceSamples(ms, 24_000);

describe('a voice turn', () => {
  it('is told in the order that clients rely on, with complete ids', async () => {
    await using host = await startTestServer();
    const client = await TestClient.connect(`${host.realtimeUrl}?model=gpt-anything`);
    const since = client.events.length;
    client.sendAudio(speech(800));
    client.sendAudio(silence(1200));
    const done = await client.next('response.done');

    // Partial transcripts come when the recogniser has them.
    const free = ['conversation.created', 'conversation.item.input_audio_transcription.delta'];
    expect(client.types(since).filter((type) => !free.includes(type))).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'conversation.item.input_audio_transcription.completed',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.delta',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'conversation.item.done',
      'rate_limits.updated',
      'response.done',
    ]);
    const created = await client.next('response.created');
    expect(new Set(client.events.map(({ event_id }) => event_id)).size).toBe(client.events.length);
    expect(created.response).toMatchObject({ object: 'realtime.response', status: 'in_progress', output: [], conversation_id: expect.stringMatching(/^conv_/) as string });
    expect(done.response).toMatchObject({
      id: created.response.id,
      status: 'completed',
      status_details: null,
      usage: { input_tokens: 10, output_tokens: 6, total_tokens: 16 },
      output: [{ type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_audio', transcript: 'It is a quarter past ten.' }] }],
    });
    const [user, assistant] = client.ofType('conversation.item.added');
    expect(assistant?.previous_item_id).toBe(user?.item.id);
    expect(client.ofType('response.output_audio.delta').every((event) => event.response_id === created.response.id && event.item_id === assistant?.item.id && event.output_index === 0 && event.content_index === 0)).toBe(true);
    await client.close();
  });

  it('sends all the speech there is', async () => {
    await using host = await startTestServer();
    const client = await TestClient.connect(host.realtimeUrl);
    client.sendAudio(speech(800));
    client.sendAudio(silence(1200));
    await client.next('response.done');
    const byteCount = client.ofType('response.output_audio.delta').reduce((sum, { delta }) => sum + Buffer.from(delta, 'base64').length, 0);
    expect(byteCount).toBe(6 * 200 * 48);
    await client.close();
  });
});
