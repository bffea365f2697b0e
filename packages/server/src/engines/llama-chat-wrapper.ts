import { type ChatWrapper, ChatMLChatWrapper, type LlamaModel, resolveChatWrapper } from 'node-llama-cpp';

/** How a conversation is written for this model, by the template in its file. */
export function resolveLlamaChatWrapper(model: LlamaModel, template: unknown, thinking: 'discourage' | 'allow'): ChatWrapper {
  if (typeof template === 'string' && isPlainChatMl(template)) return new ChatMLChatWrapper();
  // Qwen3 thinks unless its template is told not to; other models have no such switch and get no budget for thoughts.
  return resolveChatWrapper(model, { warningLogs: false, customWrapperSettings: { qwen: { thoughts: thinking === 'discourage' ? 'discourage' : 'auto' } } });
}

const PLAIN_CHATML =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/**
 * The library finds this one too, but by rendering sample conversations with each template it
 * knows: half a second of computing on the main thread, before the first word.
 */
function isPlainChatMl(template: string): boolean {
  const bare = (text: string) => text.replaceAll(/[\s"']/g, '');
  return bare(template) === bare(PLAIN_CHATML);
}
