import { MAX_ID_LENGTH, MAX_TEXT_LENGTH } from './realtime-item.ts';
import { type Check, type Checked, anyOf, arrayOf, boolean, integer, json, nullable, number, object, oneOf, optional, tagged, text } from './schema.ts';
import { WireError } from './wire-error.ts';

/** Audio on the wire: 24 kHz mono PCM16 little-endian, or 8 kHz G.711. */
export type WireAudioFormat = { readonly type: 'audio/pcm'; readonly rate: 24000 } | { readonly type: 'audio/pcmu' } | { readonly type: 'audio/pcma' };

export type Eagerness = 'low' | 'medium' | 'high' | 'auto';

export type WireTurnDetection =
  | { readonly type: 'server_vad'; readonly threshold: number; readonly prefix_padding_ms: number; readonly silence_duration_ms: number; readonly create_response: boolean; readonly interrupt_response: boolean; readonly idle_timeout_ms: number | null }
  | { readonly type: 'semantic_vad'; readonly eagerness: Eagerness; readonly create_response: boolean; readonly interrupt_response: boolean };

export type WireTranscription = { readonly model: string; readonly language?: string; readonly prompt?: string };

export type WireTool = { readonly type: 'function'; readonly name: string; readonly description?: string; readonly parameters: Readonly<Record<string, unknown>> };
export type WireToolChoice = 'auto' | 'none' | 'required' | { readonly type: 'function'; readonly name: string };

export type AudioInputConfig = {
  readonly format: WireAudioFormat;
  readonly noise_reduction: { readonly type: 'near_field' | 'far_field' } | null;
  readonly transcription: WireTranscription | null;
  readonly turn_detection: WireTurnDetection | null;
};

/** The `session` object of `session.created` and `session.updated`, without id and times. */
export type RealtimeSessionConfig = {
  readonly type: 'realtime' | 'transcription';
  readonly model: string;
  readonly instructions: string;
  readonly output_modalities: readonly ['audio'] | readonly ['text'];
  readonly tools: readonly WireTool[];
  readonly tool_choice: WireToolChoice;
  readonly max_output_tokens: number | 'inf';
  readonly tracing: unknown;
  readonly include: readonly string[] | null;
  readonly audio: {
    readonly input: AudioInputConfig;
    readonly output: { readonly format: WireAudioFormat; readonly voice: string; readonly speed: number };
  };
};

const checkFormat: Check<WireAudioFormat> = tagged('type', {
  'audio/pcm': (value: unknown, path: string): WireAudioFormat => {
    object({ rate: optional(oneOf(24000)) })(value, path);
    return { type: 'audio/pcm', rate: 24000 };
  },
  'audio/pcmu': (): WireAudioFormat => ({ type: 'audio/pcmu' }),
  'audio/pcma': (): WireAudioFormat => ({ type: 'audio/pcma' }),
});

const checkTurnDetection: Check<WireTurnDetection> = tagged('type', {
  server_vad: (value: unknown, path: string): WireTurnDetection => {
    const given = object({
      threshold: optional(number(0, 1)),
      prefix_padding_ms: optional(integer(0, 5000)),
      silence_duration_ms: optional(integer(32, 10_000)),
      create_response: optional(boolean),
      interrupt_response: optional(boolean),
      idle_timeout_ms: optional(nullable(integer(1000, 600_000))),
    })(value, path);
    return {
      type: 'server_vad',
      threshold: given.threshold ?? 0.5,
      prefix_padding_ms: given.prefix_padding_ms ?? 300,
      silence_duration_ms: given.silence_duration_ms ?? 500,
      create_response: given.create_response ?? true,
      interrupt_response: given.interrupt_response ?? true,
      idle_timeout_ms: given.idle_timeout_ms ?? null,
    };
  },
  semantic_vad: (value: unknown, path: string): WireTurnDetection => {
    const given = object({ eagerness: optional(oneOf('low', 'medium', 'high', 'auto')), create_response: optional(boolean), interrupt_response: optional(boolean) })(value, path);
    return { type: 'semantic_vad', eagerness: given.eagerness ?? 'auto', create_response: given.create_response ?? true, interrupt_response: given.interrupt_response ?? true };
  },
});

const checkTranscription: Check<WireTranscription> = (value, path) => {
  const { model = 'default', language, prompt } = object({ model: optional(text(MAX_ID_LENGTH)), language: optional(nullable(text(16))), prompt: optional(nullable(text(4096))) })(value, path);
  return { model, ...(language ? { language } : {}), ...(prompt ? { prompt } : {}) };
};

const checkTool: Check<WireTool> = tagged('type', {
  function: (value: unknown, path: string): WireTool => {
    const given = object({ name: text(64), description: optional(text(4096)), parameters: optional(json(32_768)) })(value, path);
    if (!/^[a-zA-Z0-9_-]+$/.test(given.name)) throw new WireError('invalid_value', `${path}.name is not a tool name; expected letters, digits, "_" and "-"`, `${path}.name`);
    const tool = { type: 'function' as const, name: given.name, parameters: given.parameters ?? { type: 'object', properties: {} } };
    return given.description === undefined ? tool : { ...tool, description: given.description };
  },
});

