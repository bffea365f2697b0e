import { ConfigError } from '@sotto/pipeline';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** One setting: its command-line flag, its environment variable and its key in a configuration file all follow from its name. */
type Setting<T> = {
  readonly help: string;
  readonly expected: string;
  readonly default: T;
  /** @returns undefined when the value cannot be used. */
  readonly parse: (value: unknown) => T | undefined;
};

const wholeNumber = (help: string, byDefault: number, min: number, max: number): Setting<number> => ({
  help,
  expected: `a whole number from ${min} to ${max}`,
  default: byDefault,
  parse: (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
  },
});

const decimal = (help: string, byDefault: number, min: number, max: number): Setting<number> => ({
  help,
  expected: `a number from ${min} to ${max}`,
  default: byDefault,
  parse: (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && number >= min && number <= max ? number : undefined;
  },
});

const word = (help: string, byDefault: string): Setting<string> => ({
  help,
  expected: 'a text that is not empty',
  default: byDefault,
  parse: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
});

const oneOf = <const T extends string>(help: string, byDefault: T, values: readonly T[]): Setting<T> => ({
  help,
  expected: `one of ${values.join(', ')}`,
  default: byDefault,
  parse: (value) => values.find((known) => known === value),
});

const flag = (help: string): Setting<boolean> => ({
  help,
  expected: 'true or false',
  default: false,
  parse: (value) => (value === true || value === 'true' || value === '1' ? true : value === false || value === 'false' || value === '0' ? false : undefined),
});

const list = (help: string): Setting<readonly string[]> => ({
  help,
  expected: 'texts, separated by commas or as an array',
  default: [],
  parse: (value) => {
    const entries = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
    if (!Array.isArray(entries)) return undefined;
    const texts = entries.filter((entry): entry is string => typeof entry === 'string' && entry !== '');
    return texts.length === entries.length ? texts : undefined;
  },
});

const cores = availableParallelism();

