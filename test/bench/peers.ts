/** `pnpm bench:peers`: tapegrad and its peers, alternating, on this machine; writes the tables of docs/benchmarks.md. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { integer, type Rows, real, text, toggle } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { ROOT, useBuiltPackages } from './built.ts';
import { assemble, type Contender, type Field, multiplyAddPeak } from './contenders.ts';
import { describeRun, loadAverage } from './machine.ts';
import type { OpLine, StepLine } from './measure.ts';
import { HELP, runBench } from './options.ts';
import { MODELS, type ModelName } from './problem.ts';
import { opsTable, replaceSection, type Series, stepTable } from './report.ts';

interface PeersOptions {
  readonly peers: string;
  readonly python: string;
  readonly threads: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly model: string;
  readonly ops: boolean;
  readonly slow: boolean;
  readonly note: string | undefined;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench:peers [options]: tapegrad and every peer that is installed, alternating, each in a process of its own.
Medians and ratios go into a page. The machine should be idle.`;

const OPTIONS: Rows<PeersOptions> = {
  peers: text<string>('../shared/peers', 'FOLDER', "with the peers' scripts"),
  python: text<string>('python3', 'FILE', 'the Python that has torch'),
  threads: integer(availableParallelism(), 'that compute, where a contender can have more than one', 1, 256),
  rounds: integer(3, 'times that each contender runs', 1),
  seconds: real(10, 'to measure in each run', 0, 3600),
  model: text<string>('small,large', 'NAMES', 'reference models'),
  ops: toggle('single operations in place of training steps'),
  slow: toggle('also what takes 20 s a step'),
  note: text<string | undefined>(undefined, 'TEXT', 'what else ran on the machine, for the page'),
  out: text<string>('docs/benchmarks.md', 'FILE', 'the page, with its marked sections'),
  help: HELP,
};

await runBench(TITLE, OPTIONS, async (options) => {
  const models = options.model.split(',').filter((name): name is ModelName => name in MODELS);
  if (models.join() !== options.model)
    throw new UserError(`--model is '${options.model}': expected some of ${Object.keys(MODELS).join(',')}.`);
  const out = resolve(ROOT, options.out);
  const page = readPage(out, options.out);

  useBuiltPackages();
  const fusedLoss = 'LinearCrossEntropyLoss' in (await import('@tapegrad/nn'));
  const field = assemble({ ...options, peers: resolve(ROOT, options.peers), fusedLoss });
  for (const advice of field.missing) say(`not installed: ${advice}`);

  const loadBefore = loadAverage();
  if (loadBefore > 0.5) say(`The machine is not idle (load average ${loadBefore}): these times mislead.`);
  const tables = options.ops
    ? [measureOps(field, options)]
    : models.map((model) => measureSteps(field, model, options));
  const content = [describeRun(field, options, loadBefore), ...tables].join('\n\n');
  writeFileSync(out, replaceSection(page, options.ops ? 'operations' : 'training steps', content));
  process.stdout.write(`${content}\n`);
  say(`written to ${out}`);
});

function measureSteps({ contenders }: Field, model: ModelName, { rounds, seconds }: PeersOptions): string {
  const { vocab, embedding, hidden, batch, time } = MODELS[model];
  const series = alternate(contenders, rounds, model, (contender) => {
    const span = contender.slowOn === model ? ['--steps', '1'] : ['--seconds', String(seconds)];
    const [line] = linesOf<StepLine>(contender, [...contender.args, '--model', model, ...span]).slice(-1);
    return line && { result: line, summary: `${line.ms_median} ms a step, first loss ${line.loss_first}` };
  });
  const sizes = `V = ${vocab}, D = ${embedding}, H = ${hidden}, B = ${batch}, T = ${time}`;
  return `### Model \`${model}\`: ${sizes}\n\n${stepTable(series)}`;
}

function measureOps({ contenders }: Field, { peers, rounds, seconds }: PeersOptions): string {
  const peak = multiplyAddPeak(resolve(ROOT, peers));
  const able = contenders.filter(({ opsArgs }) => opsArgs !== undefined);
  const series = alternate(able, rounds, 'operations', (contender) => {
    const lines = linesOf<OpLine>(contender, [...contender.opsArgs!, '--seconds', String(seconds)]);
    return lines.length > 0 ? { result: lines, summary: `${lines.length} operations` } : undefined;
  });
  const legend = "Milliseconds a call, then the time in units of PyTorch's; threads in parentheses";
  return `${legend}${peak === undefined ? '' : `; ${peak}`}.\n\n${opsTable(series)}`;
}

/** Runs A, B, C, then A, B, C again. `measure` returns nothing where a contender failed, and it is not asked again. */
function alternate<Line>(
  contenders: readonly Contender[],
  rounds: number,
  what: string,
  measure: (contender: Contender) => { result: Line; summary: string } | undefined,
): Series<Line>[] {
  const series = contenders.map((contender) => ({ contender, rounds: [] as (Line | undefined)[] }));
  for (let round = 1; round <= rounds; round++) {
    for (const one of series) {
      if (one.rounds.length > 0 && one.rounds.at(-1) === undefined) continue;
      const measured = measure(one.contender);
      one.rounds.push(measured?.result);
      say(`${what}, round ${round} of ${rounds}: ${one.contender.name}: ${measured?.summary ?? 'failed'}`);
    }
  }
  return series;
}

/** Runs a program; its lines of JSON, none where it fails. */
function linesOf<Line>({ command, env }: Contender, args: readonly string[]): Line[] {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (status !== 0) say(`${[command, ...args].join(' ')} exits with status ${status}:\n${stderr}`);
  if (status !== 0) return [];
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

function readPage(file: string, given: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UserError(`--out is '${given}', which cannot be read: expected a page with marked sections.`);
  }
}

/** Progress goes to stderr, results to stdout. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
