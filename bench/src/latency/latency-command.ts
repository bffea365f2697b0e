import { join } from 'node:path';
import { ConfigError, resample } from '@sotto/pipeline';
import { seededRandom } from '@sotto/pipeline/metrics';
import { speechSamples } from '@sotto/pipeline/testing';
import { addModelOptions, bundledModel, type ConsoleIo, defaultInstructions, type ModelChoice, modelsFromOptions, readAudioFile } from '@sotto/server';
import type { Command } from 'commander';
import { type Fixture, readFixtures } from '../corpus/fixture-index.ts';
import { wholeNumber } from '../options/whole-number.ts';
import { latencyWaterfallPlot } from '../plot/latency-waterfall-plot.ts';
import { describeMachine, makeResult } from '../result/describe-run.ts';
import { MeasuringProgress } from '../result/measuring-progress.ts';
import { writeResult, writeWhole } from '../result/write-result.ts';
import type { CalledTurn } from './called-turn.ts';
import { formatLatency } from './latency-report.ts';
import { measureTurnTaking, turnTakingStepCount, type TurnTakingScript } from './measure-turn-taking.ts';
import { type CallerOptions, RealtimeCaller, type SpokenRecording, type TurnDetection } from './realtime-caller.ts';
import { scoreLatency } from './score-latency.ts';
import type { TurnTaking } from './score-turn-taking.ts';
import { modelArgs, ServeProcess } from './serve-process.ts';

type LatencyOptions = ModelChoice & {
  readonly data: string;
  readonly turns: string;
  readonly callers: string;
  readonly nullTurns: string;
  readonly turnDetection: string;
  readonly turnTaking: boolean;
  readonly url?: string;
  readonly svg?: string;
  readonly out?: string;
  readonly json?: true;
};

const TURN_DETECTIONS: readonly TurnDetection[] = ['server_vad', 'semantic_vad'];
/** Length of the tone that stands for a question where nobody has to understand it. */
const NULL_QUESTION_MS = 520;

export function registerLatency(bench: Command, io: ConsoleIo, args: readonly string[]): void {
  const command = bench
    .command('latency')
    .description('voice to voice over a real socket in real time, stage by stage; beside it how turns are taken, and the framework’s own share')
    .option('--data <folder>', 'questions with labels, as audio-fixtures', 'audio-fixtures')
    .option('--turns <count>', 'warm turns to measure', '200')
    .option('--callers <count>', 'callers at a time; above 1 everybody’s turns are measured under the load of the others, and the result says so', '1')
    .option('--turn-detection <type>', `for the turns: ${TURN_DETECTIONS.join(' or ')}; pauses and interruptions are measured with both`, 'server_vad')
    .option('--no-turn-taking', 'leave out pauses, interruptions and backchannels')
    .option('--null-turns <count>', 'turns with engines that cost nothing, for the framework’s own share; 0 leaves them out', '50')
    .option('--url <ws://…>', 'a server that runs already; otherwise one is started on a free port')
    .option('--svg <file>', 'draw where the time goes')
    .option('--out <file.json>', 'write the result as JSON, and as Markdown beside it')
    .option('--json', 'print the result as JSON');
  addModelOptions(command, ['vad', 'stt', 'llm', 'tts']).action((options: LatencyOptions) => measureLatency(options, io, args));
}

async function measureLatency(options: LatencyOptions, io: ConsoleIo, args: readonly string[]): Promise<void> {
  const turnCount = wholeNumber('--turns', options.turns, 1);
  const callerCount = wholeNumber('--callers', options.callers, 1);
  const nullTurnCount = wholeNumber('--null-turns', options.nullTurns, 0);
  const turnDetection = TURN_DETECTIONS.find((type) => type === options.turnDetection);
  if (turnDetection === undefined) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `--turn-detection is ${options.turnDetection}; expected ${TURN_DETECTIONS.join(' or ')}`);
  const machine = describeMachine();
  const fixtures = await readFixtures(options.data);
  const questions = await readRecordings(options.data, fixtures.filter(({ kind, snrDb }) => kind === 'question' && snrDb === null));
  const chosen = await modelsFromOptions(options, io);
  const models = { vad: chosen.vad ?? (await bundledModel('vad')), stt: chosen.stt ?? (await bundledModel('stt')), llm: chosen.llm ?? (await bundledModel('llm')), tts: chosen.tts ?? (await bundledModel('tts')) };
  await using server = options.url === undefined ? await ServeProcess.start(modelArgs(options), io.signal) : undefined;
  const caller: CallerOptions = { url: options.url ?? server!.url, instructions: await defaultInstructions(models.llm), turnDetection, random: seededRandom(1), signal: io.signal };

  const asking = new MeasuringProgress(io, 'Asking', turnCount + 1);
  const { cold, turns } = await holdTurns(questions, turnCount, callerCount, caller, (doneCount) => asking.update(doneCount));
  const turnTaking = options.turnTaking ? await holdScripts(options.data, fixtures, longestAnswered(questions, turns), caller, io) : [];
  const framework = nullTurnCount === 0 ? undefined : await measureFramework(nullTurnCount, io);
  const body = { corpus: options.data, endpoint: options.url ?? 'a server of its own on loopback', callerCount, turnDetection, latency: scoreLatency(turns, cold), turnTaking, framework };
  const result = makeResult('latency', args, models, machine, body);
  if (options.out !== undefined) await writeResult(options.out, result, formatLatency(result));
  if (options.svg !== undefined) await writeWhole(options.svg, latencyWaterfallPlot(result.body.latency));
  io.out(options.json ? JSON.stringify(result) : formatLatency(result));
}

