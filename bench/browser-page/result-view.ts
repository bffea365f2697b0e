import { make } from '@sotto/web-client/page-parts';
import { backendName, browserTables, type FigureTable } from '../src/browser/browser-figures.ts';
import type { BrowserResult } from '../src/browser/browser-result.ts';

/** Shows a result with a link to its JSON; the one before goes. */
export function showResult(host: HTMLElement, result: BrowserResult): void {
  const json = new Blob([`${JSON.stringify(result, null, 1)}\n`], { type: 'application/json' });
  const download = make('a', { className: 'download', text: 'Download as JSON' });
  const previous = host.querySelector<HTMLAnchorElement>('a.download');
  if (previous !== null) URL.revokeObjectURL(previous.href);
  download.href = URL.createObjectURL(json);
  download.download = `browser-${result.measuredAt.slice(0, 19).replaceAll(':', '-')}.json`;
  const missing = result.body.notMeasured.map(({ backend, reason }) => make('p', { className: 'problem', text: `${backendName(backend)} could not be measured: ${reason}.` }));
  const command = make('p', { className: 'hint' }, 'Measured again from the command line by ', make('code', { text: result.command }));
  host.replaceChildren(make('p', {}, download), ...missing, ...browserTables(result.body).map(figureTable), command);
  host.hidden = false;
}

function figureTable({ title, header, rows }: FigureTable): HTMLElement {
  const head = make('tr', {}, ...header.map((text) => make('th', { text })));
  for (const cell of head.children) cell.setAttribute('scope', 'col');
  const body = rows.map(([name = '', ...cells]) => {
    const label = make('th', { text: name });
    label.setAttribute('scope', 'row');
    return make('tr', {}, label, ...cells.map((text) => make('td', { text })));
  });
  const table = make('table', {}, make('caption', { text: title }), make('thead', {}, head), make('tbody', {}, ...body));
  const scroller = make('div', { className: 'scroller' }, table);
  // What scrolls must be reached by keyboard as well.
  scroller.tabIndex = 0;
  scroller.setAttribute('role', 'region');
  scroller.setAttribute('aria-label', title);
  return scroller;
}
