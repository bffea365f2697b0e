import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocatedModel } from './model-folder.ts';

/** What the starter chat model was raised to know; it ships beside the model. */
const STARTER_INSTRUCTIONS_FILE = 'kiosk.txt';

const SPOKEN_ANSWERS = 'You are a friendly voice assistant. Answer in one or two short sentences of plain spoken English, without lists, symbols or markup.';

/** Instructions for a conversation that brings none of its own. */
export async function defaultInstructions(llm: LocatedModel | undefined): Promise<string> {
  if (!llm) return SPOKEN_ANSWERS;
  const own = await readFile(join(llm.directory, STARTER_INSTRUCTIONS_FILE), 'utf8').catch(() => undefined);
  return own?.trim() ?? SPOKEN_ANSWERS;
}
