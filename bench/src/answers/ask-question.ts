import type { ChatMessage, LlmSession } from '@sotto/pipeline';
import type { Question } from './question-set.ts';
import type { GivenAnswer } from './score-answers.ts';
import { type TimedReply, timeReply, untimedReply } from './timed-reply.ts';

/** As much as a spoken answer may be long. */
export const MAX_ANSWER_TOKENS = 128;

/**
 * Puts one question in text, earlier turns first. The model has read its instructions before the clock starts, as it has in a
 * conversation; what the user says is all that it still has to read.
 */
export async function askQuestion(session: LlmSession, question: Question, ownInstructions: string, signal: AbortSignal): Promise<GivenAnswer> {
  const messages: ChatMessage[] = [{ role: 'system', text: question.instructions ?? ownInstructions }];
  await session.warm({ messages }, { signal });
  let reply: TimedReply = untimedReply();
  for (const text of question.turns) {
    messages.push({ role: 'user', text });
    reply = untimedReply();
    const events = session.generate({ messages: [...messages], maxOutputTokens: MAX_ANSWER_TOKENS, temperature: 0 }, { signal });
    for await (const _ of timeReply(events, reply));
    messages.push({ role: 'assistant', text: reply.text.trim() });
  }
  return { question, answer: reply.text.trim(), firstTokenMs: reply.firstTokenMs, firstClauseMs: reply.firstClauseMs };
}
