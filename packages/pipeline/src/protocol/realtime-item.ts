import { type Checked, arrayOf, nullable, object, oneOf, optional, tagged, text } from './schema.ts';

/** Longest id that a client may choose, in characters. */
export const MAX_ID_LENGTH = 128;
/** Longest text of one content part, instructions or tool output, in characters. */
export const MAX_TEXT_LENGTH = 262_144;
/** Longest base64 string of one event: 15 MiB of bytes, the limit of OpenAI's endpoint. */
export const MAX_AUDIO_LENGTH = 20_971_520;

const id = text(MAX_ID_LENGTH);
const itemStatus = oneOf('in_progress', 'completed', 'incomplete');

const contentPart = tagged('type', {
  input_text: object({ type: oneOf('input_text'), text: text(MAX_TEXT_LENGTH) }),
  input_audio: object({ type: oneOf('input_audio'), audio: optional(nullable(text(MAX_AUDIO_LENGTH))), transcript: optional(nullable(text(MAX_TEXT_LENGTH))) }),
  output_text: object({ type: oneOf('output_text'), text: text(MAX_TEXT_LENGTH) }),
  output_audio: object({ type: oneOf('output_audio'), transcript: optional(nullable(text(MAX_TEXT_LENGTH))) }),
});

const message = object({
  type: oneOf('message'),
  id: optional(id),
  role: oneOf('user', 'assistant', 'system'),
  content: arrayOf(contentPart, 64),
  status: optional(itemStatus),
});

const functionCall = object({
  type: oneOf('function_call'),
  id: optional(id),
  call_id: optional(id),
  name: text(MAX_ID_LENGTH),
  arguments: text(MAX_TEXT_LENGTH),
  status: optional(itemStatus),
});

const functionCallOutput = object({
  type: oneOf('function_call_output'),
  id: optional(id),
  call_id: id,
  output: text(MAX_TEXT_LENGTH),
  status: optional(itemStatus),
});

/** An item as a client may create it. */
export const checkNewItem = tagged('type', { message, function_call: functionCall, function_call_output: functionCallOutput });

/** An item, or the id of one in the conversation, as input of one response. */
export const checkResponseInput = tagged('type', {
  message,
  function_call: functionCall,
  function_call_output: functionCallOutput,
  item_reference: object({ type: oneOf('item_reference'), id }),
});

export type NewItem = Checked<typeof checkNewItem>;
export type NewContentPart = Checked<typeof contentPart>;
export type ResponseInput = Checked<typeof checkResponseInput>;

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** One part of a message as the server tells it. Audio itself is never sent back. */
export type ContentPart =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_audio'; readonly transcript: string | null }
  | { readonly type: 'output_text'; readonly text: string }
  | { readonly type: 'output_audio'; readonly transcript: string };

/** One entry of the conversation as the server tells it. */
export type RealtimeItem =
  | { readonly id: string; readonly object: 'realtime.item'; readonly type: 'message'; readonly role: 'user' | 'assistant' | 'system'; readonly status: ItemStatus; readonly content: readonly ContentPart[] }
  | { readonly id: string; readonly object: 'realtime.item'; readonly type: 'function_call'; readonly status: ItemStatus; readonly call_id: string; readonly name: string; readonly arguments: string }
  | { readonly id: string; readonly object: 'realtime.item'; readonly type: 'function_call_output'; readonly status: ItemStatus; readonly call_id: string; readonly output: string };
