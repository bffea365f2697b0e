import { decodeAudio } from '../audio-files/read-audio-file.ts';
import { HttpError } from './http-error.ts';
import { parseMultipartForm } from './multipart-form.ts';
import { readBody } from './request-body.ts';
import type { RouteContext } from './route-context.ts';
import { toSrt, toVtt } from './subtitles.ts';
import { type TranscribedRecording, transcribeRecording } from './transcribe-recording.ts';

const FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;
type Format = (typeof FORMATS)[number];

/** `POST /v1/audio/transcriptions` */
export async function handleTranscription({ request, response, engines, signal, maxUploadBytes }: RouteContext): Promise<void> {
  const { fields, files } = parseMultipartForm(await readBody(request, maxUploadBytes), request.headers['content-type']);
  const file = files.get('file');
  if (file === undefined) throw new HttpError(400, 'missing_required_parameter', 'The form has no file; send the recording as the part "file"', { param: 'file' });
  const format = formatOf(fields.get('response_format')?.[0] ?? 'json');
  const granularities = fields.get('timestamp_granularities') ?? [];
  const recording = await transcribeRecording(await decodeAudio(file.bytes, 'The upload'), engines, {
    language: fields.get('language')?.[0],
    prompt: fields.get('prompt')?.[0],
    words: format === 'verbose_json',
    signal,
  });
  const [contentType, body] = render(recording, format, granularities);
  response.writeHead(200, { 'Content-Type': contentType }).end(body);
}

function formatOf(given: string): Format {
  const format = FORMATS.find((known) => known === given);
  if (format === undefined) throw new HttpError(400, 'invalid_value', `response_format is ${JSON.stringify(given.slice(0, 40))}; expected one of ${FORMATS.join(', ')}`, { param: 'response_format' });
  return format;
}

function render(recording: TranscribedRecording, format: Format, granularities: readonly string[]): [string, string] {
  switch (format) {
    case 'text':
      return ['text/plain; charset=utf-8', `${recording.text}\n`];
    case 'srt':
      return ['application/x-subrip; charset=utf-8', toSrt(recording)];
    case 'vtt':
      return ['text/vtt; charset=utf-8', toVtt(recording)];
    case 'json':
      return ['application/json', JSON.stringify({ text: recording.text, usage: { type: 'duration', seconds: Math.ceil(recording.durationMs / 1000) } })];
    case 'verbose_json':
      return ['application/json', JSON.stringify(verbose(recording, granularities))];
  }
}

function verbose(recording: TranscribedRecording, granularities: readonly string[]): object {
  const seconds = (ms: number) => Math.round(ms) / 1000;
  const segments = recording.segments.map((segment, id) => ({
    id,
    seek: 0,
    start: seconds(segment.startMs),
    end: seconds(segment.endMs),
    text: segment.text,
    tokens: segment.tokens,
    temperature: 0,
    avg_logprob: segment.confidence > 0 ? Math.log(segment.confidence) : -10,
    compression_ratio: 1,
    no_speech_prob: segment.noSpeechProbability,
  }));
  const words = recording.segments.flatMap((segment) => segment.words.map(({ text, startMs, endMs }) => ({ word: text, start: seconds(startMs), end: seconds(endMs) })));
  return {
    task: 'transcribe',
    language: recording.language,
    duration: seconds(recording.durationMs),
    text: recording.text,
    ...(granularities.length === 0 || granularities.includes('segment') ? { segments } : {}),
    ...(granularities.length === 0 || granularities.includes('word') ? { words } : {}),
    usage: { type: 'duration', seconds: Math.ceil(recording.durationMs / 1000) },
  };
}
