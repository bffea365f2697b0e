/** One library in a process of its own: `node peer-process.js <task> <runner> <threads> <fixtures folder> <model folder>`, asked over IPC. */
import { serveWork } from '../runner/serve-work.ts';
import { openDetector } from './detectors.ts';
import type { PeerTask, Runner } from './peer-task.ts';
import { PARAGRAPHS, REPLIES, openSpeaker } from './speakers.ts';
import { openShapeTranscriber, openStarterTranscriber } from './transcribers.ts';

const [task, runner, threads, fixtures, modelFolder] = process.argv.slice(2) as [PeerTask, Runner, string, string, string];
const threadCount = Number(threads);

await serveWork(() => {
  switch (task) {
    case 'transcribe': return openStarterTranscriber(runner, threadCount, fixtures);
    case 'moonshine-base':
    case 'whisper-tiny': return openShapeTranscriber(runner, threadCount, modelFolder);
    case 'detect': return openDetector(runner, threadCount, fixtures);
    case 'speak': return openSpeaker(runner, threadCount, PARAGRAPHS);
    case 'speak-reply': return openSpeaker(runner, threadCount, REPLIES);
  }
});
