import { fileURLToPath } from 'node:url';
import type { ConsoleIo } from '../console/console-io.ts';
import { describeOffer, pullWithProgress, useByDefault } from '../console/pull-with-progress.ts';
import type { SottoCommand } from '../main.ts';
import { catalogueEntry, RECOMMENDED } from '../models/catalogue.ts';
import { ModelStore } from '../models/model-store.ts';
import { readUserConfig, writeUserConfig } from '../models/user-config.ts';
import { configFile, modelsFolder } from '../models/user-folders.ts';
import { answerFile, printConversation } from './talk.ts';

const question = fileURLToPath(new URL('../../../../audio-fixtures/question-001-clean.wav', import.meta.url));

export const command: SottoCommand = {
  register(program, io) {
    program
      .command('demo')
      .description('hold one spoken conversation with a recorded question')
      .action(() => demonstrate(io));
  },
};

async function demonstrate(io: ConsoleIo): Promise<void> {
  io.note(`A spoken question: ${question}`);
  printConversation(await answerFile(question, {}, io), io);
  await offerPublicModels(io);
}

/** Asked once, on a terminal only; the answer is remembered. */
async function offerPublicModels(io: ConsoleIo): Promise<void> {
  const path = configFile(io.env);
  if (!io.isTerminal || (await readUserConfig(path)).modelOffer !== undefined) return;
  const offered = Object.values(RECOMMENDED).map((id) => catalogueEntry(id));
  io.note('\nThis was the starter models, raised on synthetic speech: they do not understand people well. The public models do:');
  for (const manifest of offered) io.note(`  ${describeOffer(manifest)}`);
  const answer = await io.ask('Pull them now? It is asked only this once; later: sotto models pull [y/N] ');
  if (answer === undefined) return;
  const isAccepted = /^y/i.test(answer);
  await writeUserConfig(path, { ...(await readUserConfig(path)), modelOffer: isAccepted ? 'accepted' : 'declined' });
  if (!isAccepted) return;
  const store = new ModelStore(modelsFolder(io.env));
  const pulled = [];
  for (const manifest of offered) pulled.push(await pullWithProgress(manifest, store, io));
  await useByDefault(pulled, io);
}
