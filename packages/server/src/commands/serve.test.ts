import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readAudioFile } from '../audio-files/read-audio-file.ts';
import { EXIT_CODES } from '../console/exit-code.ts';
import { runSotto } from '../main.ts';
import { TestClient } from '../realtime/testing/test-client.ts';
import { captureIo } from '../testing/captured-io.ts';

const question = fileURLToPath(new URL('../../../../audio-fixtures/question-001-clean.wav', import.meta.url));

async function until<T>(find: () => T | undefined): Promise<T> {
  for (let i = 0; i < 1500; i++) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not happen');
}

describe('sotto serve', () => {
  it('listens with the starter models, lets the turn finish when interrupted, and ends well', { timeout: 180_000 }, async () => {
    const interrupt = new AbortController();
    const io = captureIo({ signal: interrupt.signal, env: { SOTTO_LOG_LEVEL: 'silent' } });
    const ended = runSotto(['serve', '--port', '0', '--max-sessions', '3'], io);
    const address = await until(() => io.notes.map((line) => /ws:\S+realtime/.exec(line)?.[0]).find((found) => found !== undefined));
    const client = await TestClient.connect(address);
    const { session } = await client.next('session.created');
    expect(session['instructions']).not.toBe('');
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: null } } } });
    const { samples, sampleRate } = await readAudioFile(question);
    const { resample } = await import('@sotto/pipeline');
    client.sendAudio(resample(samples, sampleRate, 24_000));
    client.send({ type: 'input_audio_buffer.commit' });
    client.send({ type: 'response.create' });
    await client.next('response.created');
    interrupt.abort();
    expect(await ended).toBe(EXIT_CODES.ok);
    expect(client.ofType('response.done').map(({ response }) => response.status)).toEqual(['completed']);
    expect((await client.closed).code).toBe(1001);
  });

  it('explains every setting, and what is wrong with one', async () => {
    const io = captureIo();
    expect(await runSotto(['serve', '--help'], io)).toBe(EXIT_CODES.ok);
    expect(io.outLines.join('\n')).toMatch(/--max-sessions <value>[\s\S]*SOTTO_MAX_SESSIONS/);
    expect(await runSotto(['serve', '--port', 'high'], io)).toBe(EXIT_CODES.usage);
    expect(io.notes.at(-1)).toBe('sotto: port is "high" (from the flag --port); expected a whole number from 0 to 65535 (VOICE_ERR_INVALID_OPTION)');
  });
});
