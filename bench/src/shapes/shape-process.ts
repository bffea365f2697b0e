/** One model with random weights in a process of its own: `node shape-process.js <folder> <threads> <seconds,seconds>`, asked over IPC. */
import { serveWork } from '../runner/serve-work.ts';
import { openShape } from './shape-work.ts';

const [directory, threads, seconds] = process.argv.slice(2) as [string, string, string];
await serveWork(() => openShape(directory, Number(threads), seconds.split(',').map(Number)));
