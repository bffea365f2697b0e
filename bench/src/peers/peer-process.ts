/** One library in a process of its own: `node peer-process.js <task> <runner> <threads> <fixtures folder>`, asked over IPC. */
import type { PeerReply, PeerRequest, PeerTask, Runner } from './peer-task.ts';
import { openSpeaker } from './speakers.ts';
import { openTranscriber } from './transcribers.ts';

const [task, runner, threads, folder] = process.argv.slice(2) as [PeerTask, Runner, string, string];
const reply = (message: PeerReply) => process.send?.(message);

try {
  const open = task === 'transcribe' ? openTranscriber : openSpeaker;
  const { itemCount, run } = await open(runner, Number(threads), folder);
  process.on('message', ({ item }: PeerRequest) => {
    const startMs = performance.now();
    const usage = process.cpuUsage();
    run(item).then(
      () => {
        const { user, system } = process.cpuUsage(usage);
        reply({ timing: { item, wallMs: performance.now() - startMs, processorMs: (user + system) / 1000 } });
      },
      (error: unknown) => reply({ error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  reply({ ready: { itemCount } });
} catch (error) {
  reply({ error: String(error) });
}
