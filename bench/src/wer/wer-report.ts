import type { BenchResult } from '../result/bench-result.ts';
import { percent, percentInterval, table } from '../result/format-figures.ts';
import type { WerScores } from './score-corpus.ts';

export type WerResult = BenchResult<'wer', WerScores>;

/** The figures as Markdown, with what is needed to measure them again. */
export function formatWer(result: WerResult): string {
  const { body, machine, models } = result;
  const { words } = body;
  const stt = models.stt;
  return `${[
    `# Word error rate: ${stt?.id ?? 'unknown model'} (${stt?.dtype ?? '?'}) on ${body.corpus}`,
    `**WER ${percentInterval(body.wordErrorRate)}**, CER ${percent(body.characterErrorRate)}; ${body.mode} mode, normaliser \`${body.normalizer}\`; 95 % interval by bootstrap over ${body.speakerCount} speakers.`,
    `${body.utteranceCount} utterances, ${words.referenceCount} words: ${words.substitutions} substituted, ${words.deletions} deleted, ${words.insertions} inserted${body.skippedCount === 0 ? '' : `; ${body.skippedCount} without reference words left out`}.`,
    `Real-time factor ${body.realTimeFactor.toFixed(4)}, ${body.coreSecondsPerAudioHour.toFixed(0)} core-seconds per hour of audio${body.firstPartialMs === undefined ? '' : `, first partial after ${Math.round(body.firstPartialMs)} ms of speech, ${percent(body.partialRevisionRate)} of partial words revised`}.`,
    table(['split', 'utterances', 'words', 'S', 'D', 'I', 'WER (95 %)'], body.splits.map(({ split, utteranceCount, words: counts, wordErrorRate }) => [split, String(utteranceCount), String(counts.referenceCount), String(counts.substitutions), String(counts.deletions), String(counts.insertions), percentInterval(wordErrorRate)])),
    table(['speaker', 'utterances', 'WER'], body.speakers.map(({ speaker, utteranceCount, wordErrorRate }) => [speaker, String(utteranceCount), percent(wordErrorRate)])),
    body.utterances.length === 0 ? 'Figures only: the words are left out.' : table(['said', 'heard', 'times'], body.confusions.map(({ reference, hypothesis, count }) => [reference ?? '–', hypothesis ?? '–', String(count)])),
    `Measured ${result.measuredAt.slice(0, 10)} on ${machine.coreCount} × ${machine.processor} (load ${machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
    `Models: ${Object.entries(stt?.sha256 ?? {}).map(([path, digest]) => `${path} \`${digest.slice(0, 16)}…\``).join(', ')}.`,
  ].join('\n\n')}\n`;
}
