import type { ConsoleIo } from '@sotto/server';
import type { Command } from 'commander';
import { registerAnswers } from './answers/answers-command.ts';
import { registerBrowser } from './browser/browser-command.ts';
import { registerCompare } from './compare/compare-command.ts';
import { registerLatency } from './latency/latency-command.ts';
import { registerLoad } from './load/load-command.ts';
import { registerPeers } from './peers/peers-command.ts';
import { registerShapes } from './shapes/shapes-command.ts';
import { registerTurns } from './turns/turns-command.ts';
import { registerWer } from './wer/wer-command.ts';

/** Adds the bench's commands. `args` is the command line after `bench`, which every result carries. */
export function registerBench(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  registerWer(bench, io, args);
  registerTurns(bench, io, args);
  registerLatency(bench, io, args);
  registerAnswers(bench, io, args);
  registerPeers(bench, io, args);
  registerShapes(bench, io, args);
  registerLoad(bench, io, args);
  registerBrowser(bench, io, args);
  registerCompare(bench, io);
}
