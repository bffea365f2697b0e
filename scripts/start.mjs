// `npm start`: one spoken conversation, then the server until Ctrl-C. `--once` ends after the conversation.
import { bootstrap } from './bootstrap.mjs';

try {
  bootstrap();
  const { runSotto } = await import('../packages/server/dist/main.js');
  process.exitCode = await runSotto(['start', ...process.argv.slice(2)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
