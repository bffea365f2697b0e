import { ConfigError } from '@sotto/pipeline';
import { element } from '@sotto/web-client/page-parts';
import { BROWSER_BACKENDS, type BrowserBackend, type BrowserBenchSetup } from '../src/browser/browser-result.ts';
import { type Recording, recordingsFromFiles, servedRecordings } from './recording.ts';

export type BenchChoice = {
  readonly backends: readonly BrowserBackend[];
  readonly corpus: string;
  readonly recordings: readonly Recording[];
  readonly utteranceCount: number;
  readonly gpuUtteranceCount: number;
  readonly turnCount: number;
  readonly threadCount: number;
};

/** What to measure, where and on how many recordings. */
export class BenchForm {
  readonly #form = element<HTMLFormElement>('choices');
  readonly #folder = element<HTMLInputElement>('folder');
  readonly #served: readonly Recording[];
  readonly #servedCorpus: string;
  #own: { readonly corpus: string; readonly recordings: readonly Recording[] } | undefined;

  constructor({ utterances, corpus, options }: BrowserBenchSetup, onRun: () => void) {
    this.#served = servedRecordings(utterances);
    this.#servedCorpus = corpus;
    for (const backend of BROWSER_BACKENDS) this.#checkbox(backend).checked = options.backends.includes(backend);
    this.#number('utterances').value = String(options.utteranceCount);
    this.#number('gpu-utterances').value = String(options.gpuUtteranceCount);
    this.#number('turns').value = String(options.turnCount);
    this.#number('threads').value = String(options.threadCount ?? Math.max(1, Math.floor(navigator.hardwareConcurrency / 2)));
    this.#showCorpus();
    this.#folder.addEventListener('change', () => void this.#takeFolder());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      onRun();
    });
  }

  /** @throws {ConfigError} VOICE_ERR_INVALID_OPTION when there is nothing to measure on. */
  choice(): BenchChoice {
    const { corpus, recordings } = this.#own ?? { corpus: this.#servedCorpus, recordings: this.#served };
    if (recordings.length === 0) throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'There are no recordings: choose a folder with audio files and a .txt of the same name beside each');
    const backends = BROWSER_BACKENDS.filter((backend) => this.#checkbox(backend).checked);
    if (backends.length === 0) throw new ConfigError('VOICE_ERR_INVALID_OPTION', 'Neither WASM nor WebGPU is chosen');
    const count = (id: string) => this.#number(id).valueAsNumber || 0;
    return { backends, corpus, recordings, utteranceCount: count('utterances'), gpuUtteranceCount: count('gpu-utterances'), turnCount: count('turns'), threadCount: Math.max(1, count('threads')) };
  }

  setEnabled(isEnabled: boolean): void {
    for (const field of this.#form.querySelectorAll('fieldset')) field.disabled = !isEnabled;
    element<HTMLButtonElement>('run').disabled = !isEnabled;
  }

  async #takeFolder(): Promise<void> {
    const files = [...(this.#folder.files ?? [])];
    const corpus = files[0]?.webkitRelativePath.split('/')[0] || 'chosen files';
    this.#own = files.length === 0 ? undefined : { corpus, recordings: await recordingsFromFiles(files) };
    this.#showCorpus();
  }

  #showCorpus(): void {
    const { corpus, recordings } = this.#own ?? { corpus: this.#servedCorpus, recordings: this.#served };
    element('corpus').textContent = recordings.length === 0 ? `${corpus || 'Nothing'}: no audio with a .txt beside it` : `${corpus}: ${recordings.length} recordings`;
    if (recordings.length === 0) return;
    for (const id of ['utterances', 'gpu-utterances', 'turns']) {
      const field = this.#number(id);
      field.max = String(recordings.length);
      field.value = String(Math.min(field.valueAsNumber || 0, recordings.length) || (id === 'turns' ? 0 : recordings.length));
    }
  }

  #number(id: string): HTMLInputElement {
    return element<HTMLInputElement>(id);
  }

  #checkbox(backend: BrowserBackend): HTMLInputElement {
    return element<HTMLInputElement>(`backend-${backend}`);
  }
}
