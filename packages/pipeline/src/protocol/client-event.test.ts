import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientEvent } from './client-event.ts';
import { WIRE_ERROR_CODES } from './wire-error.ts';

const parse = (event: unknown) => parseClientEvent(JSON.stringify(event));

describe('parseClientEvent', () => {
  it('accepts what stock clients send and drops the fields it does not know', () => {
    const parsed = parse({ type: 'session.update', event_id: 'e1', session: { type: 'realtime', tracing: 'auto', future: { field: 1 }, audio: { input: { turn_detection: { type: 'semantic_vad', model_version: 'x' } } } } });
    expect(parsed).toEqual({
      ok: true,
      event: {
        type: 'session.update',
        event_id: 'e1',
        session: { type: 'realtime', tracing: 'auto', audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: 'auto', create_response: true, interrupt_response: true } } } },
      },
    });
  });

  it.each([
    ['{', 'invalid_json', null, undefined],
    ['[]', 'invalid_event', null, undefined],
    ['{"event_id":"e"}', 'missing_required_parameter', 'type', 'e'],
    ['{"type":"nonsense","event_id":"e"}', 'unknown_event_type', 'type', 'e'],
    ['{"type":"__proto__"}', 'unknown_event_type', 'type', undefined],
    ['{"type":"input_audio_buffer.append","event_id":"e"}', 'missing_required_parameter', 'audio', 'e'],
    ['{"type":"input_audio_buffer.append","event_id":"e","audio":5}', 'invalid_type', 'audio', 'e'],
    ['{"type":"session.update","event_id":"e","session":{"audio":{"input":{"format":{"type":"audio/opus"}}}}}', 'invalid_value', 'session.audio.input.format.type', 'e'],
    ['{"type":"session.update","event_id":"e","session":{"audio":{"input":{"format":{"type":"audio/pcm","rate":16000}}}}}', 'invalid_value', 'session.audio.input.format.rate', 'e'],
    ['{"type":"session.update","event_id":"e","session":{"audio":{"output":{"speed":9}}}}', 'invalid_value', 'session.audio.output.speed', 'e'],
    ['{"type":"session.update","event_id":"e","session":{"tools":[{"type":"function","name":"a b"}]}}', 'invalid_value', 'session.tools[0].name', 'e'],
    ['{"type":"conversation.item.truncate","event_id":"e","item_id":"i","content_index":0,"audio_end_ms":-1}', 'invalid_value', 'audio_end_ms', 'e'],
    ['{"type":"conversation.item.truncate","event_id":"e","item_id":"i","content_index":0,"audio_end_ms":1.5}', 'invalid_value', 'audio_end_ms', 'e'],
    ['{"type":"conversation.item.create","event_id":"e","item":{"type":"message","role":"user","content":[{"type":"input_image"}]}}', 'invalid_value', 'item.content[0].type', 'e'],
    [JSON.stringify({ type: 'conversation.item.retrieve', event_id: 'e', item_id: 'x'.repeat(200) }), 'value_too_large', 'item_id', 'e'],
    [JSON.stringify({ type: 'response.create', event_id: 'e', response: { metadata: { key: 'x'.repeat(513) } } }), 'value_too_large', 'response.metadata.key', 'e'],
  ])('answers %s with %s at %s', (message, code, param, eventId) => {
    const parsed = parseClientEvent(message);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.error.toBody(parsed.eventId)).toMatchObject({ type: 'invalid_request_error', code, param, event_id: eventId ?? null });
  });

  it('never throws and never echoes much of what it got, on any JSON whatsoever', () => {
    const event = fc.record({ type: fc.oneof(fc.constantFrom('session.update', 'response.create', 'conversation.item.create', 'input_audio_buffer.append'), fc.string()), event_id: fc.jsonValue(), session: fc.jsonValue(), item: fc.jsonValue(), response: fc.jsonValue(), audio: fc.jsonValue() }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), event.map((value) => JSON.stringify(value))), (message) => {
        const parsed = parseClientEvent(message);
        if (parsed.ok) return;
        expect(WIRE_ERROR_CODES).toContain(parsed.error.code);
        expect(parsed.error.message.length).toBeLessThan(600);
      }),
      { seed: 3, numRuns: 5000 },
    );
  });
});
