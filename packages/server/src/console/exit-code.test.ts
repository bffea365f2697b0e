import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '@sotto/pipeline';
import { exitCodeFor } from './exit-code.ts';

describe('docs/errors.md', () => {
  it('lists the codes of the source in their order, each with its advice and its exit code', async () => {
    const text = await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    expect(rows.map(([code]) => code)).toEqual(ERROR_CODES.map((code) => `\`${code}\``));
    for (const [code, meaning, advice, exitCode] of rows) {
      expect(meaning, code).toMatch(/\.$/);
      expect(advice, code).toMatch(/\.$/);
      expect(exitCodeFor(code!.replaceAll('`', '') as ErrorCode), code).toBe(Number(exitCode));
    }
  });
});
