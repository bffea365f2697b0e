import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ConversationRig } from '../testing/conversation-rig.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { scriptedLlm, scriptedTts, silenceSamples, speechSamples } from '../testing/scripted-engines.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** One question and its answer, in coarse steps of the clock; what the test itself collects is thrown away. */
async function exchange(rig: ConversationRig, forget: () => void): Promise<void> {
  for (const samples of [speechSamples(1600), silenceSamples(6000)]) {
    for (let offset = 0; offset < samples.length; offset += 3200) {
      rig.session.pushAudio({ samples: samples.subarray(offset, offset + 3200), sampleRate: 16_000, startMs: 0 });
      await rig.clock.advance(200);
    }
  }
  rig.events.length = 0;
  rig.played.length = 0;
  forget();
}

test('a two-hour conversation leaves heap, handles and timers where they began', async () => {
  const clock = new FakeClock();
  const llm = scriptedLlm({ clock, answer: ({ messages }) => `This is answer number ${messages.length}, and it goes on for a little while.` });
  const tts = scriptedTts({ clock });
  const rig = await ConversationRig.open({ engines: () => ({ llm, tts }) });
  const forget = () => {
    llm.requests.length = 0;
    tts.spoken.length = 0;
  };
  // Long enough for the bounded history to have reached its bound.
  for (let i = 0; i < 300; i++) await exchange(rig, forget);
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const handlesBefore = process.getActiveResourcesInfo().length;
  const hours = 2;
  for (let i = 0; i < (hours * 3600) / 7.6; i++) await exchange(rig, forget);
  collectGarbage();
  const grownBytes = process.memoryUsage().heapUsed - heapBefore;
  expect(rig.session.items.length).toBeLessThanOrEqual(400);
  expect(grownBytes).toBeLessThan(2e6);
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(handlesBefore + 1);
  expect(rig.clock.pendingCount).toBeLessThan(3);
  await rig.session[Symbol.asyncDispose]();
  expect(rig.clock.pendingCount).toBe(0);
}, 300_000);
