import { SOTTO_SUBPROTOCOL, decodeBinaryFrame, encodeBinaryFrame } from '@sotto/pipeline/protocol';
import { encodePcm16 } from '@sotto/pipeline';
import { silenceSamples, speechSamples } from '@sotto/pipeline/testing';
import { describe, expect, it } from 'vitest';
import { DeviceClient } from './testing/device-client.ts';
import { TestClient } from './testing/test-client.ts';
import { startTestServer } from './testing/test-server.ts';

describe('the small-device extension', () => {
  it('carries audio as binary frames both ways and tells where the time of a turn went', async () => {
    await using host = await startTestServer({ answer: () => 'One two three four five.' });
    const device = await DeviceClient.connect(host.realtimeUrl);
    expect(device.connection.socket.protocol).toBe(SOTTO_SUBPROTOCOL);
    device.sendAudio(speechSamples(700, 24_000));
    device.sendAudio(silenceSamples(1200, 24_000));
    const { response } = await device.connection.next('response.done');
    const latency = await device.connection.next('sotto.turn.latency');
    device.take();

    expect(device.faults).toEqual([]);
    expect(device.connection.types()).not.toContain('response.output_audio.delta');
    const started = await device.connection.next('sotto.output_audio.started');
    expect(started).toMatchObject({ response_id: response.id, item_id: response.output[0]?.id });
    expect(device.heardSampleCounts.get(started.stream)).toBe(5 * 200 * 24);
    const lastFrame = decodeBinaryFrame(device.connection.frames.at(-1)!);
    expect(lastFrame).toMatchObject({ kind: 'output-audio', last: true, stream: started.stream });
    const stages = latency.waterfall.stages;
    expect(stages.map(({ name }) => name)).toEqual(['endpointing', 'transcribing', 'thinking', 'speaking', 'playout']);
    expect(stages.reduce((sum, { durationMs }) => sum + durationMs, 0) + latency.waterfall.unattributedMs).toBeCloseTo(latency.waterfall.totalMs, 3);
    await device.connection.close();
  });

  it('takes G.711 in binary frames', async () => {
    await using host = await startTestServer({ answer: () => 'One two three.' });
    const device = await DeviceClient.connect(host.realtimeUrl);
    device.send({ type: 'session.update', session: { audio: { output: { format: { type: 'audio/pcmu' } } } } });
    device.sendAudio(speechSamples(700, 24_000));
    device.sendAudio(silenceSamples(1200, 24_000));
    await device.connection.next('response.done');
    const bytes = device.connection.frames.reduce((sum, frame) => sum + frame.length - 8, 0);
    expect(bytes).toBe(3 * 200 * 8);
    await device.connection.close();
  });

  it('fills what was lost with silence and drops what came twice', async () => {
    await using host = await startTestServer();
    const client = await TestClient.connect(host.realtimeUrl, [SOTTO_SUBPROTOCOL]);
    client.send({ type: 'session.update', session: { audio: { input: { turn_detection: null } } } });
    await client.next('session.updated');
    const send = (position: number, sampleCount: number) => client.socket.send(encodeBinaryFrame({ kind: 'input-audio', last: false, stream: 0, position, payload: encodePcm16(speechSamples(sampleCount / 24, 24_000)) }));
    send(0, 12_000);
    send(0, 12_000);
    send(6000, 12_000);
    send(24_000, 12_000);
    client.send({ type: 'input_audio_buffer.commit' });
    const { usage } = await client.next('conversation.item.input_audio_transcription.completed');
    expect(usage.seconds).toBeCloseTo(1.5, 1);
    await client.close();
  });

  it('tells to hold the sound while it is not known whether speech is an interruption', async () => {
    await using host = await startTestServer({ texts: ['what time is it', 'mm-hm'], answer: () => 'One two three four five six seven eight nine ten.' });
    const device = await DeviceClient.connect(host.realtimeUrl);
    device.send({ type: 'session.update', session: { audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: 'high' } } } } });
    device.sendAudio(speechSamples(600, 24_000));
    device.sendAudio(silenceSamples(2500, 24_000));
    const { stream } = await device.connection.next('sotto.output_audio.started');
    await device.connection.next('response.done');
    await new Promise((resolve) => setTimeout(resolve, 300));
    device.sendAudio(speechSamples(300, 24_000));
    device.sendAudio(silenceSamples(2500, 24_000));
    expect(await device.connection.next('sotto.output_audio.paused')).toMatchObject({ stream });
    expect(await device.connection.next('sotto.output_audio.resumed')).toMatchObject({ stream });
    expect(device.connection.types()).not.toContain('conversation.item.truncated');
    await device.connection.close();
  });

  it.each(['0100', '0500000000000000aabb', '0200000000000000aabb', '01ff000000000000aabb'])('answers the bad frame %s with an error', async (hex) => {
    await using host = await startTestServer();
    const client = await TestClient.connect(host.realtimeUrl, [SOTTO_SUBPROTOCOL]);
    client.socket.send(Buffer.from(hex, 'hex'));
    expect((await client.next('error')).error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_binary_frame' });
    client.socket.send(Buffer.from('0100000000000000aa', 'hex'));
    await client.next('error', { where: ({ error }) => error.code === 'invalid_audio' });
    await client.close();
  });
});
