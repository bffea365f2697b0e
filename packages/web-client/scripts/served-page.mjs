// A real `sotto serve` on a free port and a real Chromium that shows its page.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM_ADVICE, findChromium } from '../../../scripts/find-chromium.mjs';

const sotto = fileURLToPath(new URL('../../server/bin/sotto.js', import.meta.url));

/**
 * Calls `use(context, url)` and ends both processes after it. The browser keeps what it compiled and fetched,
 * as a visitor's does; the windows that Playwright opens otherwise are private ones, which do not.
 */
export async function withServedPage(use, { args = [] } = {}) {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(CHROMIUM_ADVICE);
  const server = spawn(process.execPath, [sotto, 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const profile = await mkdtemp(join(tmpdir(), 'sotto-profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    viewport: null,
    args: ['--no-sandbox', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', ...args],
  });
  try {
    await use(context, await addressOf(server));
  } finally {
    await context.close();
    server.kill('SIGKILL');
    await rm(profile, { recursive: true, force: true });
  }
}

async function addressOf(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address === undefined) continue;
    server.stdout.resume();
    return address;
  }
  throw new Error('sotto serve ended before it told its address');
}

/** Resolves when the expression is true in the page, whose policy forbids the `eval` that Playwright's own waiting needs. */
export async function until(page, expression, timeoutMs = 180_000) {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await page.evaluate(expression).catch(() => false))) {
    if (performance.now() > deadlineMs) throw new Error(`The page never got to: ${expression}`);
    await page.waitForTimeout(25);
  }
}

export const READY = '!document.querySelector("#talk").disabled && sotto.page.session !== undefined';

/** Asks by typing and resolves when the answer has been said. */
export async function ask(page, question) {
  await page.evaluate(`(() => {
    globalThis.answered = false;
    const stop = sotto.page.session.on('reply-end', () => { globalThis.answered = true; stop(); });
    document.querySelector('#typed-text').value = ${JSON.stringify(question)};
    document.querySelector('#typed').requestSubmit();
  })()`);
  await until(page, 'globalThis.answered');
}
