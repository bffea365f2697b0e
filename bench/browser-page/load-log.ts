import { MODEL_KINDS, type ModelKind } from '@sotto/pipeline';
import { fetchModelIndex, type InTabEngines, isModelCached, type VoiceEventOf } from '@sotto/web-client';
import type { BrowserBackend, LoadedModel } from '../src/browser/browser-result.ts';

/** How the engine loader begins to say that a GPU's answer was wrong. */
const FAILED_TEST = 'the GPU failed its test';

/** Watches engines load: when each was ready, whether its GPU was tested, who fell back and why. */
export class LoadLog {
  readonly #startMs = performance.now();
  readonly #cachedIds: ReadonlySet<string>;
  readonly #readyMs = new Map<string, number>();
  readonly #testedIds = new Set<string>();
  readonly #fallbackReasons = new Map<string, string>();
  #truthTests: Partial<Record<ModelKind, LoadedModel['truthTest']>> = {};

  private constructor(cachedIds: ReadonlySet<string>) {
    this.#cachedIds = cachedIds;
  }

  static async start(assetsUrl: string, signal: AbortSignal): Promise<LoadLog> {
    const cachedIds = new Set<string>();
    for (const manifest of await fetchModelIndex(assetsUrl, signal)) if (await isModelCached(manifest, `${assetsUrl}/models`)) cachedIds.add(manifest.id);
    return new LoadLog(cachedIds);
  }

  take(event: VoiceEventOf<'loading'> | VoiceEventOf<'fallback'>): void {
    if (event.type === 'fallback') {
      this.#fallbackReasons.set(event.stage, event.reason);
      return;
    }
    const { modelId, step } = event.progress;
    if (step === 'testing') this.#testedIds.add(modelId);
    if (step === 'ready') this.#readyMs.set(modelId, performance.now() - this.#startMs);
  }

  /** Notes how the tests ended, once everything is loaded; a GPU that is lost later has passed all the same. */
  loaded({ manifests }: InTabEngines, backend: BrowserBackend): void {
    this.#truthTests = Object.fromEntries(MODEL_KINDS.map((kind) => [kind, this.#truthTestOf(kind, manifests[kind].id, backend)]));
  }

  /** What there is to say of each model now. */
  models({ manifests, devices }: InTabEngines): { readonly [K in ModelKind]: LoadedModel } {
    const computedOn = { vad: 'wasm', llm: 'wasm', ...devices() } as const;
    const described = MODEL_KINDS.map((kind) => {
      const { id } = manifests[kind];
      const fallbackReason = this.#fallbackReasons.get(kind);
      const model: LoadedModel = {
        id,
        device: computedOn[kind],
        ...(fallbackReason === undefined ? {} : { fallbackReason }),
        truthTest: this.#truthTests[kind] ?? 'unneeded',
        readyMs: this.#readyMs.get(id) ?? NaN,
        wasCached: this.#cachedIds.has(id),
      };
      return [kind, model] as const;
    });
    return Object.fromEntries(described) as { [K in ModelKind]: LoadedModel };
  }

  #truthTestOf(kind: ModelKind, modelId: string, backend: BrowserBackend): LoadedModel['truthTest'] {
    if (backend === 'wasm' || (kind !== 'stt' && kind !== 'tts')) return 'unneeded';
    const reason = this.#fallbackReasons.get(kind);
    if (reason?.startsWith(FAILED_TEST)) return 'failed';
    return reason === undefined && this.#testedIds.has(modelId) ? 'passed' : 'not-reached';
  }
}