/** Every setting of `sotto serve`. */
export const SETTINGS = {
  host: word('address to listen on; loopback only unless told otherwise', '127.0.0.1'),
  port: wholeNumber('port to listen on; 0 takes any free one', 8765, 0, 65_535),
  tlsCert: word('file with the certificate chain (PEM); together with tlsKey turns TLS on', ''),
  tlsKey: word('file with the private key (PEM)', ''),
  apiKeys: list('keys that clients may use'),
  noAuth: flag('let anybody in although the server does not listen on loopback only'),
  allowedOrigins: list('web origins allowed to connect, such as https://kiosk.example; the server’s own is always allowed'),
  maxSessions: wholeNumber('sessions at most', cores * 50, 1, 100_000),
  maxQueueDelayMs: wholeNumber('how long audio may wait to be listened to before nobody else is let in', 60, 1, 10_000),
  maxAdmissionsPerSecond: wholeNumber('sessions let in within one second', Math.max(10, cores * 10), 1, 100_000),
  maxHttpRequests: wholeNumber('transcriptions, speeches and chats over HTTP at a time', cores * 4, 1, 10_000),
  maxMessageBytes: wholeNumber('largest WebSocket message', 4 * 1024 * 1024, 1024, 16 * 1024 * 1024),
  maxUploadBytes: wholeNumber('largest HTTP upload', 25 * 1024 * 1024, 1024, 1024 * 1024 * 1024),
  maxAudioRate: decimal('seconds of audio a client may send each second, in the long run', 1.5, 1, 1000),
  audioBurstMs: wholeNumber('audio a client may send at once', 60_000, 1000, 3_600_000),
  maxEventsPerSecond: wholeNumber('events read from one client each second', 500, 10, 1_000_000),
  maxSessionMs: wholeNumber('longest session', 3_600_000, 1000, 86_400_000),
  idleMs: wholeNumber('how long a connected client may be silent in every respect', 300_000, 100, 86_400_000),
  resumeWithinMs: wholeNumber('how long a session waits for a client that dropped', 60_000, 0, 3_600_000),
  resumeBytes: wholeNumber('what is kept to send again to a client that comes back', 512 * 1024, 0, 64 * 1024 * 1024),
  sendBufferBytes: wholeNumber('bytes that may wait for a client before its speech waits too', 256 * 1024, 1024, 64 * 1024 * 1024),
  maxSendBufferBytes: wholeNumber('bytes that may wait for a client before it is cut off', 2 * 1024 * 1024, 4096, 256 * 1024 * 1024),
  slowReaderMs: wholeNumber('how long a client may leave the send buffer full', 10_000, 100, 600_000),
  drainMs: wholeNumber('how long running turns may take to finish after SIGTERM', 30_000, 0, 3_600_000),
  llmContexts: wholeNumber('replies that the language model works on at a time', 2, 1, 256),
  logLevel: oneOf('how much to log', 'info', ['silent', 'error', 'warn', 'info', 'debug']),
  logSpeech: flag('let transcripts and replies into the log'),
  pageDirectory: word('folder of the web page shown at /', ''),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
export type ServeConfig = { readonly [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never };

/** `maxSessions` is `--max-sessions` on the command line … */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** … and `SOTTO_MAX_SESSIONS` in the environment. */
export function variableOf(name: SettingName): string {
  return `SOTTO_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export type ConfigSources = {
  readonly flags?: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with the settings by name. */
  readonly file?: string | undefined;
};

/**
 * Settles every setting: flags before environment before file before default.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION that names the setting, where it was set, what it was and what was expected.
 */
export function resolveServeConfig(sources: ConfigSources): ServeConfig {
  const file = sources.file === undefined ? {} : readConfigFile(sources.file);
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const setting: Setting<unknown> = SETTINGS[name];
    const [value, source] = find(name, sources, file);
    const parsed = value === undefined ? setting.default : setting.parse(value);
    if (parsed === undefined) throw invalid(`${name} is ${show(value)} (from ${source}); expected ${setting.expected}`);
    config[name] = parsed;
  }
  const resolved = config as ServeConfig;
  checkTogether(resolved);
  return resolved;
}

function find(name: SettingName, { flags, environment }: ConfigSources, file: Readonly<Record<string, unknown>>): [unknown, string] {
  if (flags?.[name] !== undefined) return [flags[name], `the flag ${flagOf(name)}`];
  const variable = environment?.[variableOf(name)];
  if (variable !== undefined && variable !== '') return [variable, `the environment variable ${variableOf(name)}`];
  return [file[name], 'the configuration file'];
}

function readConfigFile(path: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw invalid(`The configuration file ${path} could not be read: ${(cause as Error).message}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw invalid(`The configuration file ${path} holds no JSON object; expected settings by name`);
  const unknownName = Object.keys(content).find((name) => !Object.hasOwn(SETTINGS, name));
  if (unknownName !== undefined) throw invalid(`The configuration file ${path} has an unknown setting "${unknownName}"; expected some of ${Object.keys(SETTINGS).join(', ')}`);
  return content as Record<string, unknown>;
}

/** Settings that are fine each for itself and not together. */
function checkTogether(config: ServeConfig): void {
  if ((config.tlsCert === '') !== (config.tlsKey === '')) throw invalid(`${config.tlsCert === '' ? 'tlsKey' : 'tlsCert'} is set without the other; TLS needs both tlsCert and tlsKey`);
  if (!isLoopback(config.host) && config.apiKeys.length === 0 && !config.noAuth) {
    throw invalid(`host is "${config.host}", which others can reach, and there are no apiKeys; set ${flagOf('apiKeys')}, or ${flagOf('noAuth')} if everybody may come in`);
  }
  if (config.maxSendBufferBytes <= config.sendBufferBytes) throw invalid(`maxSendBufferBytes is ${config.maxSendBufferBytes}; expected more than sendBufferBytes (${config.sendBufferBytes})`);
  const badOrigin = config.allowedOrigins.find((origin) => URL.canParse(origin) === false || new URL(origin).origin !== origin);
  if (badOrigin !== undefined) throw invalid(`allowedOrigins holds "${badOrigin}"; expected an origin such as https://kiosk.example, without path or trailing slash`);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\./.test(host) || /^::ffff:127\./.test(host);
}

function invalid(message: string): ConfigError {
  return new ConfigError('VOICE_ERR_INVALID_OPTION', message);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
