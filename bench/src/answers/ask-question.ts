import { ClauseChunker, type ChatMessage, type LlmSession } from '@sotto/pipeline';
import type { Question } from './question-set.ts';
import type { GivenAnswer } from './score-answers.ts';

/** As much as a spoken answer may be long. */
const MAX_ANSWER_TOKENS = 128;

/**
 * Puts one question in text, earlier turns first. The model has read its instructions before the clock starts, as it has in a
 * conversation; what the user says is all that it still has to read.
 */
export async function askQuestion(session: LlmSession, question: Question, ownInstructions: string, signal: AbortSignal): Promise<GivenAnswer> {
  const messages: ChatMessage[] = [{ role: 'system', text: question.instructions ?? ownInstructions }];
  await session.warm({ messages }, { signal });
  let given: Omit<GivenAnswer, 'question'> = { answer: '', firstTokenMs: undefined, firstClauseMs: undefined };
  for (const text of question.turns) {
    messages.push({ role: 'user', text });
    given = await timedReply(session, messages, signal);
    messages.push({ role: 'assistant', text: given.answer });
  }
  return { question, ...given };
}

async function timedReply(session: LlmSession, messages: readonly ChatMessage[], signal: AbortSignal): Promise<Omit<GivenAnswer, 'question'>> {
  const chunker = new ClauseChunker();
  const startMs = performance.now();
  let answer = '';
  let firstTokenMs: number | undefined;
  let firstClauseMs: number | undefined;
  for await (const event of session.generate({ messages: [...messages], maxOutputTokens: MAX_ANSWER_TOKENS, temperature: 0 }, { signal })) {
    if (event.type !== 'text-delta') continue;
    firstTokenMs ??= performance.now() - startMs;
    answer += event.text;
    if (chunker.push(event.text).length > 0) firstClauseMs ??= performance.now() - startMs;
  }
  // A reply of one clause is handed to the voice when it ends.
  return { answer: answer.trim(), firstTokenMs, firstClauseMs: answer === '' ? undefined : (firstClauseMs ?? performance.now() - startMs) };
}
