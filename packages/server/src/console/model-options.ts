import type { Command } from 'commander';
import type { ModelKind } from '@sotto/pipeline';
import type { EngineModels } from '../engines/load-engines.ts';
import { chooseModels, type ModelChoice } from '../models/choose-models.ts';
import type { ConsoleIo } from './console-io.ts';

const WHAT: Readonly<Record<ModelKind, string>> = { vad: 'voice-activity detector', stt: 'speech recogniser', llm: 'language model', tts: 'voice model' };

/** Options by which a command lets the user choose models of these kinds. */
export function addModelOptions(command: Command, kinds: readonly ModelKind[]): Command {
  for (const kind of kinds) command.option(`--${kind} <name|folder>`, `${WHAT[kind]}: an installed model or a folder`);
  return command.option('--model-dir <folder>', 'folder of a model, or with vad, stt, llm and tts in it');
}

/** Kinds absent from the result are served by the starter models. */
export function modelsFromOptions(options: ModelChoice, io: ConsoleIo): Promise<EngineModels> {
  return chooseModels(options, io.env);
}
