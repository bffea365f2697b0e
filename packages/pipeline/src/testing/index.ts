export { ConversationRig, type ConversationRigOptions } from './conversation-rig.ts';
export { FakeClock } from './fake-clock.ts';
export { CONTRACT_REPLY, CONTRACT_THOUGHT, type ContractClause, llmEngineContract, type LlmEngineSubject } from './llm-engine-contract.ts';
export {
  SCRIPTED_WORD_MS,
  scriptedEngines,
  scriptedLlm,
  type ScriptedLlmOptions,
  scriptedStt,
  type ScriptedSttOptions,
  scriptedTts,
  scriptedVad,
  silenceSamples,
  speechSamples,
} from './scripted-engines.ts';
