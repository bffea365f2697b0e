import type { ModelManifest } from '@sotto/pipeline';
import type { ModelFingerprint } from './bench-result.ts';

/** What identifies a model in a result. */
export function fingerprintOf({ id, dtype = 'fp32', files }: ModelManifest): ModelFingerprint {
  return {
    id,
    dtype: typeof dtype === 'string' ? dtype : `encoder ${dtype.encoder}, decoder ${dtype.decoder}`,
    sha256: Object.fromEntries(files.flatMap(({ path, sha256 }) => (sha256 === undefined ? [] : [[path, sha256]]))),
  };
}
