import { checkSessionUpdate, defaultSessionConfig, describeSession, integer, mergeSessionConfig, object, oneOf, optional } from '@sotto/pipeline/protocol';
import type { Authentication } from '../serve/authentication.ts';
import { readJson } from './request-body.ts';
import type { RouteContext } from './route-context.ts';

/** Seconds; the limits of OpenAI's endpoint. */
const LIFETIME_SECONDS = { min: 10, max: 7200, default: 600 } as const;

const checkRequest = object({
  expires_after: optional(object({ anchor: optional(oneOf('created_at')), seconds: optional(integer(LIFETIME_SECONDS.min, LIFETIME_SECONDS.max)) })),
  session: optional(checkSessionUpdate),
});

/** `POST /v1/realtime/client_secrets`: a key for a web page, good for a few minutes and with its session's settings built in. */
export async function handleClientSecret({ request, response, engines }: RouteContext, authentication: Authentication): Promise<void> {
  const body = request.headers['content-length'] === '0' ? {} : await readJson(request);
  const { expires_after, session = {} } = checkRequest(body, '');
  const config = mergeSessionConfig(defaultSessionConfig('sotto', engines.tts.capabilities.voices[0] ?? 'default', session.type ?? 'realtime'), session);
  const { value, expiresAtSeconds } = authentication.createSecret(session, expires_after?.seconds ?? LIFETIME_SECONDS.default);
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ value, expires_at: expiresAtSeconds, session: describeSession(config, 'sess_not_started', expiresAtSeconds) }));
}
