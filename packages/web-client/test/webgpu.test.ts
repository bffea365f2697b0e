import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findClearQuestion, transcribe } from './command-line.ts';
import { RECORD_LOUDSPEAKER, saveLoudspeaker } from './loudspeaker-recording.ts';
import { writeMicrophoneFile } from './microphone-file.ts';
import { fixturePath, PageRig } from './page-rig.ts';
import { SottoServer } from './sotto-server.ts';
import { KEEP_STATES, statesShown } from './state-recording.ts';

/** Chromium's software adapter: slow, and the same everywhere. */
const extraArgs = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Puts wrong numbers and words into what Workers on the GPU answer, as some drivers do without an error. */
const CORRUPT_GPU = `(() => {
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.device === 'webgpu') this.isOnGpu = true;
    return post.call(this, message, ...rest);
  };
  const onmessage = Object.getOwnPropertyDescriptor(Worker.prototype, 'onmessage');
  Object.defineProperty(Worker.prototype, 'onmessage', {
    ...onmessage,
    set(listener) {
      onmessage.set.call(this, listener === null ? null : (event) => {
        const { value } = event.data;
        if (this.isOnGpu && Array.isArray(value)) for (const { samples } of value) for (let i = 0; i < samples.length; i++) samples[i] = Math.sin(i * i * 0.37);
        if (this.isOnGpu && typeof value?.text === 'string') value.text = 'the the the the';
        listener(event);
      });
    },
  });
})()`;

let server: SottoServer;
beforeAll(async () => {
  server = await SottoServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Time enough for a software adapter on a busy machine; the limit itself is tested with a Worker that hangs. */
const ON_GPU = '/?device=webgpu&gpuLimitMs=240000';

/** WebGPU's runtime has no kernel that reads double precision, and a graph may hold such constants. */
const LACKS_KERNEL = /The voice now computes on the processor: onnx\/model\.onnx could not be loaded: .*Cast/s;

/** Where the voice should be: on the GPU, unless its graph cannot be loaded there and the page said so. */
async function voiceDeviceOf(rig: PageRig): Promise<'webgpu' | 'wasm'> {
  return LACKS_KERNEL.test(await statesShown(rig)) ? 'wasm' : 'webgpu';
}

const devicesOf = (rig: PageRig) => rig.page.evaluate('sotto.page.session.engines.devices()');

describe('on WebGPU', () => {
  test('a spoken question is answered aloud with the right fact, and a GPU lost in mid-session ends nothing', async () => {
    const question = await findClearQuestion();
    const microphone = await writeMicrophoneFile([{ silenceMs: 1500 }, { file: fixturePath(question) }, { silenceMs: 240_000 }]);
    await using rig = await PageRig.open({ url: server.url + ON_GPU, microphone, initScript: `${RECORD_LOUDSPEAKER}; ${KEEP_STATES}`, extraArgs });
    await rig.ready(280_000);
    const tts = await voiceDeviceOf(rig);
    expect(await devicesOf(rig)).toEqual({ stt: 'webgpu', tts });
    await rig.page.click('#talk');
    const reply = await rig.nextEvent('reply-end', 0, 180_000);
    expect(reply).toMatchObject({ status: 'completed' });
    expect(String(reply['text']).toLowerCase()).toContain(question.expectedFact);
    expect(await transcribe(await saveLoudspeaker(rig))).toContain(question.expectedFact);
    expect(await devicesOf(rig)).toEqual({ stt: 'webgpu', tts });

    await rig.type('When does the museum close?');
    await rig.nextEvent('thinking', 1);
    await rig.page.evaluate(`['stt', 'tts'].map((stage) => sotto.page.session.engines.leaveGpu(stage, 'the device was lost'))`);
    const next = await rig.nextEvent('reply-end', 1);
    expect(next).toMatchObject({ status: 'completed' });
    expect(next['text']).toMatch(/five/);
    expect(await devicesOf(rig)).toEqual({ stt: 'wasm', tts: 'wasm' });
    expect((await rig.events('fallback')).map(({ stage, to }) => [stage, to])).toEqual([['stt', 'wasm'], ...(tts === 'webgpu' ? [['tts', 'wasm']] : [])]);
    expect(rig.errors).toEqual([]);
  }, 600_000);

  test('wrong numbers are caught before anybody hears them, and the models compute in WASM', async () => {
    await using rig = await PageRig.open({ url: server.url + ON_GPU, extraArgs, initScript: `${CORRUPT_GPU}; ${KEEP_STATES}` });
    await rig.ready(280_000);
    expect(await devicesOf(rig)).toEqual({ stt: 'wasm', tts: 'wasm' });
    const shown = await statesShown(rig);
    expect(shown).toMatch(/The recogniser now computes on the processor: the GPU failed its test: it heard "the the the the" instead of/);
    if ((await voiceDeviceOf(rig)) === 'webgpu') expect(shown).toMatch(/The voice now computes on the processor: the GPU failed its test: its speech/);
    await rig.type('When does the museum open?');
    expect((await rig.nextEvent('reply-end'))['text']).toMatch(/ten/);
  }, 600_000);
});
