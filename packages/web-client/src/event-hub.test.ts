import { afterEach, describe, expect, test, vi } from 'vitest';
import { EventHub } from './event-hub.ts';
import type { VoiceEvent } from './voice-event.ts';

const heard: VoiceEvent = { type: 'heard', replyId: 'reply_1', heardMs: 200, text: 'it opens' };
const listening: VoiceEvent = { type: 'listening' };

afterEach(() => vi.unstubAllGlobals());

describe('a hub', () => {
  test('tells each event to those who listen for its type, and all of them to "*"', () => {
    const hub = new EventHub();
    const some: VoiceEvent[] = [];
    const all: VoiceEvent[] = [];
    hub.on('heard', (event) => some.push(event));
    hub.on('*', (event) => all.push(event));
    hub.emit(listening);
    hub.emit(heard);
    expect(some).toEqual([heard]);
    expect(all).toEqual([listening, heard]);
  });

  test('tells nothing after the returned function was called, nor after it was cleared', () => {
    const hub = new EventHub();
    const one: VoiceEvent[] = [];
    const other: VoiceEvent[] = [];
    const stop = hub.on('heard', (event) => one.push(event));
    hub.on('heard', (event) => other.push(event));
    stop();
    hub.emit(heard);
    hub.clear();
    hub.emit(heard);
    expect(one).toEqual([]);
    expect(other).toEqual([heard]);
  });

  test('a listener that throws keeps nobody from hearing, and the error is reported', () => {
    const reported: unknown[] = [];
    vi.stubGlobal('reportError', (thrown: unknown) => reported.push(thrown));
    const hub = new EventHub();
    const fault = new Error('a fault of the page');
    const reached: string[] = [];
    hub.on('heard', () => {
      throw fault;
    });
    hub.on('heard', () => reached.push('second'));
    hub.emit(heard);
    expect(reached).toEqual(['second']);
    expect(reported).toEqual([fault]);
  });

  test('a listener that leaves while it is told does not take the place of the next', () => {
    const hub = new EventHub();
    const reached: string[] = [];
    const stop = hub.on('heard', () => {
      reached.push('once');
      stop();
    });
    hub.on('heard', () => reached.push('always'));
    hub.emit(heard);
    hub.emit(heard);
    expect(reached).toEqual(['once', 'always', 'always']);
  });
});
