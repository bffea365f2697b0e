import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startTestServer } from './testing/test-server.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/kiosk-client.mjs', import.meta.url));

/** Programs in place of the sound card: one speaks for 0.8 s and is silent, the other writes down what it plays. */
function fakeSoundCard(): { readonly path: string; readonly played: string } {
  const path = mkdtempSync(join(tmpdir(), 'sotto-sound-'));
  const played = join(path, 'played.raw');
  const program = (name: string, code: string) => {
    writeFileSync(join(path, name), `#!${process.execPath}\n${code}`);
    chmodSync(join(path, name), 0o755);
  };
  program('arecord', `let n=0;setInterval(()=>{const b=Buffer.alloc(2400);if(n++<16)for(let i=0;i<1200;i++)b.writeInt16LE(Math.round(9000*Math.sin(i/5)),i*2);process.stdout.write(b)},50)`);
  program('aplay', `process.stdin.pipe(require('fs').createWriteStream(${JSON.stringify(played)},{flags:'a'}))`);
  return { path, played };
}

describe('the example kiosk', () => {
  it('is at most fifty lines, and talks', async () => {
    expect(readFileSync(EXAMPLE, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(50);
    const sound = fakeSoundCard();
    await using host = await startTestServer({ settings: { apiKeys: ['secret'] } });
    const kiosk = spawn(process.execPath, [EXAMPLE, host.realtimeUrl, 'secret'], { env: { ...process.env, PATH: `${sound.path}${delimiter}${process.env['PATH']}` } });
    let output = '';
    kiosk.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    kiosk.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // 1.2 s of 24 kHz PCM16.
    const spoken = 6 * 200 * 48;
    for (let i = 0; i < 400 && !(output.includes('Sotto:') && existsSync(sound.played) && statSync(sound.played).size >= spoken); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    kiosk.kill();
    expect(output).toBe('You:   what time is it\nSotto: It is a quarter past ten.\n');
    expect(statSync(sound.played).size).toBe(spoken);
  });
});
