import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
// @ts-expect-error a plain script without types, shared with `npm test`
import { CHROMIUM_ADVICE, findChromium } from '../../../scripts/find-chromium.mjs';

const fixtures = fileURLToPath(new URL('../../../audio-fixtures/', import.meta.url));

export type Fixture = { readonly name: string; readonly file: string; readonly kind: string; readonly transcript: string; readonly expectedFact?: string; readonly sampleRate: number };

export function readFixtures(): readonly Fixture[] {
  const index = JSON.parse(readFileSync(join(fixtures, 'index.json'), 'utf8')) as { fixtures: Fixture[] } | Fixture[];
  return Array.isArray(index) ? index : index.fixtures;
}

export function fixturePath(fixture: Fixture): string {
  return join(fixtures, fixture.file);
}

export type PageRigOptions = {
  readonly url: string;
  /** WAV that the microphone hears, over and over. */
  readonly microphone?: string;
  /** `missing`: there is no microphone; `denied`: the page may not use it. @defaultValue 'allowed' */
  readonly permission?: 'allowed' | 'denied' | 'missing';
  readonly extraArgs?: readonly string[];
  /** Runs in the page before its own scripts. */
  readonly initScript?: string;
};

/** What the page told, as {@link PageRig.events} collects it. */
export type PageEvent = { readonly type: string; readonly atMs: number } & Record<string, unknown>;

/** A real Chromium with one page of the demo in it. */
export class PageRig implements AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests that left the page's origin, with how they ended. */
  readonly offOrigin: string[];
  readonly errors: string[];
  readonly #browser: Browser;

  private constructor(browser: Browser, context: BrowserContext, page: Page, offOrigin: string[], errors: string[]) {
    this.#browser = browser;
    this.context = context;
    this.page = page;
    this.offOrigin = offOrigin;
    this.errors = errors;
  }

  static async open(options: PageRigOptions): Promise<PageRig> {
    const executablePath = findChromium() as string | undefined;
    if (executablePath === undefined) throw new Error(CHROMIUM_ADVICE);
    const { microphone, permission = 'allowed' } = options;
    const microphoneArgs = permission === 'missing' ? [] : ['--use-fake-device-for-media-stream', ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}`])];
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required', ...(permission === 'denied' ? ['--deny-permission-prompts'] : ['--use-fake-ui-for-media-stream']), ...microphoneArgs, ...(options.extraArgs ?? [])],
    });
    const context = await browser.newContext();
    if (options.initScript !== undefined) await context.addInitScript(options.initScript);
    const page = await context.newPage();
    const offOrigin: string[] = [];
    const errors: string[] = [];
    const { host } = new URL(options.url);
    context.on('request', (request) => {
      if (/^(https?|wss?):/.test(request.url()) && new URL(request.url()).host !== host) offOrigin.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(options.url);
    return new PageRig(browser, context, page, offOrigin, errors);
  }

  /** Waits until the page can listen, and starts to collect its events. */
  async ready(timeoutMs = 120_000): Promise<void> {
    await this.until('!document.querySelector("#talk").disabled && sotto.page.session !== undefined', timeoutMs);
    await this.collect();
  }

  /**
   * Resolves when the expression, or what it promises, is true. (Playwright's own
   * way of waiting needs `eval` in the page, which its security policy forbids.)
   */
  async until(expression: string, timeoutMs = 60_000): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await this.page.evaluate<unknown>(`Promise.resolve(${expression}).catch(() => false)`).catch(() => false))) {
      if (performance.now() > deadlineMs) throw new Error(`The page never got to: ${expression}; it says "${await this.text('state')}" and ${JSON.stringify(await this.events('error'))}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Collects the events of the session that runs now. */
  async collect(): Promise<void> {
    await this.page.evaluate(`(() => {
      globalThis.pageEvents ??= [];
      sotto.page.session.on('*', (event) => globalThis.pageEvents.push({ ...event, error: event.error && { code: event.error.code, message: event.error.message }, atMs: performance.now() }));
    })()`);
  }

  async events(type?: string): Promise<readonly PageEvent[]> {
    const all = await this.page.evaluate<PageEvent[]>('JSON.parse(JSON.stringify(globalThis.pageEvents ?? []))');
    return type === undefined ? all : all.filter((event) => event.type === type);
  }

  /** Resolves with the first event of this type after `count` others of it. */
  async nextEvent(type: string, count = 0, timeoutMs = 60_000): Promise<PageEvent> {
    await this.until(`(globalThis.pageEvents ?? []).filter((event) => event.type === '${type}').length > ${count}`, timeoutMs);
    return (await this.events(type))[count] as PageEvent;
  }

  text(id: string): Promise<string> {
    return this.page.innerText(`#${id}`);
  }

  async type(text: string): Promise<void> {
    await this.page.fill('#typed-text', text);
    await this.page.click('#typed button');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
