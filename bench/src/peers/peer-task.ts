/** What is compared, and with what. The first of each is ours. */
export const PEER_TASKS = {
  transcribe: { ours: 'sotto', peer: 'transformers.js', what: 'a whole question transcribed by the starter recogniser, fp32' },
  speak: { ours: 'sotto', peer: 'kokoro-js', what: 'first audio of a paragraph spoken by the starter voice (kokoro-js gives the whole at once)' },
} as const;

export type PeerTask = keyof typeof PEER_TASKS;
export type Runner = 'sotto' | 'transformers.js' | 'kokoro-js';

/** From the parent to a runner's process, and back. `item` counts recordings or paragraphs. */
export type PeerRequest = { readonly item: number };
export type PeerReply = { readonly ready: { readonly itemCount: number } } | { readonly timing: PeerTiming } | { readonly error: string };

export type PeerTiming = { readonly item: number; readonly wallMs: number; readonly processorMs: number };
