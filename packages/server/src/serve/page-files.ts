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

/** Serves the files of one folder. @returns false when there is no such file. */
export async function servePageFile(directory: string, path: string, response: ServerResponse, headOnly: boolean): Promise<boolean> {
  const file = await locate(directory, path);
  if (file === undefined) return false;
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'Content-Type': CONTENT_TYPES[extname(file.path).toLowerCase()] ?? 'application/octet-stream',
    'Content-Length': file.byteCount,
    // Names of built files carry a hash; the page itself must always be fresh.
    'Cache-Control': /[.-][A-Za-z0-9_-]{8,}\.\w+$/.test(file.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (headOnly) response.end();
  else await pipeline(createReadStream(file.path), response).catch(() => response.destroy());
  return true;
}

async function locate(directory: string, path: string): Promise<{ readonly path: string; readonly byteCount: number } | undefined> {
  try {
    const decoded = decodeURIComponent(path);
    if (decoded.includes('\0')) return undefined;
    const root = await realpath(directory);
    const real = await realpath(join(root, decoded.endsWith('/') ? `${decoded}index.html` : decoded));
    // Links and ".." must not lead out of the folder.
    if (!real.startsWith(root + sep)) return undefined;
    const { size, isFile } = await stat(real).then((found) => ({ size: found.size, isFile: found.isFile() }));
    return isFile ? { path: real, byteCount: size } : undefined;
  } catch {
    return undefined;
  }
}
