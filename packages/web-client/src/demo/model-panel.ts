import type { ModelKind, ModelManifest } from '@sotto/pipeline';
import { isModelCached, removeCachedModel } from '../models/model-cache.ts';
import { make } from './element.ts';

const KIND_TITLES: Readonly<Record<ModelKind, string>> = { vad: 'Voice activity', stt: 'Recogniser', llm: 'Language model', tts: 'Voice' };

export type ModelPanelOptions = {
  readonly host: HTMLElement;
  readonly assetsUrl: string;
  readonly choose: (choice: ModelChoice) => void;
  readonly tellRemoved: (manifest: ModelManifest) => void;
};

/** Which models to use, and where recogniser and voice compute. */
export type ModelChoice = {
  readonly models: { readonly [Kind in ModelKind]?: string };
  readonly devices: { readonly stt: 'wasm' | 'webgpu'; readonly tts: 'wasm' | 'webgpu' };
};

/** Which models there are, where they run, what they weigh, under which licence, by which hash. */
export class ModelPanel {
  readonly #options: ModelPanelOptions;
  #manifests: readonly ModelManifest[] = [];
  #choice: ModelChoice = { models: {}, devices: { stt: 'wasm', tts: 'wasm' } };
  #running: Partial<Record<ModelKind, string>> = {};

  constructor(options: ModelPanelOptions) {
    this.#options = options;
  }

  /** Shows the models; `running` says where each computes now. */
  async show(manifests: readonly ModelManifest[], choice: ModelChoice, running: Partial<Record<ModelKind, string>>): Promise<void> {
    this.#manifests = manifests;
    this.#choice = choice;
    this.#running = running;
    const cards = await Promise.all((['vad', 'stt', 'llm', 'tts'] as const).map((kind) => this.#card(kind)));
    this.#options.host.replaceChildren(...cards);
  }

  async #card(kind: ModelKind): Promise<HTMLElement> {
    const offered = this.#manifests.filter((manifest) => manifest.kind === kind);
    const current = offered.find(({ id }) => id === this.#choice.models[kind]) ?? offered[0];
    const card = make('article', {}, make('h3', { text: KIND_TITLES[kind] }));
    if (current === undefined) {
      card.append(make('p', { className: 'hint', text: 'none offered by this page' }));
      return card;
    }
    const cached = await isModelCached(current, `${this.#options.assetsUrl}/models`);
    const totalBytes = current.files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    const digest = current.files.find(({ sha256 }) => sha256 !== undefined)?.sha256;
    card.append(
      offered.length > 1 ? this.#chooser(kind, offered, current) : make('span', { text: current.title }),
      make('span', { className: 'hint', text: `${(totalBytes / 1e6).toFixed(1)} MB, ${current.licence.name}, ${this.#running[kind] ?? 'not running'}${cached ? ', kept in this browser' : ''}` }),
      make('code', { text: digest === undefined ? 'no hash recorded' : `sha256 ${digest}` }),
    );
    if (kind === 'stt' || kind === 'tts') card.append(this.#deviceChooser(kind));
    if (cached) card.append(this.#remover(current));
    return card;
  }

  #chooser(kind: ModelKind, offered: readonly ModelManifest[], current: ModelManifest): HTMLElement {
    const select = make('select');
    select.setAttribute('aria-label', `${KIND_TITLES[kind]} to use`);
    for (const { id, title } of offered) select.append(new Option(title, id, false, id === current.id));
    select.onchange = () => this.#options.choose({ ...this.#choice, models: { ...this.#choice.models, [kind]: select.value } });
    return select;
  }

  #deviceChooser(kind: 'stt' | 'tts'): HTMLElement {
    const select = make('select');
    select.setAttribute('aria-label', `Where the ${KIND_TITLES[kind].toLowerCase()} computes`);
    const hasGpu = 'gpu' in navigator;
    select.append(new Option('on the processor (WASM)', 'wasm'), new Option(hasGpu ? 'on the GPU (WebGPU)' : 'no GPU in this browser', 'webgpu'));
    select.value = this.#choice.devices[kind];
    select.disabled = !hasGpu;
    select.onchange = () => this.#options.choose({ ...this.#choice, devices: { ...this.#choice.devices, [kind]: select.value as 'wasm' | 'webgpu' } });
    return select;
  }

  #remover(manifest: ModelManifest): HTMLElement {
    const button = make('button', { text: `Remove ${manifest.title} from this browser` });
    button.type = 'button';
    button.onclick = () => {
      button.disabled = true;
      void this.#remove(manifest);
    };
    return button;
  }

  async #remove(manifest: ModelManifest): Promise<void> {
    await removeCachedModel(manifest, `${this.#options.assetsUrl}/models`);
    await this.show(this.#manifests, this.#choice, this.#running);
    this.#options.tellRemoved(manifest);
    // The button that had the focus is gone.
    this.#options.host.focus();
  }
}
