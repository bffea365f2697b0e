import { BackendError, toVoiceError } from '@sotto/pipeline';
import { element, LoadingList, OffOriginRequests } from '@sotto/web-client/page-parts';
import { backendName } from '../src/browser/browser-figures.ts';
import type { BrowserBackend, BrowserBenchReport, BrowserBenchSetup, BrowserBody, BrowserResult } from '../src/browser/browser-result.ts';
import { formatLeft } from '../src/result/measuring-progress.ts';
import { BenchForm } from './bench-form.ts';
import { browserFacts, findAdapter } from './browser-facts.ts';
import { measureBackend, type MeasureProgress } from './measure-backend.ts';
import type { Recording } from './recording.ts';
import { showResult } from './result-view.ts';

const ASSETS_URL = './sotto';

/** The page that measures: a form, a run that can be cancelled, and what came of it. */
export class BenchPage {
  readonly #setup: BrowserBenchSetup;
  readonly #form: BenchForm;
  readonly #requests = new OffOriginRequests(element('requests'));
  readonly #loading = new LoadingList(element('loading'));
  readonly #progress = element<HTMLProgressElement>('progress');
  readonly #pace = element('pace');
  readonly #state = element('state');
  readonly #cancel = element<HTMLButtonElement>('cancel');
  #running: AbortController | undefined;
  #tabWasHidden = false;

  constructor(setup: BrowserBenchSetup) {
    this.#setup = setup;
    this.#form = new BenchForm(setup, () => void this.run());
    this.#cancel.onclick = () => {
      // What is being computed ends first.
      this.#showState('Cancelling');
      this.#running?.abort(new DOMException('Cancelled', 'AbortError'));
    };
    document.addEventListener('visibilitychange', () => {
      this.#tabWasHidden ||= document.hidden;
    });
    // Cancelling tells whoever waits for the result that none will come.
    addEventListener('pagehide', () => this.#running?.abort(new DOMException('The page was left', 'AbortError')));
  }

  /** Measures what the form asks for, shows it, and tells the server. */
  async run(): Promise<void> {
    if (this.#running !== undefined) return;
    const { signal } = (this.#running = new AbortController());
    this.#setBusy(true);
    this.#tabWasHidden = document.hidden;
    try {
      const result = await this.#measure(signal);
      showResult(element('result'), result);
      this.#showState('Done. The figures are below.');
      await tell({ type: 'result', result });
    } catch (thrown) {
      if (signal.aborted) {
        this.#showState('Cancelled. Nothing was kept.');
        await tell({ type: 'cancelled' });
      } else {
        const { code, message } = toVoiceError(thrown, 'session');
        this.#showState(message, true);
        await tell({ type: 'failed', code, message });
      }
    } finally {
      this.#running = undefined;
      this.#setBusy(false);
    }
  }

  async #measure(signal: AbortSignal): Promise<BrowserResult> {
    const { recordings, corpus, backends } = this.#form.choice();
    const facts = await browserFacts();
    const runs: BrowserBody['runs'][number][] = [];
    const notMeasured: BrowserBody['notMeasured'][number][] = [];
    let models: BrowserResult['models'] = {};
    for (const backend of backends) {
      if (backend === 'webgpu' && (await findAdapter()) === undefined) {
        notMeasured.push({ backend, reason: 'this browser offers no WebGPU adapter' });
        continue;
      }
      const measured = await this.#measureOn(backend, recordings, signal);
      runs.push(measured.run);
      models = measured.models;
    }
    if (runs.length === 0) throw new BackendError('VOICE_ERR_BACKEND_UNAVAILABLE', notMeasured.map(({ reason }) => reason).join('; '));
    const browser = { ...facts, offOriginRequestCount: this.#requests.count, tabWasHidden: this.#tabWasHidden };
    const { envelope } = this.#setup;
    return { ...envelope, measuredAt: new Date().toISOString(), versions: { browser: facts.name, ...envelope.versions }, models, body: { corpus, browser, runs, notMeasured } };
  }

  #measureOn(backend: BrowserBackend, recordings: readonly Recording[], signal: AbortSignal) {
    const { utteranceCount, gpuUtteranceCount, turnCount, threadCount } = this.#form.choice();
    this.#loading.clear();
    this.#showState(`Loading the models for ${backendName(backend)}`);
    return measureBackend({
      backend,
      assetsUrl: ASSETS_URL,
      recordings: recordings.slice(0, backend === 'webgpu' ? gpuUtteranceCount : utteranceCount),
      turnCount,
      threadCount,
      instructions: this.#setup.instructions,
      normalizer: this.#setup.normalizer,
      signal,
      onLoading: (progress) => this.#loading.take(progress),
      onProgress: (progress) => this.#showProgress(progress),
    });
  }

  #showProgress({ backend, doneCount, totalCount, leftMs }: MeasureProgress): void {
    if (doneCount === 0) this.#showState(`Measuring on ${backendName(backend)}`);
    this.#progress.max = Math.max(1, totalCount);
    this.#progress.value = doneCount;
    this.#pace.textContent = `${doneCount} of ${totalCount} recordings${leftMs === undefined ? '' : `, about ${formatLeft(leftMs)} left`}`;
    void tell({ type: 'progress', backend, doneCount, totalCount });
  }

  #setBusy(isBusy: boolean): void {
    this.#form.setEnabled(!isBusy);
    this.#cancel.hidden = !isBusy;
    element('running').hidden = !isBusy;
    if (isBusy) this.#cancel.focus();
    this.#pace.textContent = '';
    this.#progress.value = 0;
    this.#loading.clear();
  }

  #showState(text: string, problem = false): void {
    this.#state.textContent = text;
    this.#state.classList.toggle('problem', problem);
  }
}

/** Whoever serves the page may have gone, and the page shows everything by itself. */
async function tell(report: BrowserBenchReport): Promise<void> {
  await fetch('./report', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(report), keepalive: report.type === 'cancelled' }).catch(() => undefined);
}
