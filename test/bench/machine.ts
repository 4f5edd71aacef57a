/** What a reader must know to judge a measurement: machine, versions, what else ran. */
import { cpus, loadavg, release, type as systemName, totalmem } from 'node:os';
import type { Field } from './contenders.ts';
import { rounded } from './measure.ts';

/** Processes that ran or waited in the last minute, on average; 0 on Windows, which does not count them. */
export function loadAverage(): number {
  return rounded(loadavg()[0]!, 1);
}

/** A list in Markdown. `loadBefore` is the load average before the first contender started. */
export function describeRun(
  { versions, missing }: Field,
  { rounds, seconds, note }: { readonly rounds: number; readonly seconds: number; readonly note?: string | undefined },
  loadBefore: number,
): string {
  const [first, ...others] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `* ${new Date().toISOString().slice(0, 10)}; ${first?.model.trim()}, ${others.length + 1} cores, ${memory} GiB; ${systemName()} ${release()}`,
    `* Node ${process.versions.node} (V8 ${process.versions.v8})${versions.map((version) => `; ${version}`).join('')}`,
    `* ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${seconds} s each; load average before: ${loadBefore}${note ? `; beside it ran: ${note}` : ''}`,
    ...(missing.length > 0 ? [`* not installed: ${missing.map((advice) => advice.split(':')[0]).join(', ')}`] : []),
  ].join('\n');
}
