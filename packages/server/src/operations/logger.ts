import { type Logger, pino } from 'pino';

export type { Logger };

export type LoggerOptions = {
  readonly level: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Lets what people say into the log. */
  readonly logSpeech: boolean;
  readonly destination?: { write(line: string): void };
};

/**
 * Structured logs. Whatever people said or were told stands under the one key
 * `speech` and is removed unless it was asked for.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    name: 'sotto',
    level: options.level,
    redact: { paths: options.logSpeech ? [] : ['speech', '*.speech'], remove: true },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
