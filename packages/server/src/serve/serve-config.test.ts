import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveServeConfig } from './serve-config.ts';

const file = (content: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-config-')), 'sotto.json');
  writeFileSync(path, content);
  return path;
};

describe('the configuration of the server', () => {
  it('listens on loopback only unless told otherwise', () => {
    expect(resolveServeConfig({})).toMatchObject({ host: '127.0.0.1', port: 8765, apiKeys: [], noAuth: false, logSpeech: false });
  });

  it('takes flags before environment before file', () => {
    const config = resolveServeConfig({
      flags: { port: '1' },
      environment: { SOTTO_PORT: '2', SOTTO_MAX_SESSIONS: '22', SOTTO_API_KEYS: 'a, b' },
      file: file('{"port":3,"maxSessions":33,"idleMs":3333,"allowedOrigins":["https://kiosk.example"]}'),
    });
    expect(config).toMatchObject({ port: 1, maxSessions: 22, idleMs: 3333, apiKeys: ['a', 'b'], allowedOrigins: ['https://kiosk.example'] });
  });

  it.each([
    [{ flags: { port: 'abc' } }, 'port is "abc" (from the flag --port); expected a whole number from 0 to 65535'],
    [{ environment: { SOTTO_MAX_AUDIO_RATE: 'x' } }, 'maxAudioRate is "x" (from the environment variable SOTTO_MAX_AUDIO_RATE); expected a number from 1 to 1000'],
    [{ flags: { logLevel: 'loud' } }, 'logLevel is "loud" (from the flag --log-level); expected one of silent, error, warn, info, debug'],
    [{ flags: { host: '0.0.0.0' } }, 'host is "0.0.0.0", which others can reach, and there are no apiKeys; set --api-keys, or --no-auth if everybody may come in'],
    [{ flags: { tlsCert: 'a.pem' } }, 'tlsCert is set without the other; TLS needs both tlsCert and tlsKey'],
    [{ flags: { allowedOrigins: 'https://a.example/path' } }, 'allowedOrigins holds "https://a.example/path"; expected an origin such as https://kiosk.example, without path or trailing slash'],
    [{ flags: { sendBufferBytes: 4096, maxSendBufferBytes: 4096 } }, 'maxSendBufferBytes is 4096; expected more than sendBufferBytes (4096)'],
  ])('refuses %j precisely', (sources, message) => {
    expect(() => resolveServeConfig(sources)).toThrow(expect.objectContaining({ code: 'VOICE_ERR_INVALID_OPTION', message }) as Error);
  });

  it.each([
    ['{"prot":1}', 'has an unknown setting "prot"'],
    ['[1]', 'holds no JSON object'],
    ['{', 'could not be read'],
    ['{"port":"x"}', 'port is "x" (from the configuration file)'],
  ])('refuses the file %s', (content, message) => {
    expect(() => resolveServeConfig({ file: file(content) })).toThrow(message);
  });
});
