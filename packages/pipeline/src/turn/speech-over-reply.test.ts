import { expect, test } from 'vitest';
import { classifySpeechOverReply, takesTheFloor } from './speech-over-reply.ts';

const REPLY = 'The museum is open from nine to five on Saturday and the café closes at six.';

test.each([
  ['', 'nothing'],
  ['  ', 'nothing'],
  ['mm-hm', 'backchannel'],
  ['yeah okay', 'backchannel'],
  ['the museum is open from nine', 'echo'],
  ['café closes at six', 'echo'],
  ['stop', 'words'],
  ['no wait', 'words'],
  ['what about sunday', 'words'],
  ['okay okay right yes sure i see so what about the train', 'words'],
] as const)('"%s" over the reply is %s', (text, kind) => {
  expect(classifySpeechOverReply(text, REPLY)).toBe(kind);
});

test('a command interrupts even when the reply has just said it', () => {
  expect(classifySpeechOverReply('stop', 'The bus will stop at the gate')).toBe('words');
});

test.each([
  ['oh k', false],
  ['right you are then', false],
  ['how much is a ticket', true],
  ['wait', true],
  ['yes but stop', true],
  ['', false],
])('"%s", perhaps not all of it, takes the floor: %s', (text, takes) => {
  expect(takesTheFloor(text)).toBe(takes);
});
