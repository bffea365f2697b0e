// Builds the demo page: gathers what it needs on its own origin (models, runtimes) and bundles the rest.
//   node packages/web-client/scripts/build-page.mjs [--out DIR]
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { readAudioFile } from '../../server/dist/audio-files/read-audio-file.js';
import { bundledModel } from '../../server/dist/models/bundled-models.js';

const packageDir = dirname(dirname(fileURLToPath(import.meta.url)));
const outIndex = process.argv.indexOf('--out');
const pageDir = outIndex === -1 ? join(packageDir, 'dist-page') : resolve(process.argv[outIndex + 1]);
// A page that is being served or tested is replaced at once and whole.
const outDir = `${pageDir}.building-${process.pid}`;
const require = createRequire(join(packageDir, 'package.json'));

await rm(outDir, { recursive: true, force: true });
await build({ configFile: join(packageDir, 'demo', 'vite.config.js'), build: { outDir, emptyOutDir: true } });
await copyModels(join(outDir, 'sotto', 'models'));
await copyRuntimes(join(outDir, 'sotto'));
await writeTruthPhrase(join(outDir, 'sotto', 'truth-phrase.pcm'));
await cp(join(packageDir, 'dist', 'demo', 'service-worker.js'), join(outDir, 'service-worker.js'));
await listPageFiles();
await rm(pageDir, { recursive: true, force: true });
await rename(outDir, pageDir);
console.log(`Built the page in ${pageDir}`);

/** A spoken question as PCM16 at 16 kHz: a recogniser on the GPU must hear in it what it hears in WASM. */
async function writeTruthPhrase(path) {
  const { samples, sampleRate } = await readAudioFile(join(packageDir, '../../audio-fixtures/question-001-clean.wav'));
  if (sampleRate !== 16_000) throw new Error(`the truth phrase has ${sampleRate} Hz, expected 16000`);
  await writeFile(path, Int16Array.from(samples, (sample) => Math.round(sample * 32_767)));
}

/** What the service worker keeps: everything but the models, which the page keeps after checking them. */
async function listPageFiles() {
  const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(outDir, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const kept = files.filter((path) => !/^sotto\/models\/.+\//.test(path) && path !== 'service-worker.js').sort();
  const hash = createHash('sha256');
  for (const path of kept) hash.update(path).update(await readFile(join(outDir, path)));
  await writeFile(join(outDir, 'page-files.json'), JSON.stringify({ version: hash.digest('hex').slice(0, 16), files: ['./', ...kept.map((path) => `./${path}`)] }));
}

async function copyModels(modelsDir) {
  const manifests = [];
  for (const kind of ['vad', 'stt', 'llm', 'tts']) {
    const { directory, manifest: whole } = await bundledModel(kind);
    for (const manifest of variantsOf(whole)) {
      for (const { path } of manifest.files) {
        const target = join(modelsDir, manifest.id, path);
        await mkdir(dirname(target), { recursive: true });
        await cp(join(directory, path), target);
      }
      manifests.push(manifest);
    }
  }
  await writeFile(join(modelsDir, 'index.json'), JSON.stringify(manifests, null, 1));
}

/** A model for each precision that its folder holds, so that a page fetches only the graphs it runs. */
function variantsOf(manifest) {
  const isGraph = ({ path }) => path.endsWith('.onnx');
  const isInt8 = (file) => isGraph(file) && file.path.includes('_quantized');
  if (!manifest.files.some(isInt8)) return [manifest];
  const { id, title } = manifest;
  const float32 = { ...manifest, files: manifest.files.filter((file) => !isInt8(file)) };
  const int8 = { ...manifest, id: `${id}-int8`, title: `${title}, 8-bit`, dtype: 'q8', files: manifest.files.filter((file) => !isGraph(file) || isInt8(file)) };
  return float32.files.some(isGraph) ? [float32, int8] : [int8];
}

async function copyRuntimes(assetsDir) {
  const ortDir = dirname(require.resolve('onnxruntime-web'));
  await mkdir(join(assetsDir, 'ort'), { recursive: true });
  for (const name of ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify']) {
    for (const extension of ['mjs', 'wasm']) await cp(join(ortDir, `${name}.${extension}`), join(assetsDir, 'ort', `${name}.${extension}`));
  }
  await mkdir(join(assetsDir, 'wllama'), { recursive: true });
  await cp(join(packageDir, 'node_modules/@wllama/wllama/esm/wasm/wllama.wasm'), join(assetsDir, 'wllama', 'wllama.wasm'));
  await writeFile(join(assetsDir, 'kiosk.txt'), await readFile(join((await bundledModel('llm')).directory, 'kiosk.txt')));
}
