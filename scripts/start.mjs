// `npm start`: one spoken conversation, then the page and the socket until Ctrl-C. `--once` ends after the
// conversation; whatever else is given goes to `sotto serve`.
import { bootstrap, buildPageIfNeeded } from './bootstrap.mjs';

async function main(args) {
  bootstrap();
  const { runSotto } = await import('../packages/server/dist/main.js');
  const exitCode = await runSotto(['demo']);
  if (exitCode !== 0 || args.includes('--once')) return exitCode;
  buildPageIfNeeded();
  return runSotto(['serve', ...args]);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
