/**
 * The tasks of the page's main thread in a trace of Chromium, the longest by the clock first:
 * `wallMs` from begin to end, `cpuMs` without the time of other programs, and what took the most of it.
 */
export function mainThreadTasks({ traceEvents }) {
  const main = mainThread(traceEvents);
  const events = traceEvents.filter(({ ph, tid, pid }) => ph === 'X' && tid === main.tid && pid === main.pid);
  return events
    .filter(({ name }) => name === 'RunTask' || name === 'ThreadControllerImpl::RunTask')
    .sort((a, b) => b.dur - a.dur)
    .map((task) => ({ wallMs: task.dur / 1000, cpuMs: (task.tdur ?? NaN) / 1000, did: whatItDid(task, events) }));
}

/** Of all the pages' main threads the one that worked most. */
function mainThread(traceEvents) {
  const candidates = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const count = ({ pid, tid }) => traceEvents.filter((event) => event.pid === pid && event.tid === tid).length;
  return candidates.sort((a, b) => count(b) - count(a))[0];
}

function whatItDid(task, events) {
  const inside = events.filter(({ ts, dur, name }) => ts >= task.ts && ts + dur <= task.ts + task.dur && !name.endsWith('RunTask'));
  return inside
    .sort((a, b) => b.dur - a.dur)
    .slice(0, 4)
    .map(({ name, dur, args }) => [name, `${(dur / 1000).toFixed(1)} ms`, args?.data?.functionName, args?.data?.url, args?.data?.lineNumber].filter((part) => part !== undefined && part !== '').join(' '));
}
