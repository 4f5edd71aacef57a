/** What a reader must know to judge a measurement: machine, versions, what else ran. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, type as systemName, totalmem } from 'node:os';
import { say } from './alternate.ts';
import type { Field } from './contenders.ts';

/** How a run was made. */
export interface Run {
  readonly rounds: number;
  readonly seconds: number;
  /** What `watchMachine` says. */
  readonly others: string;
}

/** A list in Markdown. */
export function describeRun({ versions, missing }: Pick<Field, 'versions' | 'missing'>, run: Run): string {
  const { rounds, seconds, others } = run;
  return [
    describeMachine(versions),
    `* ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${seconds} s each; ${others}`,
    ...(missing.length > 0 ? [`* not installed: ${missing.map((advice) => advice.split(':')[0]).join(', ')}`] : []),
  ].join('\n');
}

/**
 * Warns where the machine is not idle; the result says how busy it was since then with what neither this process nor those
 * that it started and waited for have done.
 */
export function watchMachine(): () => string {
  const load = loadavg()[0]!; // processes that ran or waited in the last minute, on average; 0 on Windows
  if (load > 0.5) say(`The machine is not idle (load average ${load.toFixed(1)}): these times mislead.`);
  const before = readTicks();
  return () => {
    const now = readTicks();
    return before && now ? describeOthers(before, now) : `load average before: ${load.toFixed(1)}`;
  };
}

/** What Linux tells of the processors: the texts of /proc/stat and /proc/self/stat, which count ticks. */
export interface Ticks {
  readonly stat: string;
  readonly self: string;
}

export function describeOthers(before: Ticks, now: Ticks): string {
  const [first, last] = [parseTicks(before), parseTicks(now)];
  const share = (of: (ticks: ReturnType<typeof parseTicks>) => number): string =>
    `${Math.max(0, (100 * (of(last) - of(first))) / Math.max(1, last.all - first.all)).toFixed(1)}%`;
  const [others, guests] = [share(({ busy, own }) => busy - own), share(({ stolen }) => stolen)];
  return `meanwhile other programs had ${others} of the processors' time, other guests of the host ${guests}`;
}

/** Fields: man proc_stat, man proc_pid_stat. */
function parseTicks({ stat, self }: Ticks): Record<'all' | 'busy' | 'stolen' | 'own', number> {
  const fields = stat.split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
  const [user, nice, system, idle, wait, irq, softirq, stolen] = fields as Tuple8;
  const busy = user + nice + system + irq + softirq;
  const afterName = self
    .slice(self.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const own = afterName.slice(11, 15).reduce((a, b) => a + b); // user and system time, and those of children
  return { all: busy + idle + wait + stolen, busy, stolen, own };
}

type Tuple8 = [number, number, number, number, number, number, number, number];

function readTicks(): Ticks | undefined {
  try {
    return { stat: readFileSync('/proc/stat', 'utf8'), self: readFileSync('/proc/self/stat', 'utf8') };
  } catch {
    return undefined;
  }
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
