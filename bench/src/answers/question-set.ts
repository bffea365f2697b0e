import { readFile } from 'node:fs/promises';
import { ConfigError } from '@sotto/pipeline';

/** What a right answer is: facts that it contains, one exact sentence, or an honest "I don't know". */
export type Expected = { readonly facts: readonly string[] } | { readonly sentence: string } | 'unknown';

export type Question = {
  /** Group of the table. */
  readonly set: string;
  /** What the model is told before; undefined means the model's own instructions. */
  readonly instructions: string | undefined;
  /** What the user says; the last is scored, those before are asked and answered first. */
  readonly turns: readonly string[];
  readonly expected: Expected;
};

/**
 * One JSON object a line. `{"prompt": "name", "system": "…"}` tells instructions that questions below it name;
 * `{"turns": ["…"], "expected": ["fact"], "prompt"?: "name", "set"?: "…"}` is a question, with `"expected": "unknown"` where the
 * honest answer is not to know, and `{"answer": "…"}` where one sentence is right. The short form is `{"question": "…", "fact": "…"}`.
 */
export async function readQuestionSet(path: string): Promise<Question[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw refusal(`${path} cannot be read; expected a .jsonl with a question on each line`);
  });
  const prompts = new Map<string, string>();
  const questions: Question[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const fields = parseLine(line, `${path}:${index + 1}`);
    if (fields['system'] === undefined) questions.push(questionOf(fields, prompts, `${path}:${index + 1}`));
    else tellPrompt(fields, prompts, `${path}:${index + 1}`);
  }
  if (questions.length === 0) throw refusal(`${path} holds no questions`);
  return questions;
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(line: string, place: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (thrown) {
    throw refusal(`${place} is not JSON: ${(thrown as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal(`${place} is not an object; expected {"question": "…", "fact": "…"}`);
  return value as Fields;
}

function tellPrompt({ prompt, system }: Fields, prompts: Map<string, string>, place: string): void {
  if (typeof prompt !== 'string' || prompt === '') throw refusal(`${place} has a "system" and no "prompt" that names it`);
  if (typeof system !== 'string') throw refusal(`${place} has a "system" that is not a text`);
  if (prompts.has(prompt)) throw refusal(`${place} tells the prompt ${prompt} a second time`);
  prompts.set(prompt, system);
}

function refusal(problem: string): ConfigError {
  return new ConfigError('VOICE_ERR_INVALID_OPTION', problem);
}

function questionOf(fields: Fields, prompts: ReadonlyMap<string, string>, place: string): Question {
  const turns = fields['turns'] ?? [fields['question']];
  const expected = expectedOf(fields['expected'] ?? fields['fact']);
  const { prompt } = fields;
  if (!isTexts(turns)) throw refusal(`${place} has neither "question" nor "turns"; expected a text, or a list of texts`);
  if (expected === undefined) throw refusal(`${place} has no "fact" and no "expected"; expected texts, "unknown" or {"answer": "…"}`);
  if (prompt !== undefined && typeof prompt !== 'string') throw refusal(`${place} has a "prompt" that is not a name`);
  if (typeof prompt === 'string' && !prompts.has(prompt)) throw refusal(`${place} names the prompt ${prompt}, which no line above it tells`);
  return { set: typeof fields['set'] === 'string' ? fields['set'] : 'all', instructions: typeof prompt === 'string' ? prompts.get(prompt) : undefined, turns, expected };
}

function expectedOf(value: unknown): Expected | undefined {
  if (value === 'unknown') return 'unknown';
  if (isText(value)) return { facts: [value] };
  if (isTexts(value)) return { facts: value };
  const sentence = (value as { answer?: unknown } | null | undefined)?.answer;
  return isText(sentence) ? { sentence } : undefined;
}

/** An empty fact would be in every answer. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}
