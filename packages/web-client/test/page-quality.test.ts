import type { Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Opens the page at a size, and lets it have a short conversation. */
async function openAt(width: number, height: number, query = ''): Promise<PageRig> {
  const rig = await PageRig.open({ url: `${server.url}/${query}` });
  await rig.page.setViewportSize({ width, height });
  await rig.ready();
  return rig;
}

async function converse(rig: PageRig): Promise<void> {
  await rig.type('When does the museum open?');
  expect(await rig.nextEvent('reply-end')).toMatchObject({ status: 'completed' });
}

/** What can be worked, and how large it is to a finger; a radio button is worked by its label. */
const TARGETS = `[...document.querySelectorAll('button, select, textarea, input:not([type=radio]), label:has(input[type=radio])')]
  .filter((target) => target.checkVisibility())
  .map((target) => ({ name: target.id || target.textContent.trim() || target.name, width: target.getBoundingClientRect().width, height: target.getBoundingClientRect().height }))`;

/** Whatever sticks out of the page sideways, or hides a part of its own text. */
const OVERFLOWING = `[...document.querySelectorAll('body, body *')]
  .filter((node) => node.checkVisibility() && !node.closest('.visually-hidden, svg'))
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || (getComputedStyle(node).overflowX !== 'visible' && node.scrollWidth > node.clientWidth + 1 && node.tagName !== 'INPUT'))
  .map((node) => node.outerHTML.slice(0, 120))`;

describe('the page', () => {
  test('says what it is, in which language, how wide, in which colours, and can be installed', async () => {
    await using rig = await openAt(390, 844);
    const head = await rig.page.evaluate<Record<string, string>>(`({
      lang: document.documentElement.lang,
      title: document.title,
      ...Object.fromEntries([...document.querySelectorAll('meta[name]')].map(({ name, media, content }) => [name + (media && ' ' + media), content])),
    })`);
    expect(head['lang']).toBe('en');
    expect(head['title']).toContain('Sotto');
    expect(head['description']!.length).toBeGreaterThan(40);
    expect(head['viewport']).toContain('width=device-width');
    expect(head['viewport']).not.toMatch(/user-scalable|maximum-scale/);
    for (const scheme of ['light', 'dark'] as const) {
      await rig.page.emulateMedia({ colorScheme: scheme });
      const paper = await rig.page.evaluate<string>(`getComputedStyle(document.documentElement).getPropertyValue('--paper')`);
      expect(head[`theme-color (prefers-color-scheme: ${scheme})`]).toBe(paper);
    }
    const manifest = await rig.page.evaluate<{ name: string; start_url: string; icons: { src: string }[] }>(`fetch(document.querySelector('link[rel=manifest]').href).then((response) => response.json())`);
    expect(manifest).toMatchObject({ name: expect.stringContaining('Sotto') as string, start_url: './', display: 'standalone' });
    for (const { src } of manifest.icons) expect(await rig.page.evaluate(`fetch(${JSON.stringify(src)}).then(({ ok, headers }) => ok && headers.get('content-type'))`)).toBe('image/svg+xml');
  });

  test('loads and holds a conversation without a word in the console', async () => {
    await using rig = await PageRig.open({ url: server.url });
    await rig.ready();
    const complaints: string[] = [];
    rig.page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    // What the page before the reload still asks for fails with it, and is no fault.
    const begun = new Set<Request>();
    rig.page.on('request', (request) => begun.add(request));
    rig.page.on('requestfailed', (request) => begun.has(request) && complaints.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
    rig.page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.url()}: ${response.status()}`));
    await rig.page.reload();
    await rig.ready();
    await converse(rig);
    expect(complaints).toEqual([]);
    expect(rig.errors).toEqual([]);
  });

  test('gives fingers something to hit', async () => {
    await using rig = await openAt(390, 844);
    await converse(rig);
    const targets = await rig.page.evaluate<{ name: string; width: number; height: number }[]>(TARGETS);
    expect(targets.length).toBeGreaterThan(5);
    // WCAG 2.2, 2.5.8.
    expect(targets.filter(({ width, height }) => width < 24 || height < 24)).toEqual([]);
  });

  test.each([
    ['a narrow phone', 320, 640, '', 1],
    ['a narrow kiosk', 320, 640, '?kiosk', 1],
    ['a phone on its side', 844, 390, '', 1],
    ['a phone with twice as large letters', 390, 844, '', 2],
    ['a desktop with twice as large letters', 1280, 800, '', 2],
  ] as const)('keeps everything within reach on %s', async (_, width, height, query, scale) => {
    await using rig = await openAt(width, height, query);
    if (query === '') await converse(rig);
    const rootPx = await rig.page.evaluate<number>('parseFloat(getComputedStyle(document.documentElement).fontSize)');
    await rig.page.evaluate(`document.documentElement.style.fontSize = '${rootPx * scale}px'`);
    expect(await rig.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await rig.page.evaluate(OVERFLOWING)).toEqual([]);
    for (const selector of ['#talk', '#state', ...(query === '' ? ['#typed button', '#facts', '#models', '#waterfall'] : [])]) {
      const target = rig.page.locator(selector);
      await target.scrollIntoViewIfNeeded();
      const box = await target.boundingBox();
      expect(box!.width).toBeGreaterThan(0);
      expect(await target.evaluate((node) => (node as unknown as { getBoundingClientRect(): { top: number } }).getBoundingClientRect().top)).toBeLessThan(height);
    }
  });

  test('holds still for who asked for less motion, and moves for others', async () => {
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      await using rig = await openAt(1280, 800);
      await rig.page.emulateMedia({ reducedMotion });
      await rig.page.evaluate(`(() => {
        globalThis.looks = new Set();
        globalThis.animations = new Set();
        const look = () => {
          globalThis.looks.add(document.querySelector('#level').toDataURL());
          for (const { animationName } of document.getAnimations()) globalThis.animations.add(animationName);
          requestAnimationFrame(look);
        };
        look();
      })()`);
      await converse(rig);
      const [lookCount, animationCount] = await rig.page.evaluate<[number, number]>('[globalThis.looks.size, globalThis.animations.size]');
      expect(animationCount).toBe(reducedMotion === 'reduce' ? 0 : 1);
      if (reducedMotion === 'reduce') expect(lookCount).toBeLessThanOrEqual(2);
      else expect(lookCount).toBeGreaterThan(2);
    }
  });

  test('is walked through by keyboard from top to bottom, and shows where one is', async () => {
    await using rig = await openAt(390, 844);
    await rig.page.evaluate('scrollTo(0, 0)');
    const stops: { name: string; top: number; isSeen: boolean }[] = [];
    for (let i = 0; i < 30; i++) {
      await rig.page.keyboard.press('Tab');
      const stop = await rig.page.evaluate<{ name: string; top: number; isSeen: boolean } | null>(`(() => {
        const focused = document.activeElement;
        if (focused === document.body) return null;
        // A radio button is hidden behind the label that shows its focus.
        const shown = focused.type === 'radio' ? focused.nextElementSibling : focused;
        const { outlineStyle, outlineWidth } = getComputedStyle(shown);
        return { name: focused.id || focused.name || focused.getAttribute('aria-label') || focused.textContent, top: shown.getBoundingClientRect().top + scrollY, isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
      })()`);
      if (stop === null) break;
      stops.push(stop);
    }
    const names = stops.map(({ name }) => name);
    expect(names.slice(0, 6)).toEqual(['engine', 'captions', 'talk', 'typed-text', 'Send', 'facts']);
    expect(new Set(names).size).toBe(names.length);
    expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([]);
    const tops = stops.map(({ top }) => top);
    expect(tops.filter((top, i) => i > 0 && top < tops[i - 1]! - 24)).toEqual([]);
  });
});
