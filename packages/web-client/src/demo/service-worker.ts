/**
 * Keeps the page itself for when there is no network: its own files from an
 * address list written at build time. Models are kept by the page, after it has
 * checked them. Imports nothing, because it is served as it is.
 */

type ServiceWorkerScope = {
  addEventListener(type: 'install' | 'activate', listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(type: 'fetch', listener: (event: { readonly request: Request; respondWith(response: Promise<Response>): void }) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
};

const scope = globalThis as unknown as ServiceWorkerScope;
const CACHE_PREFIX = 'sotto-page-';

type Shell = { readonly version: string; readonly files: readonly string[] };

async function readShell(): Promise<Shell> {
  return (await (await fetch('./page-files.json', { cache: 'no-store' })).json()) as Shell;
}

async function install(): Promise<void> {
  const { version, files } = await readShell();
  const cache = await caches.open(CACHE_PREFIX + version);
  await cache.addAll(files);
  for (const name of await caches.keys()) if (name.startsWith(CACHE_PREFIX) && name !== CACHE_PREFIX + version) await caches.delete(name);
  await scope.skipWaiting();
}

/** The network first, so that a new build shows at once; what was kept when there is none. */
async function answer(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (thrown) {
    const kept = await caches.match(request, { ignoreSearch: request.mode === 'navigate' });
    if (kept !== undefined) return kept;
    throw thrown;
  }
}

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === scope.location.origin) event.respondWith(answer(request));
});

export {};
