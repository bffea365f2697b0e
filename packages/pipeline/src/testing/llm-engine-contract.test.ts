import { expect, it } from 'vitest';
import type { LlmEngine, LlmEvent } from '../llm/llm-engine.ts';
import { systemClock } from '../stream/clock.ts';
import { CONTRACT_REPLY, CONTRACT_THOUGHT, llmEngineContract } from './llm-engine-contract.ts';
import { scriptedLlm } from './scripted-engines.ts';

const REPLY = 'It opens at nine in the morning.';

/** Speaks by rote whatever it is asked: no limit, no tools, no schema, no disposal, and its thoughts aloud. */
const byRote = (answer: string): LlmEngine => scriptedLlm({ clock: systemClock, answer: () => answer });

/** Takes no notice of its signal. */
function deaf(): LlmEngine {
  const engine = byRote(REPLY);
  return {
    ...engine,
    async openSession() {
      const session = await engine.openSession();
      return { ...session, warm: () => session.warm({ messages: [] }), generate: (request): AsyncIterable<LlmEvent> => session.generate(request) };
    },
  };
}

/** Names of the clauses that the engine breaks. */
async function brokenBy(open: () => LlmEngine): Promise<string[]> {
  const broken: string[] = [];
  const clauses = llmEngineContract({
    open: () => Promise.resolve(open()),
    openThinking: () => Promise.resolve(byRote(`${CONTRACT_THOUGHT} ${CONTRACT_REPLY}`)),
    conversation: [{ role: 'user', text: 'When does it open?' }],
  });
  for (const { name, verify } of clauses) await verify().catch(() => broken.push(name));
  return broken;
}

it('is broken by an engine that speaks by rote, where it does so', async () => {
  expect(await brokenBy(() => byRote(REPLY))).toEqual([
    'ends at the token limit and says so',
    'rejects with the reason when it is aborted beforehand',
    'lets go of a long prompt when aborted, and can be used again',
    'answers a history cut to what was heard as if it had never known more',
    'never lets a conversation outgrow the context',
    'calls the tool it is told to, with arguments of its schema',
    'writes JSON of the schema it is given',
    'keeps thoughts out of what is spoken',
    'refuses contradictory requests with a typed error, and can be used again',
    'ends what runs when its session is disposed, and takes no more',
    'disposes its sessions with itself, any number of times',
  ]);
});

it('is broken by an engine that does not hear its signal', async () => {
  const broken = await brokenBy(deaf);
  expect(broken).toContain('rejects with the reason when it is aborted beforehand');
  expect(broken).toContain('lets go of a long prompt when aborted, and can be used again');
  expect(broken).toContain('gives no event after an abort in the middle of a reply, and can be used again');
});
