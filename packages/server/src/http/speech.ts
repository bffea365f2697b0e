import { once } from 'node:events';
import { encodePcm16, nearestSpeakingSpeed } from '@sotto/pipeline';
import { checkVoice, number, object, oneOf, optional, text } from '@sotto/pipeline/protocol';
import { pcm16WavHeader } from '../audio-files/pcm16-wav-header.ts';
import { HttpError } from './http-error.ts';
import { readJson } from './request-body.ts';
import type { RouteContext } from './route-context.ts';

/** OpenAI's own limit. */
const INPUT_LENGTH_MAX = 4096;

const checkRequest = object({
  input: text(INPUT_LENGTH_MAX),
  model: optional(text(128)),
  voice: optional(checkVoice),
  // What we do not have an encoder for is refused rather than sent as something else.
  response_format: optional(oneOf('wav', 'pcm')),
  speed: optional(number(0.25, 4)),
  stream_format: optional(oneOf('audio')),
});

/** `POST /v1/audio/speech`: the first words are on their way while the rest is still being spoken. */
export async function handleSpeech({ request, response, engines, signal }: RouteContext): Promise<void> {
  const { input, voice, response_format = 'wav', speed } = checkRequest(await readJson(request), '');
  const sentences = splitSentences(input);
  if (sentences.length === 0) throw new HttpError(400, 'invalid_value', 'input has no words to speak', { param: 'input' });
  const { sampleRate, voices } = engines.tts.capabilities;
  const known = voice !== undefined && voices.includes(voice) ? { voice } : {};
  let started = false;
  for (const [index, sentence] of sentences.entries()) {
    const priority = index === 0 ? 'first-audio' : 'background';
    for await (const { samples } of engines.tts.synthesize(sentence, { signal, priority, ...known, ...(speed === undefined ? {} : { speed: nearestSpeakingSpeed(speed) }) })) {
      if (!started) {
        response.writeHead(200, { 'Content-Type': response_format === 'wav' ? 'audio/wav' : `audio/pcm;rate=${sampleRate}` });
        if (response_format === 'wav') response.write(pcm16WavHeader(sampleRate));
        started = true;
      }
      if (!response.write(encodePcm16(samples))) await once(response, 'drain', { signal });
    }
  }
  response.end();
}

/** Sentences, so that the first is heard before the last is made. */
function splitSentences(input: string): string[] {
  return (input.match(/[^.!?\n]+[.!?]*["')\]]*\s*/g) ?? []).map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}
