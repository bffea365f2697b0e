import type { TruthAnswer } from './truth-test.ts';

const CACHE_NAME = 'sotto-truth-v1';

/** Remembers what a model answered in WASM, so that the comparison costs a second model only once. Keyed by the model's digests. */
export async function recallTruth(key: string): Promise<TruthAnswer | undefined> {
  const cache = await globalThis.caches?.open(CACHE_NAME).catch(() => undefined);
  const response = await cache?.match(urlOf(key));
  return (await response?.json()) as TruthAnswer | undefined;
}

export async function rememberTruth(key: string, answer: TruthAnswer): Promise<void> {
  const cache = await globalThis.caches?.open(CACHE_NAME).catch(() => undefined);
  await cache?.put(urlOf(key), new Response(JSON.stringify(answer))).catch(() => undefined);
}

function urlOf(key: string): string {
  return new URL(`/sotto-truth/${encodeURIComponent(key)}`, globalThis.location.href).href;
}
