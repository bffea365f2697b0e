import { element } from '@sotto/web-client/page-parts';
import type { BrowserBenchSetup } from '../src/browser/browser-result.ts';
import { BenchPage } from './bench-page.ts';

const response = await fetch('./setup.json');
if (response.ok) {
  const setup = (await response.json()) as BrowserBenchSetup;
  const page = new BenchPage(setup);
  if (setup.startsAtOnce) void page.run();
} else {
  element('state').textContent = 'This page is served by "sotto bench browser", which does not answer';
}
