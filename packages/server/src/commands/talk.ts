import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, type SessionEvent, type SessionSettings, VoiceError } from '@sotto/pipeline';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import type { ConsoleIo } from '../console/console-io.ts';
import { addModelOptions, modelsFromOptions } from '../console/model-options.ts';
import { waterfallChart } from '../console/waterfall-chart.ts';
import { type FileConversation, talkWithFile } from '../conversation/file-conversation.ts';
import { talkThroughMicrophone } from '../conversation/microphone-conversation.ts';
import { type LoadedEngines, loadEngines } from '../engines/load-engines.ts';
import type { SottoCommand } from '../main.ts';
import type { ModelChoice } from '../models/choose-models.ts';
import { defaultInstructions } from '../models/default-instructions.ts';

type TalkOptions = ModelChoice & { readonly out?: string; readonly json?: true; readonly mic?: true; readonly instructions?: string; readonly voice?: string };

export const DEFAULT_REPLY_PATH = 'sotto-out/reply.wav';

export const command: SottoCommand = {
  register(program, io) {
    const talk = program
      .command('talk')
      .description('ask a question out loud and hear the answer')
      .argument('[question]', 'WAV or FLAC file with a spoken question')
      .option('--mic', 'talk through microphone and loudspeaker instead of files')
      .option('--out <file>', `where the spoken reply goes (default: ${DEFAULT_REPLY_PATH})`)
      .option('--instructions <file>', 'text file that tells the assistant who it is and what it knows')
      .option('--voice <name>', 'one of the voices of the model')
      .option('--json', 'transcript, reply and timings as JSON');
    addModelOptions(talk, ['vad', 'stt', 'llm', 'tts']).action((question: string | undefined, options: TalkOptions) => (options.mic ? talkAloud(options, io) : talkAboutFile(question, options, io)));
  },
};

async function talkAboutFile(question: string | undefined, options: TalkOptions, io: ConsoleIo): Promise<void> {
  if (question === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'There is no question; give a WAV or FLAC file, or --mic');
  const conversation = await answerFile(question, options, io);
  if (options.json) io.out(JSON.stringify(conversation));
  else printConversation(conversation, io);
}

/** One conversation with a file, engines loaded and freed around it. */
export async function answerFile(question: string, options: TalkOptions, io: ConsoleIo): Promise<FileConversation> {
  // Before anything is loaded, so that a bad file is told at once.
  const audio = await readAudioFile(question);
  const models = await modelsFromOptions(options, io);
  const replyPath = resolve(options.out ?? DEFAULT_REPLY_PATH);
  if (options.out === undefined) await mkdir(dirname(replyPath), { recursive: true });
  await using engines = await loadEngines({ models, signal: io.signal });
  const settings = await settingsFrom(options, engines);
  return await talkWithFile({ engines: engines.forSession('talk'), question: audio, questionName: question, replyPath, settings, signal: io.signal });
}

async function settingsFrom({ instructions, voice }: TalkOptions, engines: LoadedEngines): Promise<Partial<SessionSettings>> {
  return {
    instructions: instructions === undefined ? await defaultInstructions(engines.models.llm) : await readInstructions(instructions),
    ...(voice !== undefined && { voice }),
  };
}

async function readInstructions(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new VoiceError('VOICE_ERR_DISK', `${path} could not be read: ${(cause as Error).message}`, { cause });
  });
}

/** Microphone and loudspeaker, until Ctrl-C. */
async function talkAloud(options: TalkOptions, io: ConsoleIo): Promise<void> {
  const models = await modelsFromOptions(options, io);
  await using engines = await loadEngines({ models, signal: io.signal });
  io.note('Speak. Ctrl-C ends the conversation.');
  await talkThroughMicrophone({
    engines: engines.forSession('talk'),
    settings: await settingsFrom(options, engines),
    onEvent: (event) => printEvent(event, options.json === true, io),
    env: io.env,
    signal: io.signal,
  });
}

function printEvent(event: SessionEvent, json: boolean, io: ConsoleIo): void {
  switch (event.type) {
    case 'transcript-partial':
      return io.rewriteNote(`You:   ${event.text}`);
    case 'transcript-final':
      return io.out(json ? JSON.stringify({ type: 'you', text: event.transcript.text, confidence: event.transcript.confidence }) : `You:   ${event.transcript.text}`);
    case 'reply-speech':
      return io.rewriteNote(`Sotto: ${event.text}`);
    case 'reply-end':
      return io.out(json ? JSON.stringify({ type: 'sotto', text: event.text, heard: event.heardText, status: event.status }) : `Sotto: ${event.heardText}${event.status === 'interrupted' ? ' …' : ''}`);
    case 'turn-latency':
      return io.note(`       (${event.waterfall.totalMs.toFixed(0)} ms from the end of your speech to the first sound)`);
    case 'error':
      return io.note(`sotto: ${event.error.message} (${event.error.code})`);
    default:
  }
}

export function printConversation({ turns, replyPath, replyMs }: FileConversation, io: ConsoleIo): void {
  for (const turn of turns) {
    io.out(`You:   ${turn.transcript || '(nothing was understood)'}`);
    io.out(`Sotto: ${turn.reply}`);
    if (turn.waterfall) for (const line of waterfallChart(turn.waterfall)) io.out(line);
    if (turn.firstAudioMs !== undefined) io.out(`  first sound of the reply ${(turn.firstAudioMs / 1000).toFixed(2)} s after the start of the process`);
  }
  io.out(`Reply: ${replyPath} (${(replyMs / 1000).toFixed(1)} s)`);
}
