import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '@sotto/pipeline';
import type { ConsoleIo } from '../console/console-io.ts';
import { addModelOptions, modelsFromOptions } from '../console/model-options.ts';
import { waterfallChart } from '../console/waterfall-chart.ts';
import { type FileConversation, talkWithFile } from '../conversation/file-conversation.ts';
import { loadEngines } from '../engines/load-engines.ts';
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
    addModelOptions(talk, ['vad', 'stt', 'llm', 'tts']).action((question: string | undefined, options: TalkOptions) => talkAboutFile(question, options, io));
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
  const models = await modelsFromOptions(options, io);
  const replyPath = resolve(options.out ?? DEFAULT_REPLY_PATH);
  if (options.out === undefined) await mkdir(dirname(replyPath), { recursive: true });
  await using engines = await loadEngines({ models, signal: io.signal });
  const instructions = options.instructions === undefined ? await defaultInstructions(engines.models.llm) : await readFile(options.instructions, 'utf8');
  const settings = { instructions, ...(options.voice !== undefined && { voice: options.voice }) };
  return await talkWithFile({ engines: engines.forSession('talk'), questionPath: question, replyPath, settings, signal: io.signal });
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
