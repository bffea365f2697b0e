import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wav': 'audio/wav',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Isolated from other origins, which browsers ask for before they allow threads
 * in WebAssembly, and unable to load or send anything elsewhere.
 */
const PAGE_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; connect-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Built files whose names change with what is in them; others, such as weights and runtimes, keep theirs from release to release. */
const HASHED_FILE = /[/\\]assets[/\\][^/\\]+-[A-Za-z0-9_-]{8,}\.\w+$/;

/** Serves the files of one folder; a browser that has a file already is told so. @returns false when there is no such file. */
export async function servePageFile(directory: string, path: string, response: ServerResponse, headOnly: boolean): Promise<boolean> {
  const file = await locate(directory, path);
  if (file === undefined) return false;
  const headers = {
    ...PAGE_HEADERS,
    'Content-Type': CONTENT_TYPES[extname(file.path).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': HASHED_FILE.test(file.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: file.version,
  };
  if (response.req.headers['if-none-match'] === file.version) {
    response.writeHead(304, headers).end();
    return true;
  }
  response.writeHead(200, { ...headers, 'Content-Length': file.byteCount });
  if (headOnly) response.end();
  else await pipeline(createReadStream(file.path), response).catch(() => response.destroy());
  return true;
}

type PageFile = { readonly path: string; readonly byteCount: number; readonly version: string };

async function locate(directory: string, path: string): Promise<PageFile | undefined> {
  try {
    const decoded = decodeURIComponent(path);
    if (decoded.includes('\0')) return undefined;
    const root = await realpath(directory);
    const real = await realpath(join(root, decoded.endsWith('/') ? `${decoded}index.html` : decoded));
    // Links and ".." must not lead out of the folder.
    if (!real.startsWith(root + sep)) return undefined;
    const found = await stat(real);
    const version = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
    return found.isFile() ? { path: real, byteCount: found.size, version } : undefined;
  } catch {
    return undefined;
  }
}
