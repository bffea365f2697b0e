import { ConfigError } from '@sotto/pipeline';

/**
 * A count from the command line.
 * @throws {ConfigError} VOICE_ERR_INVALID_OPTION when it is no whole number, or out of bounds.
 */
export function wholeNumber(name: string, text: string, min: number, max = Infinity): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is ${text}; expected a whole number from ${min}${max === Infinity ? '' : ` to ${max}`}`);
}
