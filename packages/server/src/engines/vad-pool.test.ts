import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilero } from '@sotto/pipeline';
import { bundledModel } from '../models/bundled-models.ts';
import { openModel } from '../models/model-folder.ts';
import { nodeOnnxRuntime } from './onnx-node.ts';
import { VadPool } from './vad-pool.ts';

/** Bursts of a harmonic tone in noise: something that Silero has an opinion about, different for each stream. */
function frame(stream: number, index: number): Float32Array {
  let seed = stream * 7919 + index * 104_729 + 1;
  return Float32Array.from({ length: 512 }, (_, i) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    const voiced = index % 8 < 5 ? Math.sin((2 * Math.PI * (120 + 10 * stream) * (index * 512 + i)) / 16_000) : 0;
    return 0.3 * voiced + 0.02 * (seed / 0x7fff_ffff - 0.5);
  });
}

describe('VadPool', () => {
  let pool: VadPool;
  let methods: string[];
  beforeAll(async () => {
    methods = [];
    pool = await VadPool.load(await bundledModel('vad'), { metrics: { onCallEnd: ({ method }) => methods.push(method) } });
  });
  afterAll(() => pool[Symbol.asyncDispose]());

  it('gives every stream the probabilities that it would get alone, in fewer runs than frames', async () => {
    const alone = await createSilero({ ort: nodeOnnxRuntime, files: openModel(await bundledModel('vad')) });
    const streamCount = 6;
    const shared = Array.from({ length: streamCount }, () => pool.openStream());
    const single = Array.from({ length: streamCount }, () => alone.openStream());
    methods.length = 0;
    for (let index = 0; index < 12; index++) {
      const together = await Promise.all(shared.map((stream, s) => stream.process(frame(s, index))));
      for (let s = 0; s < streamCount; s++) expect(together[s]).toBeCloseTo(await single[s]!.process(frame(s, index)), 4);
    }
    expect(methods.length).toBe(12);
    for (const stream of shared) stream[Symbol.dispose]();
    await alone[Symbol.asyncDispose]();
  });

  it('forgets on reset and refuses a frame of the wrong length', async () => {
    using stream = pool.openStream();
    const first = await stream.process(frame(1, 0));
    await stream.process(frame(1, 1));
    stream.reset();
    expect(await stream.process(frame(1, 0))).toBeCloseTo(first, 5);
    await expect(stream.process(new Float32Array(100))).rejects.toMatchObject({ code: 'VOICE_ERR_FRAME_LENGTH' });
    await expect(stream.process(frame(1, 0).fill(NaN))).rejects.toMatchObject({ code: 'VOICE_ERR_NON_FINITE_SAMPLE' });
  });

  it('one bad frame does not spoil the frames of other streams', async () => {
    using good = pool.openStream();
    using bad = pool.openStream();
    const [kept, refused] = await Promise.allSettled([good.process(frame(2, 0)), bad.process(frame(2, 0).fill(Infinity))]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'VOICE_ERR_NON_FINITE_SAMPLE' } });
    expect(kept.status).toBe('fulfilled');
  });

  it('rejects an aborted frame with the reason', async () => {
    using stream = pool.openStream();
    const controller = new AbortController();
    const pending = stream.process(frame(3, 0), { signal: controller.signal });
    controller.abort('enough');
    await expect(pending).rejects.toBe('enough');
  });
});
