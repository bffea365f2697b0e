import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeVersionComplaint, root } from './bootstrap.mjs';
import { findChromium } from './find-chromium.mjs';
import { installedBytes, installReport } from './installed-size.mjs';
import { pruneOnnxRuntime } from './prune-binaries.mjs';
import { countTests } from './count-tests.mjs';

let dir;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'sotto-scripts-')); });
afterEach(() => rmSync(dir, { recursive: true }));

describe('bootstrap', () => {
  it.each([['18.20.4', true], ['20.18.9', true], ['20.19.0', false], ['22.0.0', false], ['9.99.0', true]])('for Node %s complains: %s', (version, complains) => {
    const complaint = nodeVersionComplaint(version);
    expect(complaint !== undefined).toBe(complains);
    if (complains) expect(complaint).toMatch(/^[^\n]*Node 20\.19 or newer[^\n]*$/);
  });
});

describe('the sotto command', () => {
  it('is there for npx in a checkout, as the README has it, with nothing asked of the registry', () => {
    const { stdout, status } = spawnSync('npx', ['--no-install', 'sotto', '--version'], { cwd: root, encoding: 'utf8', env: { ...process.env, HOME: dir, npm_config_registry: 'http://127.0.0.1:9' } });
    expect([status, stdout.trim()]).toEqual([0, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version]);
  });
});

describe('the install', () => {
  it('is at most 700 MB with one ONNX Runtime for Node and one for the web', () => {
    const { bytes, runtimes, ok } = installReport();
    expect(runtimes['onnxruntime-node']).toHaveLength(1);
    expect(runtimes['onnxruntime-web']).toHaveLength(1);
    expect(bytes / 1e6).toBeLessThanOrEqual(700);
    expect(ok).toBe(true);
  });

  it('counts a hard link once', () => {
    writeFileSync(join(dir, 'a'), Buffer.alloc(1000));
    linkSync(join(dir, 'a'), join(dir, 'b'));
    expect(installedBytes(dir)).toBe(1000);
  });
});

describe('pruning binaries', () => {
  const make = (...paths) => paths.forEach((path) => { mkdirSync(join(dir, 'bin/napi-v6', path), { recursive: true }); writeFileSync(join(dir, 'bin/napi-v6', path, 'binding.node'), 'x'); });

  it('keeps this machine\'s and removes the others, once', () => {
    make('linux/x64', 'linux/arm64', 'win32/x64', 'darwin/arm64');
    expect(pruneOnnxRuntime(dir, 'linux', 'x64')).toHaveLength(3);
    expect(pruneOnnxRuntime(dir, 'linux', 'x64')).toHaveLength(0);
    expect(existsSync(join(dir, 'bin/napi-v6/linux/x64/binding.node'))).toBe(true);
    expect(existsSync(join(dir, 'bin/napi-v6/win32/x64'))).toBe(false);
  });

  it('removes nothing where this machine\'s is not among them', () => {
    make('linux/x64', 'win32/x64');
    expect(pruneOnnxRuntime(dir, 'freebsd', 'x64')).toHaveLength(0);
  });
});

describe('finding Chromium', () => {
  const install = (name) => { writeFileSync(join(dir, name), ''); chmodSync(join(dir, name), 0o755); return join(dir, name); };

  it('takes SOTTO_CHROMIUM before CHROME_BIN before the PATH, and nothing that cannot be run', () => {
    expect(findChromium({ PATH: dir })).toBeUndefined();
    writeFileSync(join(dir, 'chromium'), '');
    expect(findChromium({ PATH: dir })).toBeUndefined();
    const onPath = install('google-chrome');
    const chosen = install('my-chrome');
    expect(findChromium({ PATH: dir })).toBe(onPath);
    expect(findChromium({ PATH: dir, CHROME_BIN: chosen })).toBe(chosen);
    expect(findChromium({ PATH: dir, CHROME_BIN: chosen, SOTTO_CHROMIUM: onPath })).toBe(onPath);
  });
});

describe('the closing line', () => {
  it('counts a file that could not be loaded as a failure', () => {
    const report = {
      numPassedTests: 3, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1,
      testResults: [
        { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
        { status: 'failed', assertionResults: [] },
        { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] },
      ],
    };
    expect(countTests(report)).toEqual({ passed: 3, failed: 2, skipped: 3 });
  });
});
