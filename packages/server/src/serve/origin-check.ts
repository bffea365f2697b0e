import type { IncomingMessage } from 'node:http';

/**
 * Whether a request may come from the web page it comes from. Browsers do not
 * apply the same-origin rule to WebSockets, so any page could otherwise use a
 * server on the visitor's own machine. Programs send no Origin.
 */
export function isAllowedOrigin({ headers }: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
