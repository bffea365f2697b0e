import { AudioFormatError, resample, segmentSpeech, type Transcript } from '@sotto/pipeline';
import { type AudioFile, readAudioFile } from '../audio-files/read-audio-file.ts';
import type { ConsoleIo } from '../console/console-io.ts';
import { addModelOptions, modelsFromOptions } from '../console/model-options.ts';
import { loadRecogniser } from '../engines/load-engines.ts';
import type { SottoCommand } from '../main.ts';
import type { ModelChoice } from '../models/choose-models.ts';

type TranscribeCommandOptions = ModelChoice & { readonly json?: true; readonly words?: true; readonly language?: string };

export const command: SottoCommand = {
  register(program, io) {
    const transcribe = program
      .command('transcribe')
      .description('write down what is said in WAV or FLAC files')
      .argument('<files...>')
      .option('--json', 'one JSON object for each file')
      .option('--words', 'with the time of every word, where the model gives them')
      .option('--language <tag>', 'language spoken, for models that know several');
    addModelOptions(transcribe, ['stt']).action((files: string[], options: TranscribeCommandOptions) => transcribeFiles(files, options, io));
  },
};

type FileTranscript = { readonly file: string; readonly text: string; readonly durationMs: number; readonly segments: readonly Segment[] };
type Segment = Pick<Transcript, 'text' | 'confidence' | 'words' | 'language'> & { readonly startMs: number; readonly endMs: number };

async function transcribeFiles(files: readonly string[], options: TranscribeCommandOptions, io: ConsoleIo): Promise<void> {
  // Before anything is loaded, so that a bad file is told at once; one of a thousand is read when its turn comes.
  let next: AudioFile | undefined = await readAudioFile(files[0]!);
  const { stt } = await modelsFromOptions(options, io);
  await using engines = await loadRecogniser(stt);
  for (const file of files) {
    const transcript = await transcribeFile(file, next ?? (await readAudioFile(file)), engines, options, io.signal);
    next = undefined;
    if (options.json) io.out(JSON.stringify(transcript));
    else print(transcript, files.length > 1, options.words === true, io);
  }
}

async function transcribeFile(file: string, audio: AudioFile, { vad, stt }: Pick<Awaited<ReturnType<typeof loadRecogniser>>, 'vad' | 'stt'>, options: TranscribeCommandOptions, signal: AbortSignal): Promise<FileTranscript> {
  const samples = resample(audio.samples, audio.sampleRate, stt.capabilities.sampleRate);
  const segments: Segment[] = [];
  for await (const speech of segmentSpeech(samples, vad, { maxSegmentMs: stt.capabilities.maxSegmentMs, signal })) {
    const { text, confidence, words, language } = await stt.transcribe(speech.samples, { signal, words: options.words === true, ...(options.language !== undefined && { language: options.language }) });
    if (text === '') continue;
    const shifted = words?.map((word) => ({ text: word.text, startMs: word.startMs + speech.startMs, endMs: word.endMs + speech.startMs }));
    segments.push({ startMs: speech.startMs, endMs: speech.endMs, text, confidence, ...(shifted && { words: shifted }), ...(language !== undefined && { language }) });
  }
  if (segments.length === 0) throw new AudioFormatError('VOICE_ERR_AUDIO_EMPTY', `No speech was found in ${file} (${(audio.durationMs / 1000).toFixed(1)} s)`);
  return { file, text: segments.map(({ text }) => text).join(' '), durationMs: audio.durationMs, segments };
}

function print({ file, text, segments }: FileTranscript, named: boolean, words: boolean, io: ConsoleIo): void {
  io.out(named ? `${file}: ${text}` : text);
  if (!words) return;
  for (const segment of segments) {
    for (const word of segment.words ?? []) io.out(`${seconds(word.startMs)} ${seconds(word.endMs)}  ${word.text}`);
    if (!segment.words) io.out(`${seconds(segment.startMs)} ${seconds(segment.endMs)}  ${segment.text}`);
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2).padStart(8);
}
