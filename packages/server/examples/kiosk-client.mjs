// A kiosk in fifty lines: microphone in, loudspeaker out, and it survives bad Wi-Fi. Needs `ws`, and
// `arecord` and `aplay` (alsa-utils). Run: node kiosk-client.mjs ws://127.0.0.1:8765/v1/realtime [api key]
import { spawn } from 'node:child_process';
import { WebSocket } from 'ws';

const [url = 'ws://127.0.0.1:8765/v1/realtime', key] = process.argv.slice(2);
const RAW = ['-q', '-t', 'raw', '-f', 'S16_LE', '-r', '24000', '-c', '1'];
const loudspeaker = () => spawn('aplay', [...RAW, '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
let speaker = loudspeaker();
let session = {}; // What a return needs: resume_token, last_event_id, stream, position.
let socket;
let sentSamples = 0;

function connect() {
  const query = session.resume_token ? `?${new URLSearchParams({ resume: session.resume_token, last_event_id: session.last_event_id, stream: session.stream ?? 0, position: session.position ?? 0 })}` : '';
  socket = new WebSocket(url + query, ['sotto.v1'], key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  socket.on('message', (data, isBinary) => (isBinary ? play(data) : handle(JSON.parse(data))));
  socket.on('error', (error) => console.error(error.message));
  socket.on('close', (code, reason) => {
    if (String(reason).startsWith('session_expired')) session = {};
    setTimeout(connect, 500 + Math.random() * 500);
  });
}

function play(frame) {
  session.stream = frame.readUInt16LE(2);
  session.position = frame.readUInt32LE(4) + (frame.length - 8) / 2;
  if (frame.length > 8) speaker.stdin.write(frame.subarray(8));
}

function handle(event) {
  session.last_event_id = event.event_id;
  if (event.resume_token) session.resume_token = event.resume_token;
  if (event.type === 'input_audio_buffer.speech_started') { speaker.kill(); speaker = loudspeaker(); } // The user interrupts: be silent at once.
  if (event.type.endsWith('input_audio_transcription.completed')) console.log(`You:   ${event.transcript}`);
  if (event.type === 'response.output_audio_transcript.done') console.log(`Sotto: ${event.transcript}`);
  if (event.type === 'error') console.error(`${event.error.code}: ${event.error.message}`);
}

spawn('arecord', RAW).stdout.on('data', (pcm) => {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(sentSamples, 4);
  sentSamples = (sentSamples + pcm.length / 2) >>> 0;
  if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < 48_000) socket.send(Buffer.concat([header, pcm]));
});
connect();
