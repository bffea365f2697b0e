import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** Largest JSON body; only uploads of audio are larger. */
const JSON_BYTES_MAX = 4 * 1024 * 1024;

/** Reads a body whole. @throws {HttpError} 413 as soon as it is too large. */
export async function readBody(request: IncomingMessage, byteCountMax: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const tooLarge = () => new HttpError(413, 'VOICE_ERR_MESSAGE_TOO_LARGE', `The body is larger than the ${byteCountMax} bytes allowed`);
  if (announced > byteCountMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > byteCountMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws {HttpError} 400 when the body is not JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, JSON_BYTES_MAX);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new HttpError(400, 'invalid_json', `The body of ${body.length} bytes is not JSON`);
  }
}
