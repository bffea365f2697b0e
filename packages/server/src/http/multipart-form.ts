import { HttpError } from './http-error.ts';

/** Parts of one form; more is no form that we know. */
const PART_COUNT_MAX = 64;
const HEADER_BYTES_MAX = 8192;

export type FormFile = { readonly name: string; readonly bytes: Buffer };
export type MultipartForm = {
  /** Values by field, in order; `name[]` and `name` are the same field. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly files: ReadonlyMap<string, FormFile>;
};

/**
 * Reads a `multipart/form-data` body (RFC 7578).
 * @throws {HttpError} 400 saying what is wrong with it.
 */
export function parseMultipartForm(body: Buffer, contentType: string | undefined): MultipartForm {
  const boundary = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType ?? '');
  if (boundary === null) throw malformed(`Content-Type is ${JSON.stringify((contentType ?? '').slice(0, 100))}; expected multipart/form-data with a boundary`);
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const fields = new Map<string, string[]>();
  const files = new Map<string, FormFile>();
  for (const part of splitParts(body, delimiter)) addPart(part, fields, files);
  return { fields, files };
}

function splitParts(body: Buffer, delimiter: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  // The first delimiter may stand without the line break before it.
  let position = body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2)) ? delimiter.length - 2 : after(body, delimiter, 0);
  for (;;) {
    const next = body.subarray(position, position + 2).toString('latin1');
    if (next === '--') return parts;
    if (next !== '\r\n') throw malformed('A boundary is followed by neither a line break nor the end');
    if (parts.length === PART_COUNT_MAX) throw malformed(`The form has more than ${PART_COUNT_MAX} parts`);
    const end = body.indexOf(delimiter, position);
    if (end === -1) throw malformed('The form ends in the middle of a part');
    parts.push(body.subarray(position + 2, Math.max(position + 2, end)));
    position = end + delimiter.length;
  }
}

function after(body: Buffer, delimiter: Buffer, from: number): number {
  const found = body.indexOf(delimiter, from);
  if (found === -1) throw malformed('The form has no boundary');
  return found + delimiter.length;
}

function addPart(part: Buffer, fields: Map<string, string[]>, files: Map<string, FormFile>): void {
  const headerEnd = part.indexOf('\r\n\r\n');
  if (headerEnd === -1 || headerEnd > HEADER_BYTES_MAX) throw malformed('A part has no headers');
  const header = part.subarray(0, headerEnd).toString('utf8');
  const content = part.subarray(headerEnd + 4);
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(header)?.[1] ?? '';
  const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1]?.replace(/\[\]$/, '');
  if (name === undefined) throw malformed('A part has no name');
  const fileName = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1];
  if (fileName !== undefined) files.set(name, { name: fileName, bytes: content });
  else fields.set(name, [...(fields.get(name) ?? []), content.toString('utf8')]);
}

function malformed(message: string): HttpError {
  return new HttpError(400, 'invalid_form', message);
}
