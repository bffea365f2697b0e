import { type ReplyRequest, type SessionSettings, type ToolDefinition, type TurnDetection, nearestSpeakingSpeed } from '@sotto/pipeline';
import type { Eagerness, RealtimeSessionConfig, WireTool, WireToolChoice, WireTurnDetection } from '@sotto/pipeline/protocol';

/** `max_output_tokens: 'inf'` still ends somewhere: nobody listens to more than a few minutes of speech. */
const UNLIMITED_OUTPUT_TOKENS = 1024;

/**
 * Wait after words that sound finished, and after words that do not. OpenAI's
 * endpoint documents only the longest waits, 8, 4 and 2 s, of a model that hears
 * more than words; with words alone so long a wait would be felt too often.
 */
const SEMANTIC_WAIT_MS: Readonly<Record<Eagerness, { readonly minSilenceMs: number; readonly maxSilenceMs: number }>> = {
  low: { minSilenceMs: 600, maxSilenceMs: 3000 },
  medium: { minSilenceMs: 320, maxSilenceMs: 1200 },
  auto: { minSilenceMs: 320, maxSilenceMs: 1200 },
  high: { minSilenceMs: 200, maxSilenceMs: 800 },
};

/** What a session needs to know about the engines to make sense of a client's wishes. */
export type EngineOffer = { readonly voices: readonly string[] };

/** A client's session configuration in the session's own terms. */
export function toSessionSettings(config: RealtimeSessionConfig, offer: EngineOffer): Partial<SessionSettings> {
  const { input, output } = config.audio;
  const detection = input.turn_detection;
  return {
    instructions: config.instructions,
    turnDetection: toTurnDetection(detection),
    ...(detection?.type === 'server_vad' ? { speechThreshold: Math.min(0.95, Math.max(0.05, detection.threshold)), prefixPaddingMs: detection.prefix_padding_ms } : {}),
    autoReply: config.type === 'realtime' && (detection?.create_response ?? false),
    interruption: toInterruption(detection),
    speculate: config.type === 'realtime',
    output: config.output_modalities[0] === 'audio' ? 'speech' : 'text',
    voice: toVoice(output.voice, offer),
    speed: nearestSpeakingSpeed(output.speed),
    tools: toTools(config.tools, config.tool_choice),
    toolChoice: toToolChoice(config.tool_choice),
    maxOutputTokens: config.max_output_tokens === 'inf' ? UNLIMITED_OUTPUT_TOKENS : config.max_output_tokens,
    transcription: {
      ...(input.transcription?.language ? { language: input.transcription.language } : {}),
      ...(input.transcription?.prompt ? { prompt: input.transcription.prompt } : {}),
    },
    idleTimeoutMs: detection?.type === 'server_vad' ? (detection.idle_timeout_ms ?? undefined) : undefined,
  };
}

function toTurnDetection(detection: WireTurnDetection | null): TurnDetection {
  if (detection === null) return { type: 'manual' };
  if (detection.type === 'server_vad') return { type: 'silence', silenceMs: detection.silence_duration_ms };
  return { type: 'semantic', ...SEMANTIC_WAIT_MS[detection.eagerness] };
}

/** `server_vad` interrupts on any sound of a voice, `semantic_vad` only on words that are meant as an interruption. */
function toInterruption(detection: WireTurnDetection | null): SessionSettings['interruption'] {
  if (detection === null || !detection.interrupt_response) return 'off';
  return detection.type === 'server_vad' ? 'speech' : 'words';
}

/** Voices of other vendors are tolerated: whatever is not ours is spoken by our first voice. */
export function toVoice(name: string, offer: EngineOffer): string | undefined {
  return offer.voices.includes(name) ? name : offer.voices[0];
}

/** The tools of a reply. "none" offers none; a named one offers only that. */
export function toTools(tools: readonly WireTool[], choice: WireToolChoice): readonly ToolDefinition[] {
  if (choice === 'none') return [];
  const offered = typeof choice === 'object' ? tools.filter(({ name }) => name === choice.name) : tools;
  return offered.map(({ name, description, parameters }) => (description === undefined ? { name, parameters } : { name, description, parameters }));
}

export function toToolChoice(choice: WireToolChoice): NonNullable<ReplyRequest['toolChoice']> {
  return typeof choice === 'object' ? { name: choice.name } : choice;
}

export function toOutputTokens(limit: number | 'inf'): number {
  return limit === 'inf' ? UNLIMITED_OUTPUT_TOKENS : limit;
}
