import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PlaybackCommand, PlaybackReport } from './playback-message.ts';

const SAMPLE_RATE = 48_000;
const QUANTUM_SAMPLE_COUNT = 128;
/** Enough quanta for the fade of a stop. */
const FADE_QUANTUM_COUNT = 3;

type Processor = { readonly port: { onmessage: (event: { data: PlaybackCommand }) => void }; process(inputs: unknown, outputs: Float32Array[][]): boolean };

let Playback: new () => Processor;
let playback: Processor;
let reports: PlaybackReport[];

beforeAll(async () => {
  // What the audio thread offers to a worklet's module.
  vi.stubGlobal('AudioWorkletProcessor', class { readonly port = { postMessage: (report: PlaybackReport) => reports.push(report) }; });
  vi.stubGlobal('registerProcessor', (_: string, processor: typeof Playback) => (Playback = processor));
  vi.stubGlobal('sampleRate', SAMPLE_RATE);
  vi.stubGlobal('currentFrame', 0);
  await import('./playback-worklet.ts');
});
beforeEach(() => {
  reports = [];
  playback = new Playback();
});

const tell = (command: PlaybackCommand) => playback.port.onmessage({ data: command });
const write = (replyKey: number, epoch: number, value: number, sampleCount = 4800) => tell({ type: 'write', replyKey, epoch, samples: new Float32Array(sampleCount).fill(value) });

function play(quantumCount: number): Float32Array {
  const heard = new Float32Array(quantumCount * QUANTUM_SAMPLE_COUNT);
  for (let i = 0; i < quantumCount; i++) {
    const quantum = new Float32Array(QUANTUM_SAMPLE_COUNT);
    playback.process([], [[quantum]]);
    heard.set(quantum, i * QUANTUM_SAMPLE_COUNT);
  }
  return heard;
}

describe.each([
  ['while it sounds', [] as PlaybackCommand[]],
  ['that was held before', [{ type: 'pause' }] as PlaybackCommand[]],
])('a reply that is cleared %s', (_, before) => {
  test('fades out, is forgotten, and the next one is heard from its first sample', () => {
    write(1, 0, 0.5);
    write(1, 0, 0.5);
    play(2);
    before.forEach(tell);
    play(before.length * FADE_QUANTUM_COUNT);
    tell({ type: 'clear', epoch: 1 });
    tell({ type: 'resume' });
    play(FADE_QUANTUM_COUNT);
    expect([...play(2)].every((sample) => sample === 0)).toBe(true);
    expect(reports.findLast(({ type }) => type === 'progress')).toMatchObject({ queuedSampleCount: 0 });

    write(2, 1, 0.25, 256);
    const heard = play(4);
    expect([...heard].filter((sample) => sample === 0.25).length).toBe(256);
    expect(reports.findLast(({ type }) => type === 'progress')).toMatchObject({ replyKey: 2, playedSampleCount: 256, queuedSampleCount: 0 });
  });
});

test('a held reply stays where it is and goes on from there', () => {
  write(1, 0, 0.5, 1280);
  play(2);
  tell({ type: 'pause' });
  play(FADE_QUANTUM_COUNT);
  expect([...play(4)].every((sample) => sample === 0)).toBe(true);
  tell({ type: 'resume' });
  play(12);
  expect(reports.findLast(({ type }) => type === 'progress')).toMatchObject({ playedSampleCount: 1280, queuedSampleCount: 0 });
});

test('speech of before the clear that arrives late is not heard', () => {
  tell({ type: 'clear', epoch: 2 });
  write(1, 1, 0.5);
  expect([...play(4)].every((sample) => sample === 0)).toBe(true);
});
