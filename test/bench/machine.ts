/** What a reader must know to judge a measurement: machine, versions, what else ran. */
import { cpus, loadavg, release, type as systemName, totalmem } from 'node:os';
import type { Field } from './contenders.ts';
import { rounded } from './measure.ts';

/** Processes that ran or waited in the last minute, on average; 0 on Windows, which does not count them. */
export function loadAverage(): number {
  return rounded(loadavg()[0]!, 1);
}

/** How a run was made. `loadBefore` is the load average before the first contender started. */
export interface Run {
  readonly rounds: number;
  readonly seconds: number;
  readonly loadBefore: number;
  readonly note?: string | undefined;
}

/** A list in Markdown. */
export function describeRun({ versions, missing }: Pick<Field, 'versions' | 'missing'>, run: Run): string {
  const { rounds, seconds, loadBefore, note } = run;
  return [
    describeMachine(versions),
    `* ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${seconds} s each; load average before: ${loadBefore}${note ? `; beside it ran: ${note}` : ''}`,
    ...(missing.length > 0 ? [`* not installed: ${missing.map((advice) => advice.split(':')[0]).join(', ')}`] : []),
  ].join('\n');
}

/** Date, processor, memory, and versions. */
export function describeMachine(versions: readonly string[] = []): string {
  const [first, ...others] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `* ${new Date().toISOString().slice(0, 10)}; ${first?.model.trim()}, ${others.length + 1} cores, ${memory} GiB; ${systemName()} ${release()}`,
    `* Node ${process.versions.node} (V8 ${process.versions.v8})${versions.map((version) => `; ${version}`).join('')}`,
  ].join('\n');
}
