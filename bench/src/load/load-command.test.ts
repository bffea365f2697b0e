import { describe, expect, it } from 'vitest';
import { assertLoopback, isHeld } from './load-command.ts';

const step = { sessionCount: 4, refusedCount: 0, droppedCount: 0, turnCount: 8, unansweredCount: 0, medianLatencyMs: 500, p95LatencyMs: 800, p95QueueDelayMs: 10 };

describe('bench load', () => {
  it.each(['ws://127.0.0.1:8765/v1/realtime', 'ws://localhost:1', 'ws://[::1]:1', 'wss://127.1.2.3/'])('loads %s', (url) => {
    expect(() => assertLoopback(url)).not.toThrow();
  });

  it.each(['ws://example.org/v1/realtime', 'ws://127.0.0.1.example.org/', 'ws://192.168.0.4:1/', 'nonsense'])('refuses to load %s', (url) => {
    expect(() => assertLoopback(url)).toThrow(/on this machine/);
  });

  it('calls a load held only if everybody got in, stayed in and was answered in time', () => {
    expect(isHeld(step, 800)).toBe(true);
    for (const worse of [{ refusedCount: 1 }, { droppedCount: 1 }, { unansweredCount: 1 }, { p95LatencyMs: 801 }, { p95LatencyMs: undefined }]) expect(isHeld({ ...step, ...worse }, 800)).toBe(false);
  });
});
