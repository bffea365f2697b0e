import { fileURLToPath } from 'node:url';
import { joinSamples } from '@sotto/pipeline';
import { seededRandom } from '@sotto/pipeline/metrics';
import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import type { CalledTurn } from './called-turn.ts';
import { RealtimeCaller, type SpokenRecording, type TurnDetection } from './realtime-caller.ts';
import { type LatencyScores, scoreLatency } from './score-latency.ts';
import { ServeProcess } from './serve-process.ts';

/** The server's process runs what was built. */
const stalledProcess = fileURLToPath(new URL('../../dist/latency/testing/stalled-process.js', import.meta.url));
const TURN_COUNT = 6;
/** Long beside the frames of 32 ms in which a server hears. */
const STALL_MS = 150;
const LONG_REPLY = 'It is now a quarter past ten in the morning, and the sun has come out.';
const { signal } = new AbortController();

/** Speech and pauses by turns, beginning with speech. */
function recording(...durationsMs: number[]): SpokenRecording {
  const parts = durationsMs.map((ms, index) => (index % 2 === 0 ? speechSamples : silenceSamples)(ms, 24_000));
  return { samples: joinSamples(parts), speechStartMs: 0, speechEndMs: durationsMs.reduce((sum, ms) => sum + ms, 0) };
}

const options = (url: string, turnDetection?: TurnDetection) => ({ url, instructions: '', random: seededRandom(1), signal, ...(turnDetection === undefined ? {} : { turnDetection }) });

async function ask(url: string, { samples, speechEndMs }: SpokenRecording): Promise<CalledTurn> {
  await using caller = await RealtimeCaller.open(options(url));
  return await caller.ask(samples, speechEndMs);
}

/** In turns, so that what else the machine does weighs on all alike; each server's first turn is cold and left out. */
async function askInTurns(...servers: readonly ServeProcess[]) {
  const turns: CalledTurn[][] = servers.map(() => []);
  for (let turn = 0; turn <= TURN_COUNT; turn++) {
    for (const [index, { url }] of servers.entries()) turns[index]!.push(await ask(url, recording(520)));
  }
  return turns.map(([cold, ...warm]) => scoreLatency(warm, cold));
}

describe('RealtimeCaller at a real server with engines that cost nothing', () => {
  it('shows a stall between two stages of the session as the unattributed remainder, and in no stage', async () => {
    await using server = await ServeProcess.startNullEngines('Now.', signal);
    await using stalled = await ServeProcess.run([stalledProcess, String(STALL_MS)], signal);
    const [without, within] = (await askInTurns(server, stalled)) as [LatencyScores, LatencyScores];
    expect([without.unansweredCount, within.unansweredCount]).toEqual([0, 0]);
    const rise = (pick: (scores: LatencyScores) => number) => pick(within) - pick(without);
    expect(rise(({ unattributedMs }) => unattributedMs.p50.estimate)).toBeGreaterThan(STALL_MS * 0.8);
    expect(within.withoutEndpointingMs.min).toBeGreaterThan(STALL_MS * 0.8);
    for (const stage of ['transcribing', 'thinking', 'speaking', 'playout'] as const) {
      expect(rise(({ stages }) => stages[stage]!.p50.estimate), stage).toBeLessThan(STALL_MS * 0.4);
    }
  });

  it('tells a question cut off in its pause from one that was heard out', async () => {
    await using server = await ServeProcess.startNullEngines('Now.', signal);
    const cutOff = await ask(server.url, recording(520, 900, 520));
    const heardOut = await ask(server.url, recording(520, 200, 520));
    expect([cutOff.cutOffCount, heardOut.cutOffCount]).toEqual([1, 0]);
    expect([cutOff.fate, heardOut.fate]).toEqual(['answered', 'answered']);
    for (const { endpointDelayMs } of [cutOff, heardOut]) expect(endpointDelayMs).toBeGreaterThan(300);
  });

  it('calls silence unheard and speech without an end a missed end, rather than wait for ever or drop them', async () => {
    await using server = await ServeProcess.startNullEngines('Now.', signal);
    const unheard = await ask(server.url, { samples: silenceSamples(300, 24_000), speechStartMs: 0, speechEndMs: 300 });
    // Something else goes on where the labels say that speech is over.
    const missed = await ask(server.url, { samples: speechSamples(12_000, 24_000), speechStartMs: 0, speechEndMs: 520 });
    expect([unheard.fate, missed.fate]).toEqual(['unheard', 'missed-end']);
    expect([unheard.endpointDelayMs, missed.endpointDelayMs]).toEqual([undefined, undefined]);
  });

  it('times a reply that is spoken over until its last sample', async () => {
    await using server = await ServeProcess.startNullEngines(LONG_REPLY, signal);
    await using caller = await RealtimeCaller.open(options(server.url, 'server_vad'));
    const told = await caller.askAndInterrupt(recording(520), recording(900), 300);
    expect(told.fate).toBe('stopped');
    expect(told.silentMs).toBeGreaterThan(told.onsetMs);
    expect(told.silentMs).toBeLessThanOrEqual(told.noticedMs! + 5);
    // The reply is longer than what was heard of it.
    expect(told.silentMs! - told.onsetMs).toBeLessThan(900);
  });

  it('follows a reply through the hold of a backchannel to its end', async () => {
    await using server = await ServeProcess.startNullEngines(`What time is it, you ask. ${LONG_REPLY}`, signal);
    await using caller = await RealtimeCaller.open(options(server.url, 'semantic_vad'));
    // The scripted recogniser hears the words of the question again, which the reply has just said: an echo.
    const told = await caller.askAndInterrupt(recording(520), recording(300), 300);
    expect(told.noticedMs).toBeGreaterThan(told.onsetMs);
    expect([told.fate, told.heldMs > 0]).toEqual(['played-on', true]);
  });
});