/** Every turn on a connection of its own, so that no turn depends on the one before. The first one is cold. */
async function holdTurns(questions: readonly SpokenRecording[], turnCount: number, callerCount: number, options: CallerOptions, onTurn: (doneCount: number) => void): Promise<{ cold: CalledTurn; turns: CalledTurn[] }> {
  const cold = await askOnce(questions[0]!, options);
  onTurn(1);
  const turns: CalledTurn[] = new Array<CalledTurn>(turnCount);
  let nextTurn = 0;
  let doneCount = 1;
  const call = async () => {
    for (let turn = nextTurn++; turn < turnCount; turn = nextTurn++) {
      turns[turn] = await askOnce(questions[turn % questions.length]!, options);
      onTurn(++doneCount);
    }
  };
  await Promise.all(Array.from({ length: callerCount }, call));
  return { cold, turns };
}

async function askOnce({ samples, speechEndMs }: SpokenRecording, options: CallerOptions): Promise<CalledTurn> {
  await using caller = await RealtimeCaller.open(options);
  return await caller.ask(samples, speechEndMs);
}

/** One caller at a time, with each kind of turn detection. */
async function holdScripts(folder: string, fixtures: readonly Fixture[], question: SpokenRecording, options: CallerOptions, io: ConsoleIo): Promise<TurnTaking[]> {
  const ofKind = (kind: string) => fixtures.filter((fixture) => fixture.kind === kind);
  const pausedFixtures = ofKind('mid-pause');
  const paused = (await readRecordings(folder, pausedFixtures)).map((recording, index) => ({ ...recording, pauseCount: pausedFixtures[index]?.pauses?.length ?? 0 }));
  const script: TurnTakingScript = { paused, question, bargeIns: await readRecordings(folder, ofKind('barge-in')), backchannels: await readRecordings(folder, ofKind('backchannel')) };
  const progress = new MeasuringProgress(io, 'Pausing and interrupting', TURN_DETECTIONS.length * turnTakingStepCount(script));
  let doneCount = 0;
  progress.update(0);
  const told: TurnTaking[] = [];
  for (const detection of TURN_DETECTIONS) told.push(await measureTurnTaking(detection, script, options, () => progress.update(++doneCount)));
  return told;
}

/** A short answer is over before anybody could have interrupted it. */
function longestAnswered(questions: readonly SpokenRecording[], turns: readonly CalledTurn[]): SpokenRecording {
  const lengthsMs = questions.map((_, question) => Math.max(0, ...turns.filter((_turn, turn) => turn % questions.length === question).map(({ replyMs }) => replyMs)));
  return questions[lengthsMs.indexOf(Math.max(...lengthsMs))]!;
}

/** What the server, the socket and this client take when recogniser, language model and voice take nothing. */
async function measureFramework(turnCount: number, io: ConsoleIo) {
  await using server = await ServeProcess.startNullEngines('Now.', io.signal);
  const question: SpokenRecording = { samples: speechSamples(NULL_QUESTION_MS, 24_000), speechStartMs: 0, speechEndMs: NULL_QUESTION_MS };
  const progress = new MeasuringProgress(io, 'Asking engines that cost nothing', turnCount + 1);
  const { cold, turns } = await holdTurns([question], turnCount, 1, { url: server.url, instructions: '', random: seededRandom(1), signal: io.signal }, (doneCount) => progress.update(doneCount));
  return scoreLatency(turns, cold);
}

function readRecordings(folder: string, fixtures: readonly Fixture[]): Promise<SpokenRecording[]> {
  return Promise.all(fixtures.map(async ({ file, speechStartMs, speechEndMs }) => {
    const { samples, sampleRate } = await readAudioFile(join(folder, file));
    return { samples: resample(samples, sampleRate, 24_000), speechStartMs, speechEndMs };
  }));
}
