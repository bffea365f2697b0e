// Shows the page to whoever judges it: phone, desktop and kiosk, in light and dark, after a short conversation.
//   node packages/web-client/scripts/screenshots.mjs [FOLDER]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, READY, until, withServedPage } from './served-page.mjs';

const SCREENS = [
  { name: 'phone', width: 390, height: 844, deviceScaleFactor: 2, path: '/' },
  { name: 'desktop', width: 1280, height: 800, deviceScaleFactor: 1, path: '/' },
  { name: 'kiosk', width: 3840, height: 2160, deviceScaleFactor: 1, path: '/?kiosk' },
];

const folder = process.argv[2] ?? 'sotto-out/screenshots';
await mkdir(folder, { recursive: true });
await withServedPage(async (first, url) => {
  const browser = first.browser();
  for (const { name, width, height, deviceScaleFactor, path } of SCREENS) {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor });
    const page = await context.newPage();
    await page.goto(url + path);
    await until(page, READY);
    const show = async (moment) => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        // The disc is drawn in the theme's colours at the next frame.
        await page.waitForTimeout(200);
        await page.screenshot({ path: join(folder, `${name}-${moment}-${colorScheme}.png`) });
      }
    };
    await show('empty');
    await ask(page, 'When does the museum open?');
    await ask(page, 'Where is the toilet?');
    await page.evaluate('sotto.page.session.startListening()');
    await show('conversation');
    const scrolls = await page.evaluate('[document.documentElement.scrollHeight, innerHeight]');
    console.log(`${name}: ${scrolls[0]} px high on a screen of ${scrolls[1]}`);
    await context.close();
  }
});
