import { describe, expect, it } from 'vitest';
import { checkSessionUpdate, defaultSessionConfig, describeSession, mergeSessionConfig } from './realtime-session-config.ts';

const base = defaultSessionConfig('any-model', 'af_heart');
const update = (value: unknown) => mergeSessionConfig(base, checkSessionUpdate(value, 'session'));

describe('mergeSessionConfig', () => {
  it('keeps everything that an update does not mention', () => {
    const merged = update({ audio: { output: { speed: 1.2 } } });
    expect(merged).toEqual({ ...base, audio: { ...base.audio, output: { ...base.audio.output, speed: 1.2 } } });
  });

  it('switches off by null and replaces turn detection as a whole', () => {
    expect(update({ audio: { input: { turn_detection: null, transcription: null } } }).audio.input).toMatchObject({ turn_detection: null, transcription: null });
    expect(update({ audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 900 } } } }).audio.input.turn_detection).toEqual({
      type: 'server_vad',
      threshold: 0.5,
      prefix_padding_ms: 300,
      silence_duration_ms: 900,
      create_response: true,
      interrupt_response: true,
      idle_timeout_ms: null,
    });
  });

  it('takes any model name and both ways of naming a voice', () => {
    expect(update({ model: 'gpt-realtime-2077' }).model).toBe('gpt-realtime-2077');
    expect(update({ audio: { output: { voice: { id: 'marin' } } } }).audio.output.voice).toBe('marin');
  });

  it('refuses to turn one type of session into the other', () => {
    expect(() => update({ type: 'transcription' })).toThrow('cannot become "transcription"');
  });

  it('refuses a choice of tools that cannot be met, also when only the tools change', () => {
    const tools = [{ type: 'function', name: 'lights' }];
    expect(update({ tools, tool_choice: { type: 'function', name: 'lights' } }).tool_choice).toEqual({ type: 'function', name: 'lights' });
    for (const wrong of [{ tool_choice: 'required' }, { tools: [], tool_choice: 'required' }, { tools, tool_choice: { type: 'function', name: 'doors' } }]) {
      expect(() => update(wrong)).toThrow(expect.objectContaining({ code: 'invalid_value', param: 'session.tool_choice' }));
    }
    const required = update({ tools, tool_choice: 'required' });
    expect(() => mergeSessionConfig(required, { tools: [] })).toThrow(expect.objectContaining({ code: 'invalid_value' }));
  });

  it('describes a transcription session without an output', () => {
    const described = describeSession(defaultSessionConfig('m', 'v', 'transcription'), 'sess_1', 9);
    expect(described).toMatchObject({ id: 'sess_1', object: 'realtime.transcription_session', type: 'transcription', expires_at: 9 });
    expect(described['audio']).not.toHaveProperty('output');
  });
});
