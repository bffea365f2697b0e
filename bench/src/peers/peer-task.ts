import type { ShapeName } from '../shapes/model-shape.ts';

export type PeerTask = 'transcribe' | 'moonshine-base' | 'whisper-tiny' | 'detect' | 'speak' | 'speak-reply';
export type Peer = 'transformers.js' | 'sherpa-onnx' | 'vad-web' | 'kokoro-js';
/** Ours, or one of theirs. */
export type Runner = 'sotto' | Peer;

export type PeerTaskSpec = {
  readonly peers: readonly Peer[];
  /** What is done, for the report. */
  readonly what: string;
  /** The model with random weights that does it; otherwise a starter model. */
  readonly shape?: ShapeName;
};

export const PEER_TASKS: Readonly<Record<PeerTask, PeerTaskSpec>> = {
  'transcribe': { peers: ['transformers.js', 'sherpa-onnx'], what: 'a whole question transcribed by the starter recogniser, fp32' },
  'moonshine-base': { peers: ['transformers.js', 'sherpa-onnx'], shape: 'moonshine-base', what: '4 s and 10 s of audio through a model of Moonshine base\'s shape with random weights, fp32; its graph ends the text after 6.5 tokens a second for everybody' },
  'whisper-tiny': { peers: ['transformers.js'], shape: 'whisper-tiny', what: '4 s and 10 s of audio through a model of Whisper tiny\'s shape with random weights, fp32; its graph ends the text after 32 tokens for everybody' },
  'detect': { peers: ['vad-web', 'sherpa-onnx'], what: 'speech found in a question, frame by frame, with Silero v6; vad-web is its frame processor and model class over the same onnxruntime-node' },
  'speak': { peers: ['kokoro-js'], what: 'first audio of a paragraph, of some eighty words, spoken by the starter voice (kokoro-js gives the whole at once)' },
  'speak-reply': { peers: ['kokoro-js'], what: 'the same of a reply of three sentences, of some thirty words' },
};

/** What the others can do as well and is not compared, and why. */
export const NOT_COMPARED: readonly string[] = [
  'Whisper in sherpa-onnx: it wants graphs of its own (all layers\' cross keys and values stacked, as outputs of the encoder, and metadata), not Optimum\'s, so the two would not run the same file.',
  'Kokoro in sherpa-onnx: its model file carries metadata, token and lexicon files and espeak-ng\'s data, which the public ONNX file, and the starter voice, do not have.',
];
