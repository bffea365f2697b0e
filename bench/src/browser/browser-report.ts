import { table } from '../result/format-figures.ts';
import { backendName, browserTables } from './browser-figures.ts';
import type { BrowserResult } from './browser-result.ts';

/** The figures as Markdown, with what is needed to measure them again. */
export function formatBrowser(result: BrowserResult): string {
  const { body, machine, models, versions } = result;
  const normalizer = body.runs[0]?.recognition.normalizer;
  return `${[
    `# In the tab on ${body.corpus}: ${body.runs.map(({ backend }) => backendName(backend)).join(' and ')}`,
    `Models in Workers of one tab of ${body.browser.name}; normaliser \`${normalizer ?? '–'}\`, 95 % intervals of error rates by bootstrap over speakers. Recogniser and voice compute where the run asks, voice activity and the language model always in WASM.`,
    ...(machine.loadAverage > machine.coreCount ? ['**The machine was busy with other work:** times below are longer than it needs; error rates are not touched.'] : []),
    ...body.notMeasured.map(({ backend, reason }) => `**${backendName(backend)} could not be measured:** ${reason}.`),
    ...browserTables(body).map(({ title, header, rows }) => `## ${title}\n\n${table(header, rows)}`),
    `"Voice to voice" is a question played to a session in real time, from its last speech sample (by the detector) to the first sample of the reply above −50 dBFS at a loudspeaker that plays at once; the stages above it are each measured alone, outside a turn. The first recording was heard and answered once before, uncounted, to warm up.`,
    `Measured ${result.measuredAt.slice(0, 10)} on ${machine.coreCount} × ${machine.processor} (load ${machine.loadAverage.toFixed(1)} at the start) with:\n\n\`\`\`sh\n${result.command}\n\`\`\``,
    `Versions: ${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')}.`,
    `Models: ${Object.values(models).flatMap(({ id, dtype, sha256 }) => Object.entries(sha256).map(([path, digest]) => `${id} (${dtype}) ${path} \`${digest.slice(0, 16)}…\``)).join(', ')}.`,
  ].join('\n\n')}\n`;
}
