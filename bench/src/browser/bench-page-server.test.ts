import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchPageServer, type BenchPageServerOptions } from './bench-page-server.ts';
import type { BrowserBenchReport } from './browser-result.ts';

describe('the server of the bench page', () => {
  let server: BenchPageServer;
  let reports: BrowserBenchReport[];
  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sotto-page-'));
    const put = async (path: string, text: string) => {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    await put('page/bench.html', 'the page');
    await put('assets/ort/ort.wasm', 'the runtime');
    await put('elsewhere/model/onnx/a.onnx', 'the weights');
    await put('recordings/ann 1.wav', 'the sound');
    reports = [];
    server = await BenchPageServer.start({
      page: { folder: join(folder, 'page'), assetsFolder: join(folder, 'assets') },
      models: { manifests: [], folders: new Map([['mine', join(folder, 'elsewhere/model')]]) },
      utterances: [{ id: 'ann/1', audioPath: join(folder, 'recordings/ann 1.wav'), transcript: 'hello', speaker: 'ann', split: 'all' }],
      setup: { corpus: 'recordings', startsAtOnce: false } as BenchPageServerOptions['setup'],
      onReport: (report) => reports.push(report),
    });
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const get = (path: string) => fetch(server.origin + path);

  it.each([
    ['/bench.html', 'the page'],
    ['/', 'the page'],
    ['/sotto/ort/ort.wasm', 'the runtime'],
    ['/sotto/models/mine/onnx/a.onnx', 'the weights'],
    ['/audio/0', 'the sound'],
  ])('serves %s from where it lies, isolated from other origins', async (path, text) => {
    const response = await get(path);
    expect(await response.text()).toBe(text);
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  });

  it.each(['/audio/1', '/sotto/models/other/onnx/a.onnx', '/sotto/models/mine/../secret', '/sotto/models/%E0%A4%A/a.onnx', '/..%2fassets/ort/ort.wasm'])('has nothing at %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('tells the page of the recordings, not where they lie', async () => {
    const setup = (await (await get('/setup.json')).json()) as object;
    expect(setup).toEqual({ corpus: 'recordings', startsAtOnce: false, utterances: [{ id: 'ann/1', transcript: 'hello', speaker: 'ann', split: 'all', audioUrl: './audio/0' }] });
  });

  it('takes reports from its own page alone', async () => {
    const report = (origin: string) => fetch(`${server.origin}/report`, { method: 'POST', headers: { Origin: origin }, body: '{"type":"cancelled"}' });
    expect((await report('https://elsewhere.example')).status).toBe(403);
    expect((await report(server.origin)).status).toBe(204);
    expect(reports).toEqual([{ type: 'cancelled' }]);
  });

  it('answers under no other name', async () => {
    const status = await new Promise((resolve, reject) => {
      request(`${server.origin}/bench.html`, { headers: { Host: 'elsewhere.example' } }, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
    });
    expect(status).toBe(403);
  });
});
