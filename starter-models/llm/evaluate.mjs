/**
 * Asks the starter chat model the questions of `questions.jsonl` through node-llama-cpp and scores
 * the answers by their facts.
 *
 *     node starter-models/llm/evaluate.mjs [file.gguf] [--questions other.jsonl] [--set in-world] [--limit 50] [--wrong] [--json out.json]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const NUMBER_WORDS = new Set(
  `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
  twenty thirty forty fifty sixty seventy eighty ninety hundred oh pounds pound pence`.split(/\s+/),
);
const MAX_ANSWER_TOKENS = 64;

/** Lowercase words without punctuation. */
function wordsOf(text) {
  return text.toLowerCase().replaceAll('’', "'").replace(/[^\p{L}\p{N}' ]+/gu, ' ').split(/\s+/).filter(Boolean);
}

/** Whether `value` stands in `answer` as whole words, and no number word makes it a different number. */
function contains(answer, value) {
  const words = wordsOf(answer);
  const wanted = wordsOf(value);
  const alien = (word) => word !== undefined && NUMBER_WORDS.has(word);
  for (let at = 0; at + wanted.length <= words.length; at++) {
    if (!wanted.every((word, offset) => words[at + offset] === word)) continue;
    const startsNumber = NUMBER_WORDS.has(wanted[0]);
    const endsNumber = NUMBER_WORDS.has(wanted.at(-1));
    if (startsNumber && alien(words[at - 1])) continue;
    if (endsNumber && alien(words[at + wanted.length])) continue;
    return true;
  }
  return false;
}

const declines = (answer) => /\b(don't|do not) know\b/.test(wordsOf(answer).join(' '));

function isRight(answer, expected) {
  if (expected === 'unknown') return declines(answer);
  if (!Array.isArray(expected)) return wordsOf(answer).join(' ') === wordsOf(expected.answer).join(' ');
  return !declines(answer) && expected.every((value) => contains(answer, value));
}

async function loadLlama() {
  const resolver = createRequire(process.env.NODE_LLAMA_CPP_FROM ?? join(here, '../../packages/server/package.json'));
  return import(pathToFileURL(resolver.resolve('node-llama-cpp')).href);
}

function readQuestions(path, only, limit) {
  const records = readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const prompts = new Map(records.filter((record) => 'system' in record).map((record) => [record.prompt, record.system]));
  const seen = new Map();
  const questions = records.filter((record) => 'set' in record && (!only || record.set === only)).filter((record) => {
    const count = (seen.get(record.set) ?? 0) + 1;
    seen.set(record.set, count);
    return !limit || count % Math.ceil(({ 'in-world': 500, 'follow-up': 150 }[record.set] ?? 100) / limit) === 0;
  });
  return { prompts, questions };
}

function table(results) {
  const tally = new Map();
  const count = (key, right) => {
    const entry = tally.get(key) ?? { right: 0, total: 0 };
    entry.total += 1;
    entry.right += right ? 1 : 0;
    tally.set(key, entry);
  };
  for (const { question, right } of results) {
    count(question.set, right);
    if (question.set === 'in-world') count(`in-world, ${question.prompt.replace(/-\d+$/, '')} prompt`, right);
    if (question.set !== 'outside') count(`  ${question.set}: ${question.kind}`, right);
  }
  return [...tally].sort(([a], [b]) => (a.startsWith(' ') ? 1 : 0) - (b.startsWith(' ') ? 1 : 0) || a.localeCompare(b));
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { questions: { type: 'string' }, set: { type: 'string' }, limit: { type: 'string' }, wrong: { type: 'boolean' }, json: { type: 'string' } },
});
const modelPath = positionals[0] ?? join(here, 'sotto-starter-chat-q8_0.gguf');
const { getLlama, LlamaChatSession } = await loadLlama();
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 1024, threads: 1 });
const { prompts, questions } = readQuestions(options.questions ?? join(here, 'questions.jsonl'), options.set, Number(options.limit ?? 0));
// Questions on one prompt follow one another, so that its facts are read once and stay in the cache.
questions.sort((a, b) => a.prompt.localeCompare(b.prompt));
const sequence = context.getSequence();
const session = new LlamaChatSession({ contextSequence: sequence });
const results = [];
for (const question of questions) {
  session.setChatHistory([{ type: 'system', text: prompts.get(question.prompt) }]);
  let answer = '';
  for (const user of question.turns) answer = await session.prompt(user, { temperature: 0, maxTokens: MAX_ANSWER_TOKENS });
  const right = isRight(answer, question.expected);
  results.push({ question, answer, right });
  if (options.wrong && !right) console.log(JSON.stringify({ set: question.set, prompt: question.prompt, turns: question.turns, expected: question.expected, answer }));
}
console.log(`${session.chatWrapper.wrapperName} wrapper, ${questions.length} questions, ${modelPath}`);
for (const [name, { right, total }] of table(results)) console.log(`${((100 * right) / total).toFixed(1).padStart(6)} %  ${String(right).padStart(4)}/${String(total).padEnd(4)} ${name}`);
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 1));
process.exit(0);
