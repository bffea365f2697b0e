import type { PageRig } from './page-rig.ts';

/** A script for the page that keeps everything it said in its state line, also while it was loading. */
export const KEEP_STATES = `addEventListener('DOMContentLoaded', () => {
  globalThis.shown = [];
  const state = document.querySelector('#state');
  new MutationObserver(() => globalThis.shown.push(state.textContent)).observe(state, { childList: true });
})`;

/** Everything the page said since it was opened, a line each. */
export async function statesShown(rig: PageRig): Promise<string> {
  return (await rig.page.evaluate<string[]>('globalThis.shown')).join('\n');
}
