import { MAX_AUDIO_LENGTH, MAX_ID_LENGTH, MAX_TEXT_LENGTH, checkNewItem, checkResponseInput } from './realtime-item.ts';
import { checkMaxOutputTokens, checkModalities, checkOutputAudio, checkSessionUpdate, checkToolChoice, checkTools } from './realtime-session-config.ts';
import { type Check, type Checked, arrayOf, asRecord, integer, nullable, object, oneOf, optional, text } from './schema.ts';
import { WireError } from './wire-error.ts';

const id = text(MAX_ID_LENGTH);

/** Sixteen pairs of at most 64 and 512 characters, as OpenAI's endpoint allows. */
const checkMetadata: Check<Readonly<Record<string, string>>> = (value, path) => {
  const entries = Object.entries(asRecord(value, path));
  if (entries.length > 16) throw new WireError('value_too_large', `${path} has ${entries.length} keys; at most 16 are allowed`, path);
  return Object.fromEntries(entries.map(([key, entry]) => [text(64)(key, `${path} key`), text(512)(entry, `${path}.${key}`)]));
};

const checkResponse = object({
  conversation: optional(oneOf('auto', 'none')),
  input: optional(arrayOf(checkResponseInput, 512)),
  instructions: optional(text(MAX_TEXT_LENGTH)),
  output_modalities: optional(checkModalities),
  audio: optional(object({ output: optional(checkOutputAudio) })),
  tools: optional(checkTools),
  tool_choice: optional(checkToolChoice),
  max_output_tokens: optional(checkMaxOutputTokens),
  metadata: optional(nullable(checkMetadata)),
});

const eventId = optional(id);

const CLIENT_EVENT_CHECKS = {
  'session.update': object({ type: oneOf('session.update'), event_id: eventId, session: checkSessionUpdate }),
  'input_audio_buffer.append': object({ type: oneOf('input_audio_buffer.append'), event_id: eventId, audio: text(MAX_AUDIO_LENGTH) }),
  'input_audio_buffer.commit': object({ type: oneOf('input_audio_buffer.commit'), event_id: eventId }),
  'input_audio_buffer.clear': object({ type: oneOf('input_audio_buffer.clear'), event_id: eventId }),
  'output_audio_buffer.clear': object({ type: oneOf('output_audio_buffer.clear'), event_id: eventId }),
  'conversation.item.create': object({ type: oneOf('conversation.item.create'), event_id: eventId, previous_item_id: optional(nullable(id)), item: checkNewItem }),
  'conversation.item.retrieve': object({ type: oneOf('conversation.item.retrieve'), event_id: eventId, item_id: id }),
  'conversation.item.delete': object({ type: oneOf('conversation.item.delete'), event_id: eventId, item_id: id }),
  'conversation.item.truncate': object({ type: oneOf('conversation.item.truncate'), event_id: eventId, item_id: id, content_index: integer(0, 63), audio_end_ms: integer(0, 86_400_000) }),
  'response.create': object({ type: oneOf('response.create'), event_id: eventId, response: optional(nullable(checkResponse)) }),
  'response.cancel': object({ type: oneOf('response.cancel'), event_id: eventId, response_id: optional(nullable(id)) }),
} as const;

export type ClientEventType = keyof typeof CLIENT_EVENT_CHECKS;
export type ClientEvent = { [T in ClientEventType]: Checked<(typeof CLIENT_EVENT_CHECKS)[T]> }[ClientEventType];
export type ClientEventOf<T extends ClientEventType> = Extract<ClientEvent, { readonly type: T }>;
export type ResponseRequest = Checked<typeof checkResponse>;

export const CLIENT_EVENT_TYPES = Object.keys(CLIENT_EVENT_CHECKS) as readonly ClientEventType[];

export type ParsedClientEvent =
  | { readonly ok: true; readonly event: ClientEvent }
  /** `eventId` is the client's, when it could be read. */
  | { readonly ok: false; readonly error: WireError; readonly eventId: string | undefined };

/** Reads one text message of a client. Never throws: what is wrong comes back as an error to be sent. */
export function parseClientEvent(message: string): ParsedClientEvent {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return { ok: false, error: new WireError('invalid_json', `The message of ${message.length} characters is not JSON`), eventId: undefined };
  }
  let offendingId: string | undefined;
  try {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WireError('invalid_event', 'The message is JSON but not an object; expected an event with a "type"');
    const record = value as Record<string, unknown>;
    if (typeof record['event_id'] === 'string' && record['event_id'].length <= MAX_ID_LENGTH) offendingId = record['event_id'];
    const type = record['type'];
    if (typeof type !== 'string') throw new WireError('missing_required_parameter', 'type is missing; expected the name of a client event', 'type');
    if (!Object.hasOwn(CLIENT_EVENT_CHECKS, type)) {
      throw new WireError('unknown_event_type', `${type.length > 64 ? `A type of ${type.length} characters` : JSON.stringify(type)} is not a client event; expected one of ${CLIENT_EVENT_TYPES.join(', ')}`, 'type');
    }
    return { ok: true, event: CLIENT_EVENT_CHECKS[type as ClientEventType](record, '') };
  } catch (thrown) {
    if (thrown instanceof WireError) return { ok: false, error: thrown, eventId: offendingId };
    throw thrown;
  }
}
