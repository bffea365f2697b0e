import type { OnnxRuntime } from '@sotto/pipeline';

type Create = OnnxRuntime['InferenceSession']['create'];
type Session = Awaited<ReturnType<Create>>;

/** Milliseconds that graphs were run for, by the name of their first input. */
export type RunTimes = Map<string, number>;

/** The runtime given, with the time of every run noted. */
export function timedRuntime(ort: OnnxRuntime): { readonly ort: OnnxRuntime; readonly times: RunTimes } {
  const times: RunTimes = new Map();
  const create = async (...args: Parameters<Create>): Promise<Session> => {
    const session = await ort.InferenceSession.create(...args);
    const run = session.run.bind(session) as (...runArgs: unknown[]) => ReturnType<Session['run']>;
    session.run = (async (...runArgs: unknown[]) => {
      const startMs = performance.now();
      const outputs = await run(...runArgs);
      const name = session.inputNames[0]!;
      times.set(name, (times.get(name) ?? 0) + performance.now() - startMs);
      return outputs;
    });
    return session;
  };
  return { ort: { ...ort, InferenceSession: { ...ort.InferenceSession, create: create as Create } }, times };
}
