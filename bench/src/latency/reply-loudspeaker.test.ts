import { describe, expect, it } from 'vitest';
import { ReplyLoudspeaker } from './reply-loudspeaker.ts';

/** A sample a millisecond. */
const RATE = 1000;
const tone = (ms: number) => new Float32Array(ms).fill(0.5);
const silence = (ms: number) => new Float32Array(ms);

describe('ReplyLoudspeaker', () => {
  it('counts silence at the head as waiting, across pieces', () => {
    const speaker = new ReplyLoudspeaker(RATE);
    speaker.take(silence(30), 100);
    speaker.take(Float32Array.from([...silence(5), ...tone(10)]), 110);
    expect(speaker.firstAudibleMs).toBe(135);
    speaker.complete();
    expect(speaker.isOverAt(144)).toBe(false);
    expect(speaker.isOverAt(145)).toBe(true);
    expect([speaker.firstAudibleMs, speaker.playedMs, speaker.lastPlayedMs]).toEqual([135, 45, 145]);
  });

  it('begins again on arrival once it has run dry', () => {
    const speaker = new ReplyLoudspeaker(RATE);
    speaker.take(silence(20), 100);
    speaker.take(tone(10), 300);
    expect(speaker.firstAudibleMs).toBe(300);
    // Dry, though more may come.
    expect(speaker.isOverAt(310)).toBe(false);
    expect(speaker.lastPlayedMs).toBe(310);
  });

  it('holds what is left during a pause and goes on with it', () => {
    const speaker = new ReplyLoudspeaker(RATE);
    speaker.take(tone(100), 0);
    speaker.complete();
    speaker.pause(40);
    expect(speaker.isOverAt(1000)).toBe(false);
    expect(speaker.lastPlayedMs).toBe(40);
    speaker.resume(1000);
    expect(speaker.heldMs).toBe(960);
    expect(speaker.isOverAt(1059)).toBe(false);
    expect(speaker.isOverAt(1060)).toBe(true);
    speaker.stop(1100);
    expect(speaker.wasCutOff).toBe(false);
  });

  it('plays nothing after a stop, nor what still arrives', () => {
    const speaker = new ReplyLoudspeaker(RATE);
    speaker.take(tone(100), 0);
    speaker.stop(40);
    speaker.take(tone(100), 55);
    expect([speaker.isOverAt(500), speaker.wasCutOff]).toEqual([true, true]);
    expect([speaker.playedMs, speaker.lastPlayedMs, speaker.lastArrivalMs]).toEqual([40, 40, 55]);
  });

  it('stopped during a pause fell silent when the pause began', () => {
    const speaker = new ReplyLoudspeaker(RATE);
    speaker.take(tone(100), 0);
    speaker.pause(40);
    speaker.stop(90);
    expect(speaker.lastPlayedMs).toBe(40);
  });
});
