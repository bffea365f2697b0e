import { ConfigError, type SpeechChunk, type TtsEngine } from '@sotto/pipeline';
import { WavWriter } from '../audio-files/wav-writer.ts';
import type { ConsoleIo } from '../console/console-io.ts';
import { addModelOptions, modelsFromOptions } from '../console/model-options.ts';
import { loadVoice } from '../engines/load-engines.ts';
import type { SottoCommand } from '../main.ts';
import type { ModelChoice } from '../models/choose-models.ts';

type SayOptions = ModelChoice & { readonly voice?: string; readonly speed?: string; readonly out: string; readonly json?: true };

export const command: SottoCommand = {
  register(program, io) {
    const say = program
      .command('say')
      .description('speak a text into a WAV file')
      .argument('<text>')
      .option('--voice <name>', 'one of the voices of the model (a wrong name lists them)')
      .option('--speed <factor>', '0.5 to 2; 1 is natural')
      .option('--out <file>', 'where the WAV goes', 'speech.wav')
      .option('--json', 'tell what was made as JSON, with the time of every word');
    addModelOptions(say, ['tts']).action((text: string, options: SayOptions) => sayText(text, options, io));
  },
};

async function sayText(text: string, options: SayOptions, io: ConsoleIo): Promise<void> {
  if (text.trim() === '') throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'The text is empty; expected something to say');
  const { tts: model } = await modelsFromOptions(options, io);
  await using engines = await loadVoice(model);
  const { tts } = engines;
  checkVoice(options.voice, tts);
  const startedAtMs = performance.now();
  let firstAudioMs: number | undefined;
  await using writer = await WavWriter.create(options.out, tts.capabilities.sampleRate);
  const words: SpeechChunk['words'][number][] = [];
  for await (const chunk of tts.synthesize(text, { signal: io.signal, ...(options.voice !== undefined && { voice: options.voice }), ...(options.speed !== undefined && { speed: checkedSpeed(options.speed) }) })) {
    firstAudioMs ??= performance.now() - startedAtMs;
    const offsetMs = writer.durationMs;
    words.push(...chunk.words.map((word) => ({ text: word.text, startMs: word.startMs + offsetMs, endMs: word.endMs + offsetMs })));
    await writer.write(chunk.samples);
  }
  await writer.finish();
  const durationMs = writer.durationMs;
  if (options.json) io.out(JSON.stringify({ file: writer.path, durationMs, firstAudioMs, words }));
  else io.out(`${writer.path} (${(durationMs / 1000).toFixed(1)} s, first audio after ${(firstAudioMs ?? 0).toFixed(0)} ms)`);
}

function checkVoice(voice: string | undefined, { capabilities }: TtsEngine): void {
  if (voice === undefined || capabilities.voices.includes(voice)) return;
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `There is no voice ${voice}; expected one of ${capabilities.voices.join(', ')}`);
}

function checkedSpeed(speed: string): number {
  const factor = Number(speed);
  if (!(factor >= 0.5 && factor <= 2)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `The speed is ${speed}; expected a number from 0.5 to 2`);
  return factor;
}
