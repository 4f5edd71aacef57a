/** Contenders take turns, each in a process of its own, so that a slow minute of the machine hits all of them. */
import { spawnSync } from 'node:child_process';

export interface Named {
  readonly name: string;
}

/** A program to run. */
export interface Program extends Named {
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What one contender measured, a line a round. */
export interface Series<Line, One extends Named> {
  readonly contender: One;
  /** Undefined: the program failed in that round. */
  readonly rounds: readonly (Line | undefined)[];
}

export interface Turns<Line, One extends Named> {
  readonly contenders: readonly One[];
  readonly rounds: number;
  /** What is measured, for the lines that say how far it is. */
  readonly what: string;
  /** Called before each round. */
  beforeRound?(): Promise<void>;
  /** Nothing where the contender failed: it is not asked again. */
  measure(contender: One): { readonly result: Line; readonly summary: string } | undefined;
  /** Called after each round: whoever writes results there loses nothing when the run is interrupted. */
  afterRound(series: readonly Series<Line, One>[], rounds: number): void;
}

/** Runs A, B, C, then A, B, C again. */
export async function alternate<Line, One extends Named>(turns: Turns<Line, One>): Promise<Series<Line, One>[]> {
  const { contenders, rounds, what } = turns;
  const series = contenders.map((contender) => ({ contender, rounds: [] as (Line | undefined)[] }));
  const began = performance.now();
  for (let round = 1; round <= rounds; round++) {
    await turns.beforeRound?.();
    for (const [k, one] of series.entries()) {
      if (one.rounds.length > 0 && one.rounds.at(-1) === undefined) continue;
      process.stderr.write(
        `${what}, round ${round} of ${rounds}, ${k + 1} of ${series.length}: ${one.contender.name}: `,
      );
      const measured = turns.measure(one.contender);
      one.rounds.push(measured?.result);
      const done = ((round - 1) * series.length + k + 1) / (rounds * series.length);
      const minutes = ((performance.now() - began) / 60e3) * (1 / done - 1);
      say(`${measured?.summary ?? 'failed'}${done < 1 ? `; ${minutes.toFixed(1)} min to go` : ''}`);
    }
    turns.afterRound(series, round);
  }
  return series;
}

/** Runs a program; its lines of JSON, none where it fails. */
export function linesOf<Line>({ command, env }: Program, args: readonly string[]): Line[] {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (status !== 0) say(`\n${[command, ...args].join(' ')} exits with status ${status}:\n${stderr}`);
  if (status !== 0) return [];
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Progress goes to stderr, results to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
