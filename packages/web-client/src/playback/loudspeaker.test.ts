import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Loudspeaker } from './loudspeaker.ts';
import type { PlaybackCommand, PlaybackReport } from './playback-message.ts';

const SAMPLE_RATE = 48_000;
const { signal } = new AbortController();

let commands: PlaybackCommand[];
let report: (report: PlaybackReport) => void;
let loudspeaker: Loudspeaker;

beforeEach(async () => {
  commands = [];
  // The audio thread's end of the line is the test; the context is only asked for its clock.
  vi.stubGlobal('AudioWorkletNode', class {
    readonly port = { postMessage: (command: PlaybackCommand) => commands.push(command), onmessage: (_: { data: PlaybackReport }) => undefined };
    constructor() {
      report = (data) => this.port.onmessage({ data });
    }
    connect(): void {}
  });
  loudspeaker = await Loudspeaker.open({ context: { sampleRate: SAMPLE_RATE, currentTime: 0, audioWorklet: { addModule: () => Promise.resolve() } } as unknown as AudioContext });
});
afterEach(() => vi.unstubAllGlobals());

const write = (replyId: string, epoch: number, sampleCount: number) =>
  loudspeaker.write({ replyId, turnId: 'turn', epoch, samples: new Float32Array(sampleCount), sampleRate: SAMPLE_RATE, startMs: 0, text: '', words: [] }, { signal });

const keyOfLastWrite = () => (commands.findLast(({ type }) => type === 'write') as { replyKey: number }).replyKey;

test('a reply after one that was cut is counted from its own first sample, and ends when it was played', async () => {
  await write('cut', 0, 9600);
  const cutDrained = loudspeaker.drain('cut', { signal });
  report({ type: 'progress', replyKey: keyOfLastWrite(), playedSampleCount: 480, queuedSampleCount: 9120 });
  loudspeaker.clear(1);
  await write('next', 1, 4800);
  const nextDrained = vi.fn();
  void loudspeaker.drain('next', { signal }).then(nextDrained);
  const replyKey = keyOfLastWrite();
  report({ type: 'progress', replyKey, playedSampleCount: 2400, queuedSampleCount: 2400 });
  await cutDrained;
  expect(nextDrained).not.toHaveBeenCalled();
  expect(loudspeaker.heardMs('next')).toBe(50);
  report({ type: 'progress', replyKey, playedSampleCount: 4800, queuedSampleCount: 0 });
  await vi.waitFor(() => expect(nextDrained).toHaveBeenCalled());
  expect(loudspeaker.heardMs('next')).toBe(100);
});

test('a full loudspeaker takes new speech at once when the old was cleared', async () => {
  await write('long', 0, 2 * SAMPLE_RATE);
  const waits = vi.fn();
  void write('long', 0, 480).then(waits);
  await Promise.resolve();
  expect(waits).not.toHaveBeenCalled();
  loudspeaker.clear(1);
  await write('next', 1, 480);
  expect(commands.filter(({ type }) => type === 'write')).toHaveLength(2);
});
