import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VoiceError } from '../errors.ts';
import { assertNoExternalData } from './external-data.ts';

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]);
const message = (field: number, ...content: number[][]): number[] => [...varint(field * 8 + 2), ...varint(content.flat().length), ...content.flat()];
const text = (field: number, value: string): number[] => message(field, [...new TextEncoder().encode(value)]);

const external = [...text(8, 'weight'), ...message(13, text(1, 'location'), text(2, '../../etc/passwd')), ...varint(14 * 8), 1];
const marked = [...text(8, 'weight'), ...varint(14 * 8), 1];
const inline = [...text(8, 'weight'), ...text(9, 'bytes of the tensor')];

function codeOf(bytes: number[] | Uint8Array): string | undefined {
  try {
    assertNoExternalData(Uint8Array.from(bytes), 'model.onnx');
    return undefined;
  } catch (error) {
    return VoiceError.isInstance(error) ? error.code : String(error);
  }
}

describe('assertNoExternalData', () => {
  const graph = (tensor: number[]): number[] => message(7, message(5, tensor));
  const places: [string, (tensor: number[]) => number[]][] = [
    ['an initialiser', graph],
    ['the values of a sparse initialiser', (tensor) => message(7, message(15, message(1, tensor)))],
    ['the indices of a sparse initialiser', (tensor) => message(7, message(15, message(2, tensor)))],
    ['a constant node', (tensor) => message(7, message(1, message(5, message(5, tensor))))],
    ['a list of tensors', (tensor) => message(7, message(1, message(5, message(10, tensor))))],
    ['a branch', (tensor) => message(7, message(1, message(5, message(6, message(5, tensor)))))],
    ['a list of graphs', (tensor) => message(7, message(1, message(5, message(11, message(5, tensor)))))],
    ['a sparse attribute', (tensor) => message(7, message(1, message(5, message(22, message(1, tensor)))))],
    ['a function', (tensor) => message(25, message(7, message(5, message(5, tensor))))],
    ['training information', (tensor) => message(20, message(1, message(5, tensor)))],
  ];

  it.each(places)('finds external data in %s, and lets inline data pass there', (_place, wrap) => {
    expect(codeOf(wrap(external))).toBe('VOICE_ERR_MODEL_EXTERNAL_DATA');
    expect(codeOf(wrap(marked))).toBe('VOICE_ERR_MODEL_EXTERNAL_DATA');
    expect(codeOf(wrap(inline))).toBeUndefined();
  });

  it('passes the real Silero graph and refuses it cut anywhere', async () => {
    const path = new URL('../../../server/node_modules/@ricky0123/vad-web/dist/silero_vad_v6.onnx', import.meta.url);
    const bytes = new Uint8Array(await readFile(path));
    expect(codeOf(bytes)).toBeUndefined();
    for (let percent = 1; percent < 100; percent++) expect(codeOf(bytes.subarray(0, (bytes.length * percent) / 100)), `cut at ${percent} %`).toBe('VOICE_ERR_MODEL_FORMAT');
  });

  it('ends with a verdict on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect([undefined, 'VOICE_ERR_MODEL_FORMAT', 'VOICE_ERR_MODEL_EXTERNAL_DATA']).toContain(codeOf(bytes));
    }), { seed: 3, numRuns: 2000 });
    let deep: number[] = [];
    for (let i = 0; i < 200; i++) deep = message(1, message(5, message(6, deep)));
    expect(codeOf(message(7, deep))).toBe('VOICE_ERR_MODEL_FORMAT');
    expect(codeOf([])).toBe('VOICE_ERR_MODEL_FORMAT');
  });
});
