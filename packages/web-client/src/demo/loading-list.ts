import type { LoadProgress } from '../voice-event.ts';
import { make } from './element.ts';

const STEPS: Readonly<Record<LoadProgress['step'], string>> = { fetching: 'fetching', checking: 'checking', starting: 'starting', testing: 'testing the GPU', ready: 'ready' };

export const REASONS: Readonly<Record<NonNullable<LoadProgress['again']>, string>> = { evicted: 'the browser had dropped it', damaged: 'what was kept had changed' };

/** What is being loaded, model by model. */
export class LoadingList {
  readonly #host: HTMLElement;
  readonly #rows = new Map<string, { readonly row: HTMLElement; readonly step: HTMLElement; readonly bar: HTMLProgressElement }>();

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  take({ modelId, step, loadedBytes, totalBytes, again }: LoadProgress): void {
    const entry = this.#rows.get(modelId) ?? this.#add(modelId);
    const reason = again === undefined ? '' : `${REASONS[again]}; fetching it again: `;
    entry.step.textContent = step === 'fetching' ? `${reason}${megabytes(loadedBytes)} of ${megabytes(totalBytes)}` : STEPS[step];
    entry.bar.max = Math.max(1, totalBytes);
    entry.bar.value = loadedBytes;
    if (step === 'ready') {
      entry.row.remove();
      this.#rows.delete(modelId);
    }
  }

  clear(): void {
    this.#host.replaceChildren();
    this.#rows.clear();
  }

  #add(modelId: string) {
    const step = make('span');
    const bar = make('progress');
    bar.setAttribute('aria-label', `Loading ${modelId}`);
    const row = make('div', {}, make('span', { text: modelId }), step, bar);
    this.#host.append(row);
    const entry = { row, step, bar };
    this.#rows.set(modelId, entry);
    return entry;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
