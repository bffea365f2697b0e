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
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${path} cannot be read; expected a .jsonl with a question on each line`);
  });
  const prompts = new Map<string, string>();
  const questions: Question[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const fields = parseLine(line, `${path}:${index + 1}`);
    if (typeof fields['system'] === 'string') prompts.set(String(fields['prompt']), fields['system']);
    else questions.push(questionOf(fields, prompts, `${path}:${index + 1}`));
  }
  if (questions.length === 0) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${path} holds no questions`);
  return questions;
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(line: string, place: string): Fields {
  try {
    return JSON.parse(line) as Fields;
  } catch {
    throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${place} is not JSON`);
  }
}

function questionOf(fields: Fields, prompts: ReadonlyMap<string, string>, place: string): Question {
  const turns = fields['turns'] ?? (typeof fields['question'] === 'string' ? [fields['question']] : undefined);
  const expected = expectedOf(fields['expected'] ?? fields['fact']);
  const { prompt } = fields;
  if (!isTexts(turns)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${place} has neither "question" nor "turns"`);
  if (expected === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${place} has no "fact" and no "expected"; expected texts, "unknown" or {"answer": "…"}`);
  if (typeof prompt === 'string' && !prompts.has(prompt)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${place} names the prompt ${prompt}, which no line above it tells`);
  return { set: typeof fields['set'] === 'string' ? fields['set'] : 'all', instructions: typeof prompt === 'string' ? prompts.get(prompt) : undefined, turns, expected };
}

function expectedOf(value: unknown): Expected | undefined {
  if (value === 'unknown') return 'unknown';
  if (typeof value === 'string') return { facts: [value] };
  if (isTexts(value)) return { facts: value };
  const sentence = (value as { answer?: unknown } | null | undefined)?.answer;
  return typeof sentence === 'string' ? { sentence } : undefined;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
}
