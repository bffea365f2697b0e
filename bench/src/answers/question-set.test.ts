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
    ['{"question":"when","fact":" "}', /:1 has no "fact"/],
    ['{"question":"when","expected":[]}', /:1 has no "fact"/],
    ['{"question":"when","fact":"nine"}\n\n{"question":7,"fact":"nine"}', /q\.jsonl:3 has neither "question" nor "turns"/],
    ['{"system":"You are a kiosk."}', /:1 has a "system" and no "prompt" that names it/],
    ['{"prompt":"p","system":"a"}\n{"prompt":"p","system":"b"}', /:2 tells the prompt p a second time/],
    ['nine', /:1 is not JSON: /],
    ['null', /:1 is not an object/],
    ['["when","nine"]', /:1 is not an object/],
    ['', /holds no questions/],
  ])('says what is wrong with %s', async (line, message) => {
    await expect(read(line)).rejects.toThrow(message);
  });
});
