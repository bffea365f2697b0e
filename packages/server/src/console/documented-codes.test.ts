import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const document = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const table = (text: string, title: string) => text.split(`# ${title}\n`)[1]!.split(/^# /m)[0]!;
const first = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, code]) => code!);

const errorCodes = first(document('errors.md'), /^\| `(VOICE_ERR_\w+)` \|/gm);
const wireErrorCodes = first(table(document('protocol.md'), 'Errors'), /^\| `([a-z_]+)` \|/gm);
const closeReasons = first(table(document('protocol.md'), 'Close codes'), /^\| \d{4} \|[^`\n]*`([a-z_]+)`/gm);

/** Every test but this one, and but those that only go through whole lists of codes. */
const tests = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !/(^|\/)(node_modules|dist)\//.test(path) && basename(path) !== basename(import.meta.filename))
  .map((path) => readFileSync(join(root, 'packages', path), 'utf8'))
  .join('\n');

/** Named as a text of its own, as what a reason begins with, or where a pattern begins. */
const isNamed = (code: string) => new RegExp(`['"\`]${code}['"\`:]|/\\^${code}\\b`).test(tests);

describe('every documented code is named in a test:', () => {
  it('that there are any', () => {
    expect([errorCodes.length, wireErrorCodes.length, closeReasons.length].every((count) => count > 9)).toBe(true);
    expect(isNamed('VOICE_ERR_OF_NO_KIND')).toBe(false);
  });

  it.each(errorCodes)('%s', (code) => expect(isNamed(code)).toBe(true));
  it.each(wireErrorCodes)('error event %s', (code) => expect(isNamed(code)).toBe(true));
  it.each(closeReasons)('close %s', (reason) => expect(isNamed(reason)).toBe(true));
});
