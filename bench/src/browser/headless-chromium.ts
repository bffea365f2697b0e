import { EngineError } from '@sotto/pipeline';

export type HeadlessChromiumOptions = {
  readonly executablePath: string;
  /** As Chromium names it, such as `swiftshader`; undefined lets Chromium choose. */
  readonly webgpuAdapter: string | undefined;
  /** The page or the browser is gone, and with it the measurement. */
  readonly onGone: (error: EngineError) => void;
};

/** Opens a page in a Chromium that nobody sees. */
export async function openHeadless(url: string, { executablePath, webgpuAdapter, onGone }: HeadlessChromiumOptions): Promise<AsyncDisposable> {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-webgpu', ...(webgpuAdapter === undefined ? [] : [`--use-webgpu-adapter=${webgpuAdapter}`])],
    // The command ends the browser itself, after the page was told.
    handleSIGINT: false,
    handleSIGTERM: false,
  });
  let isClosing = false;
  const close = () => {
    isClosing = true;
    return browser.close();
  };
  try {
    const page = await browser.newPage();
    const gone = (what: string) => isClosing || onGone(new EngineError('VOICE_ERR_WORKER_CRASHED', `${what} before it had measured`));
    browser.on('disconnected', () => gone('The browser ended'));
    page.on('crash', () => gone('The page crashed'));
    page.on('pageerror', ({ message }) => gone(`The page failed with "${message}"`));
    await page.goto(url);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { [Symbol.asyncDispose]: close };
}
