import type { Machine } from './bench-result.ts';

/** A warning for the reader where other programs wanted the processor as well; empty otherwise. */
export function busyMachineNote({ loadAverage, coreCount }: Machine): readonly string[] {
  if (loadAverage <= coreCount) return [];
  return [`**The machine was busy**: ${loadAverage.toFixed(0)} programs wanted its ${coreCount} cores when this began, so wall times are too long by far. Processor times are nearer to the truth.`];
}
