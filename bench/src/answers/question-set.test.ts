import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readQuestionSet } from './question-set.ts';

async function read(...lines: string[]) {
  const path = join(await mkdtemp(join(tmpdir(), 'sotto-questions-')), 'q.jsonl');
  await writeFile(path, lines.join('\n'));
  return readQuestionSet(path);
}

describe('readQuestionSet', () => {
  it('reads questions with the instructions they name, and the short form', async () => {
    expect(await read('{"prompt":"p","system":"You are a kiosk."}', '{"set":"s","prompt":"p","turns":["a","b"],"expected":["x","y"]}', '{"question":"when","fact":"nine"}', '{"question":"why","expected":"unknown"}')).toEqual([
      { set: 's', instructions: 'You are a kiosk.', turns: ['a', 'b'], expected: { facts: ['x', 'y'] } },
      { set: 'all', instructions: undefined, turns: ['when'], expected: { facts: ['nine'] } },
      { set: 'all', instructions: undefined, turns: ['why'], expected: 'unknown' },
    ]);
  });

  it.each([
    ['{"fact":"nine"}', /q\.jsonl:1 has neither "question" nor "turns"/],
    ['{"question":"when"}', /:1 has no "fact"/],
    ['{"question":"when","fact":"nine","prompt":"p"}', /names the prompt p/],
    ['nine', /:1 is not JSON/],
    ['', /holds no questions/],
  ])('says what is wrong with %s', async (line, message) => {
    await expect(read(line)).rejects.toThrow(message);
  });
});
