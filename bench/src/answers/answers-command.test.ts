import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captureIo } from '../../../packages/server/src/testing/captured-io.ts';
import { registerAnswers } from './answers-command.ts';
import type { AnswersResult } from './answers-report.ts';

const TOKEN_MS = 30;
const FIRST_TOKEN_MS = 120;

type ChatRequest = { readonly model: string; readonly messages: readonly { readonly role: string; readonly content: string }[]; readonly stream: boolean };

/** An OpenAI-compatible server that knows one thing and says it a word at a time. */
class KnowingServer implements AsyncDisposable {
  readonly requests: ChatRequest[] = [];
  readonly keys: (string | undefined)[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<KnowingServer> {
    const server = createServer();
    const knowing = new KnowingServer(server);
    server.on('request', (request, response) => void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest;
      knowing.requests.push(asked);
      knowing.keys.push(request.headers.authorization);
      const question = asked.messages.at(-1)?.content ?? '';
      const answer = /castle/i.test(question) ? 'The castle closes at seven. Do come early.' : "Sorry, I don't know that.";
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      await sleep(FIRST_TOKEN_MS);
      for (const content of answer.match(/\S+\s*/g) ?? []) {
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
        await sleep(TOKEN_MS);
      }
      response.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`);
    })());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return knowing;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('bench answers', () => {
  let folder: string;
  let server: KnowingServer;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sotto-answers-test-'));
    server = await KnowingServer.start();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  async function run(lines: readonly string[], ...args: string[]): Promise<AnswersResult> {
    const data = join(folder, 'questions.jsonl');
    await writeFile(data, lines.join('\n'));
    const all = ['answers', '--data', data, '--json', ...args];
    const io = captureIo({ env: { HOME: folder, XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, OPENAI_API_KEY: 'key-of-mine' } });
    const bench = new Command();
    registerAnswers(bench, io, all);
    await bench.parseAsync(all, { from: 'user' });
    return JSON.parse(io.outLines.at(-1)!) as AnswersResult;
  }

  const QUESTIONS = ['{"prompt": "kiosk", "system": "You are a kiosk."}', '{"question": "when does the castle close", "fact": "seven", "prompt": "kiosk"}', '{"question": "when does the castle open", "fact": "nine", "prompt": "kiosk"}', '{"question": "what is the soup", "expected": "unknown", "prompt": "kiosk"}'];

  it('asks an endpoint, scores what it says and times it as it comes', async () => {
    const { body } = await run(QUESTIONS, '--endpoint', server.baseUrl, '--model', 'knowing-1');
    expect(body.asked).toBe(`knowing-1 at ${server.baseUrl}`);
    expect(body.sets[0]).toMatchObject({ questionCount: 3, rightRatio: 2 / 3, honestRatio: 1, needlessUnknownRatio: 0, medianWordCount: 8 });
    // The instructions are read before each question's clock starts.
    const asked = server.requests.filter(({ messages }) => messages.at(-1)?.role === 'user');
    expect(asked.map(({ model, stream }) => [model, stream])).toEqual([['knowing-1', true], ['knowing-1', true], ['knowing-1', true]]);
    expect(asked[0]?.messages).toEqual([{ role: 'system', content: 'You are a kiosk.' }, { role: 'user', content: 'when does the castle close' }]);
    expect(server.keys[0]).toBe('Bearer key-of-mine');
    const { firstTokenMs, firstClauseMs } = body.sets[0]!;
    expect(firstTokenMs!.estimate).toBeGreaterThan(FIRST_TOKEN_MS * 0.9);
    // The first clause is its fifth word.
    expect(firstClauseMs!.estimate - firstTokenMs!.estimate).toBeGreaterThan(TOKEN_MS * 3);
    expect(body.voice).toBeUndefined();
  });

  it('asks the same by voice: spoken, heard, answered by the endpoint, spoken and heard back', async () => {
    const { body, models } = await run(QUESTIONS.slice(0, 2), '--endpoint', server.baseUrl, '--model', 'knowing-1', '--by-voice');
    const [given] = body.answers;
    expect(given).toMatchObject({ answer: 'The castle closes at seven. Do come early.', right: true });
    // The starter recogniser knows the starter voice.
    expect(given?.voice?.heard).toContain('castle');
    expect(given?.voice).toMatchObject({ answer: 'The castle closes at seven. Do come early.', right: true });
    expect(given?.voice?.heardBack).toMatch(/castle|seven/);
    expect(body.voice?.sets[0]).toMatchObject({ questionCount: 1, unheardCount: 0, rightRatio: 1 });
    expect(body.voice?.sets[0]?.firstTokenMs?.estimate).toBeGreaterThan(FIRST_TOKEN_MS * 0.9);
    // What was heard is what the endpoint was asked.
    expect(server.requests.at(-1)?.messages.at(-1)?.content).toBe(given?.voice?.heard);
    expect(Object.keys(models).sort()).toEqual(['stt', 'tts', 'vad']);
  });

  it('writes a report and a picture of both', async () => {
    const out = join(folder, 'r.json');
    const svg = join(folder, 'r.svg');
    await run(QUESTIONS.slice(0, 2), '--endpoint', server.baseUrl, '--model', 'knowing-1', '--by-voice', '--out', out, '--svg', svg);
    const markdown = await readFile(join(folder, 'r.md'), 'utf8');
    expect(markdown).toContain('## By voice');
    expect(markdown).toContain('right when heard back');
    expect(await readFile(svg, 'utf8')).toContain('by voice');
  });

  it.each([
    [['--endpoint', 'localhost:8080', '--model', 'm'], /--endpoint is localhost:8080; expected an address/],
    [['--endpoint', 'http://localhost:8080/v1'], /--endpoint needs --model/],
    [['--model', 'a', '--llm', 'b'], /both name a language model/],
    [['--limit', 'some'], /--limit is some; expected a whole number from 1/],
  ])('refuses %j', async (args, message) => {
    await expect(run(QUESTIONS, ...args)).rejects.toThrow(message);
  });
});
