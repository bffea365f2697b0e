import { LISTENING_SAMPLE_RATE } from '@sotto/pipeline';
import { seededRandom } from '@sotto/pipeline/metrics';

/** Audio for a model that understands nothing anyway: the same noise every time. */
export function noiseClip(seconds: number): Float32Array {
  const random = seededRandom(1);
  return Float32Array.from({ length: Math.round(seconds * LISTENING_SAMPLE_RATE) }, () => (random() - 0.5) * 0.2);
}