/** Tools a session or response can have. */
export const checkTools = arrayOf(checkTool, 128);

export const checkToolChoice: Check<WireToolChoice> = anyOf(object({ type: oneOf('function'), name: text(64) }), oneOf('auto', 'none', 'required'));

/** A voice's name, or `{ id }` as newer clients send it. */
export const checkVoice: Check<string> = (value, path) => (typeof value === 'object' && value !== null ? object({ id: text(64) })(value, path).id : text(64)(value, path));

export const checkModalities: Check<readonly ['audio'] | readonly ['text']> = (value, path) => {
  const given = arrayOf(oneOf('audio', 'text'), 2)(value, path);
  if (given.length === 0) throw new WireError('invalid_value', `${path} is empty; expected ["audio"] or ["text"]`, path);
  return given.includes('audio') ? ['audio'] : ['text'];
};

export const checkMaxOutputTokens: Check<number | 'inf'> = anyOf(oneOf('inf'), integer(1, 4096));

export const checkOutputAudio = object({ format: optional(checkFormat), voice: optional(checkVoice), speed: optional(number(0.25, 1.5)) });

/** Checks the `session` of a `session.update` or of a client secret. Every field is optional. */
export const checkSessionUpdate = object({
  type: optional(oneOf('realtime', 'transcription')),
  model: optional(text(MAX_ID_LENGTH)),
  instructions: optional(text(MAX_TEXT_LENGTH)),
  output_modalities: optional(checkModalities),
  tools: optional(checkTools),
  tool_choice: optional(checkToolChoice),
  max_output_tokens: optional(checkMaxOutputTokens),
  tracing: optional((value: unknown) => value),
  include: optional(nullable(arrayOf(text(64), 8))),
  audio: optional(
    object({
      input: optional(
        object({
          format: optional(checkFormat),
          noise_reduction: optional(nullable(object({ type: oneOf('near_field', 'far_field') }))),
          transcription: optional(nullable(checkTranscription)),
          turn_detection: optional(nullable(checkTurnDetection)),
        }),
      ),
      output: optional(checkOutputAudio),
    }),
  ),
});

export type SessionUpdate = Checked<typeof checkSessionUpdate>;

/** What a session is before its first `session.update`. */
export function defaultSessionConfig(model: string, voice: string, type: 'realtime' | 'transcription' = 'realtime'): RealtimeSessionConfig {
  return {
    type,
    model,
    instructions: '',
    output_modalities: ['audio'],
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    include: null,
    audio: {
      input: { format: { type: 'audio/pcm', rate: 24000 }, noise_reduction: null, transcription: { model: 'default' }, turn_detection: checkTurnDetection({ type: 'server_vad' }, '') },
      output: { format: { type: 'audio/pcm', rate: 24000 }, voice, speed: 1 },
    },
  };
}

/** @throws {WireError} invalid_value at `path` when a tool must be called that is not there. */
export function assertToolChoice(tools: readonly WireTool[], choice: WireToolChoice, path: string): void {
  if (choice === 'required' && tools.length === 0) throw new WireError('invalid_value', `${path} is "required", but there are no tools; send both together`, path);
  if (typeof choice === 'object' && !tools.some(({ name }) => name === choice.name)) {
    throw new WireError('invalid_value', `${path} is ${JSON.stringify(choice.name)}; expected the name of one of the ${tools.length} tools`, path);
  }
}

/**
 * Applies a partial update: what is absent stays, `null` switches off, and an object such as `turn_detection` is replaced as a whole.
 * @throws {WireError} session_type_immutable, and what {@link assertToolChoice} throws.
 */
export function mergeSessionConfig(config: RealtimeSessionConfig, update: SessionUpdate): RealtimeSessionConfig {
  if (update.type !== undefined && update.type !== config.type) {
    throw new WireError('session_type_immutable', `The session is of type "${config.type}" and cannot become "${update.type}"; open another connection`, 'session.type');
  }
  assertToolChoice(update.tools ?? config.tools, update.tool_choice ?? config.tool_choice, 'session.tool_choice');
  const { audio, ...rest } = update;
  return { ...config, ...rest, audio: { input: { ...config.audio.input, ...audio?.input }, output: { ...config.audio.output, ...audio?.output } } };
}

/** The session as its type tells it: a transcription session has no output. */
export function describeSession(config: RealtimeSessionConfig, id: string, expiresAtSeconds: number): Readonly<Record<string, unknown>> {
  const common = { id, type: config.type, expires_at: expiresAtSeconds, include: config.include };
  if (config.type === 'transcription') return { ...common, object: 'realtime.transcription_session', audio: { input: config.audio.input } };
  return { ...common, object: 'realtime.session', ...config };
}
