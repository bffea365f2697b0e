import { downmix } from '@sotto/pipeline';
import type { ServedUtterance } from '../src/browser/browser-result.ts';
import type { SpokenText } from '../src/corpus/utterance.ts';

/** A recording that this page can read, with what is said in it. */
export type Recording = SpokenText & {
  /** WAV, FLAC, or whatever else the browser decodes. */
  readonly read: (signal: AbortSignal) => Promise<ArrayBuffer>;
};

/** The recordings that the page's own server offers. */
export function servedRecordings(utterances: readonly ServedUtterance[]): readonly Recording[] {
  return utterances.map(({ audioUrl, ...spoken }) => ({
    ...spoken,
    async read(signal) {
      const response = await fetch(audioUrl, { signal });
      if (!response.ok) throw new Error(`${spoken.id} could not be fetched: the server answered ${response.status}`);
      return response.arrayBuffer();
    },
  }));
}

const AUDIO = /\.(wav|flac|mp3|ogg|m4a|webm)$/i;

/** Audio files of a chosen folder with their text in a `.txt` of the same name beside them; the folder a file lies in is its speaker. */
export async function recordingsFromFiles(files: readonly File[]): Promise<readonly Recording[]> {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
  const recordings: Recording[] = [];
  for (const [path, file] of [...byPath].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = AUDIO.test(path) ? byPath.get(path.replace(AUDIO, '.txt')) : undefined;
    if (text === undefined) continue;
    const speaker = path.split('/').at(-2);
    recordings.push({ id: path, transcript: (await text.text()).trim(), speaker: speaker ?? path, split: 'all', read: () => file.arrayBuffer() });
  }
  return recordings;
}

/** Mono at the wanted rate, by the browser's own decoder and resampler. */
export async function decodeRecording(recording: Recording, sampleRate: number, signal: AbortSignal): Promise<Float32Array> {
  const decoded = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(await recording.read(signal));
  return downmix(Array.from({ length: decoded.numberOfChannels }, (_, channel) => decoded.getChannelData(channel)));
}
