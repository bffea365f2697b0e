// Loads each model named on the command line and evaluates a word with it, in a process of its own:
// llama.cpp ends the process on some malformed files. Prints what became of each.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false, maxThreads: 1, logLevel: LlamaLogLevel.disabled });
for (const modelPath of process.argv.slice(2)) {
  let outcome = 'refused';
  try {
    const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
    const context = await model.createContext({ contextSize: 256, threads: 1 });
    await context.getSequence().evaluateWithoutGeneratingNewTokens(model.tokenize('hello'));
    await model.dispose();
    outcome = 'loaded';
  } catch {
    // Refused by llama.cpp, which is as good as loaded: the process lives.
  }
  console.log(outcome);
}
await llama.dispose();
