import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@sotto/source', 'module', 'node', 'import', 'default'] };
const project = (name: string, include: string[], timeoutMs: number, more: object = {}) => ({
  resolve,
  ssr: { resolve },
  test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs, ...more },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('pipeline', ['packages/pipeline/src/**/*.test.ts'], 60_000),
      project('server', ['packages/server/src/**/*.test.ts'], 120_000),
      project('web-client', ['packages/web-client/src/**/*.test.ts'], 60_000),
      project('browser', ['packages/web-client/test/**/*.test.ts', 'bench/browser-page/test/**/*.test.ts'], 300_000, { globalSetup: ['packages/web-client/test/built-page.ts'], fileParallelism: false }),
      project('bench', ['bench/src/**/*.test.ts', 'bench/browser-page/*.test.ts'], 120_000),
      project('scripts', ['scripts/**/*.test.mjs'], 120_000),
      project('starter-models', ['starter-models/**/*.test.ts'], 180_000),
    ],
  },
});
