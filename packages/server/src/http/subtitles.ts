import type { TranscribedRecording } from './transcribe-recording.ts';

/** SubRip: numbered cues, a comma before the milliseconds. */
export function toSrt({ segments }: TranscribedRecording): string {
  return segments.map(({ startMs, endMs, text }, index) => `${index + 1}\n${time(startMs, ',')} --> ${time(endMs, ',')}\n${text}\n`).join('\n');
}

/** WebVTT (W3C). */
export function toVtt({ segments }: TranscribedRecording): string {
  const cues = segments.map(({ startMs, endMs, text }) => `${time(startMs, '.')} --> ${time(endMs, '.')}\n${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}\n`);
  return ['WEBVTT\n', ...cues].join('\n');
}

function time(ms: number, decimalMark: ',' | '.'): string {
  const whole = Math.round(ms);
  const part = (value: number, length: number) => String(value).padStart(length, '0');
  return `${part(Math.floor(whole / 3_600_000), 2)}:${part(Math.floor(whole / 60_000) % 60, 2)}:${part(Math.floor(whole / 1000) % 60, 2)}${decimalMark}${part(whole % 1000, 3)}`;
}
