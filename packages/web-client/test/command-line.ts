import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { type Fixture, fixturePath, readFixtures } from './page-rig.ts';

const sotto = fileURLToPath(new URL('../../server/bin/sotto.js', import.meta.url));
const run = promisify(execFile);

/** What the command line hears in a recording, in lower case. */
export async function transcribe(path: string): Promise<string> {
  const { stdout } = await run(process.execPath, [sotto, 'transcribe', path]);
  return stdout.trim().toLowerCase();
}

const CANDIDATES = ['question-007-clean', 'question-001-clean', 'question-002-clean', 'question-010-clean', 'question-020-clean', 'question-014-clean'];

/**
 * The first question whose fact the command line answers and hears in its own
 * spoken answer: what the models can do at all, the page must do as well.
 */
export async function findClearQuestion(): Promise<Fixture & { readonly expectedFact: string }> {
  const outcomes: string[] = [];
  for (const name of CANDIDATES) {
    const fixture = readFixtures().find((candidate) => candidate.name === name);
    if (fixture?.expectedFact === undefined) throw new Error(`There is no question ${name} with a fact among the fixtures`);
    const { expectedFact } = fixture;
    const reply = join(mkdtempSync(join(tmpdir(), 'sotto-question-')), 'reply.wav');
    const { stdout } = await run(process.execPath, [sotto, 'talk', fixturePath(fixture), '--json', '--out', reply]);
    const [turn] = (JSON.parse(stdout) as { turns: { transcript: string; reply: string }[] }).turns;
    const heardBack = await transcribe(reply);
    if (turn?.reply.toLowerCase().includes(expectedFact) === true && heardBack.includes(expectedFact)) return { ...fixture, expectedFact };
    outcomes.push(`${name}: heard "${turn?.transcript ?? ''}", answered "${turn?.reply ?? ''}", which sounds like "${heardBack}"`);
  }
  throw new Error(`The command line answers none of these so that the fact can be heard:\n${outcomes.join('\n')}`);
}
