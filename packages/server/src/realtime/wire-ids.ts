import { randomBytes } from 'node:crypto';

/** A fresh id that cannot be guessed, such as `item_k3v…`. */
export function wireId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('base64url')}`;
}
