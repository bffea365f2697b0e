import { readFileSync } from 'node:fs';
import { CLIENT_EVENT_TYPES, CLOSE_CODES, WIRE_ERROR_CODES } from '@sotto/pipeline/protocol';
import { describe, expect, it } from 'vitest';

const text = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
const section = (title: string) => text.split(`# ${title}\n`)[1]!.split(/^# /m)[0]!;

describe('docs/protocol.md', () => {
  it('names every error code, and no other', () => {
    const codes = [...section('Errors').matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
    expect(codes.toSorted()).toEqual([...WIRE_ERROR_CODES].toSorted());
  });

  it('names every reason of a close with its code', () => {
    const rows = [...section('Close codes').matchAll(/^\| (\d{4}) \|([^\n]*)$/gm)].map(([, code, rest]) => [Number(code), rest!] as const);
    for (const [reason, code] of Object.entries(CLOSE_CODES)) {
      if (reason === 'normal') continue;
      expect(rows.some(([listed, rest]) => listed === code && rest.includes(`\`${reason}\``)), `${reason} (${code})`).toBe(true);
    }
  });

  it('names every event of a client', () => {
    for (const type of CLIENT_EVENT_TYPES) expect(text).toContain(`\`${type}\``);
  });
});
