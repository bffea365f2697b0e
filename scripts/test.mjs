// `npm test`: installs, builds, lints and runs every test; ends with one line that counts them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';
import { countTests } from './count-tests.mjs';
import { CHROMIUM_ADVICE, findChromium, installChromium } from './find-chromium.mjs';
import { installReport } from './installed-size.mjs';

function main() {
  bootstrap();
  const chromium = findChromium() || installChromium();
  if (!chromium) throw new Error(CHROMIUM_ADVICE);

  const { bytes, runtimes, ok: isInstallSound } = installReport();
  console.log(`node_modules: ${(bytes / 1e6).toFixed(0)} MB; onnxruntime-node ${runtimes['onnxruntime-node']}; onnxruntime-web ${runtimes['onnxruntime-web']}`);
  if (!isInstallSound) console.error('The install outgrew 700 MB or holds a second ONNX Runtime: delete node_modules and run npm test again');

  const isLintClean = runTool('eslint/bin/eslint.js', ['.']) === 0;
  const reportDir = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  const reportPath = join(reportDir, 'report.json');
  const vitestStatus = runTool('vitest/vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`, ...process.argv.slice(2)], { SOTTO_CHROMIUM: chromium });
  if (!existsSync(reportPath)) throw new Error('The tests ended without a report');
  const { passed, failed, skipped } = countTests(JSON.parse(readFileSync(reportPath, 'utf8')));
  rmSync(reportDir, { recursive: true });

  if (!isLintClean) console.error('eslint found the faults listed above');
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return vitestStatus === 0 && failed === 0 && isLintClean && isInstallSound ? 0 : 1;
}

function runTool(script, args, extraEnv = {}) {
  return spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, ...extraEnv } }).status;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
