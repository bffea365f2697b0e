import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  root: dirname(fileURLToPath(import.meta.url)),
  base: './',
  // ONNX Runtime's WASM is served from one known folder; its bundled builds would carry a second copy.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    // A worklet module inlined as a data: address would need a wider content security policy.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
});
