import type { VoiceEngines } from '@sotto/pipeline';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a route is given to answer one request. */
export type RouteContext = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly engines: VoiceEngines;
  /** Aborted when the client goes away or the server ends. */
  readonly signal: AbortSignal;
  readonly maxUploadBytes: number;
};
