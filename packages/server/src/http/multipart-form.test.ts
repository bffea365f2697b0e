import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpError } from './http-error.ts';
import { parseMultipartForm } from './multipart-form.ts';

const TYPE = 'multipart/form-data; boundary=XX';
const parts = (...blocks: readonly (string | Buffer)[]) => Buffer.concat([...blocks.flatMap((block) => [Buffer.from('--XX\r\n'), Buffer.from(block), Buffer.from('\r\n')]), Buffer.from('--XX--\r\n')]);

describe('parseMultipartForm', () => {
  it('reads fields, repeated fields and files with any bytes', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const form = parseMultipartForm(
      parts(
        'Content-Disposition: form-data; name="model"\r\n\r\nwhisper-1',
        'Content-Disposition: form-data; name="timestamp_granularities[]"\r\n\r\nword',
        'Content-Disposition: form-data; name="timestamp_granularities[]"\r\n\r\nsegment',
        Buffer.concat([Buffer.from('Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'), bytes]),
      ),
      TYPE,
    );
    expect(form.fields.get('model')).toEqual(['whisper-1']);
    expect(form.fields.get('timestamp_granularities')).toEqual(['word', 'segment']);
    expect(form.files.get('file')).toEqual({ name: 'a.wav', bytes });
  });

  it.each([
    ['application/json', Buffer.from('{}'), 'expected multipart/form-data'],
    ['multipart/form-data', parts(), 'expected multipart/form-data with a boundary'],
    [TYPE, Buffer.from('nothing'), 'no boundary'],
    [TYPE, Buffer.from('--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'), 'in the middle of a part'],
    [TYPE, parts('no headers'), 'no headers'],
    [TYPE, parts('Content-Disposition: form-data\r\n\r\nx'), 'no name'],
    [TYPE, parts(...Array.from({ length: 65 }, () => 'Content-Disposition: form-data; name="a"\r\n\r\n1')), 'more than 64 parts'],
  ])('refuses %s', (type, body, message) => {
    expect(() => parseMultipartForm(body, type)).toThrow(expect.objectContaining({ status: 400, code: 'invalid_form', message: expect.stringContaining(message) as string }) as Error);
  });

  it('takes any bytes without failing in another way', () => {
    const piece = fc.oneof(fc.constantFrom('--XX', '--XX\r\n', '--XX--', '\r\n', '\r\n\r\n', 'Content-Disposition: form-data; name="a"', '; filename="b"'), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          parseMultipartForm(Buffer.from(pieces.join('')), TYPE);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(HttpError);
        }
      }),
      { seed: 4, numRuns: 3000 },
    );
  });
});
