/** `pnpm bench:peers`: tapegrad and its peers, alternating, on this machine; writes the tables of docs/benchmarks.md. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { integer, type Rows, real, text, toggle } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { alternate, linesOf, say } from './alternate.ts';
import { ROOT, useBuiltPackages } from './built.ts';
import { assemble, type Field } from './contenders.ts';
import { describeRun, watchMachine } from './machine.ts';
import type { OpLine, StepLine } from './measure.ts';
import { opsReport } from './ops-report.ts';
import { HELP, PEERS, runBench } from './options.ts';
import { openPage } from './page.ts';
import { flopOf, MODEL_NAMES, MODELS, type ModelName } from './problem.ts';
import { stepReport } from './report.ts';
import { measureRoofline, type Roofline } from './roofline.ts';

interface PeersOptions {
  readonly peers: string;
  readonly prototypes: string;
  readonly python: string;
  readonly threads: number;
  readonly rounds: number;
  readonly seconds: number | undefined;
  readonly model: string;
  readonly ops: boolean;
  readonly slow: boolean;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench:peers [options]: tapegrad and every peer that is installed, alternating, each in a process of its own.
Medians and ratios go into a page, after every round, a section for each model. The machine should be idle. All of it takes
15 minutes; --model small, --model small64, --model large and --ops are its parts.`;

const OPTIONS: Rows<PeersOptions> = {
  peers: PEERS,
  prototypes: text<string>('../shared/prototypes', 'FOLDER', 'with wasm/train.mjs, a step as kernels without a tape'),
  python: text<string>('python3', 'FILE', 'the Python that has torch'),
  threads: integer(availableParallelism(), 'that compute, where a contender can have more than one', 1, 256),
  rounds: integer(3, 'times that each contender runs', 1),
  seconds: { ...real(0, 'to measure in each run; 5, or 1 for each operation', 0, 3600), fallback: undefined },
  model: text<string>(MODEL_NAMES.join(), 'NAMES', 'reference models'),
  ops: toggle('single operations in place of training steps'),
  slow: toggle('also what takes 20 s a step'),
  out: text<string>('docs/benchmarks.md', 'FILE', 'the page, with its marked sections'),
  help: HELP,
};

await runBench(TITLE, OPTIONS, async (options) => {
  const models = options.model.split(',').filter((name): name is ModelName => Object.hasOwn(MODELS, name));
  if (models.join() !== options.model)
    throw new UserError(`--model is '${options.model}': expected some of ${MODEL_NAMES.join()}.`);
  const sections = options.ops ? ['operations'] : models.map(sectionOf);
  const page = openPage(options.out, sections);

  useBuiltPackages();
  const [peers, prototypes] = [resolve(ROOT, options.peers), resolve(ROOT, options.prototypes)];
  const field = assemble({ ...options, peers, prototypes });
  for (const advice of field.missing) say(`not installed: ${advice}`);
  const others = watchMachine();

  /** Called after each round with a section's tables. */
  const write = (section: string, seconds: number) => (tables: string, rounds: number) => {
    const head = describeRun(field, { rounds, seconds, others: others() });
    page.write(section, `${head}\n\n${tables}`);
    say(`round ${rounds} is in ${options.out}, section '${section}'`);
  };
  const { seconds: stepSeconds = 5, seconds: opSeconds = 1 } = options;
  if (options.ops) await measureOps(field, { ...options, peers }, opSeconds, write('operations', opSeconds));
  else
    for (const model of models)
      await measureSteps(field, model, options, stepSeconds, write(sectionOf(model), stepSeconds));
});

function sectionOf(model: ModelName): string {
  return `training steps, ${model}`;
}

type Write = (tables: string, rounds: number) => void;

async function measureSteps(
  { contenders }: Field,
  model: ModelName,
  { peers, threads, rounds }: PeersOptions,
  seconds: number,
  write: Write,
): Promise<void> {
  const least = { flop: flopOf(MODELS[model]), rooflines: [] as Roofline[] };
  await alternate({
    contenders: contenders.filter(({ models }) => models.includes(model)),
    rounds,
    what: model,
    async beforeRound() {
      least.rooflines.push(await measureRoofline(peers, threads));
    },
    measure(contender) {
      const span = contender.slowOn === model ? ['--steps', '1'] : ['--seconds', String(seconds)];
      const [line] = linesOf<StepLine>(contender, [...contender.args, '--model', model, ...span]).slice(-1);
      return line && { result: line, summary: `${line.ms_median} ms a step, first loss ${line.loss_first}` };
    },
    afterRound: (series, round) => write(stepReport(series, least), round),
  });
}

async function measureOps(
  { contenders }: Field,
  { peers, threads, rounds }: PeersOptions,
  seconds: number,
  write: Write,
): Promise<void> {
  const rooflines: Roofline[][] = [];
  await alternate({
    contenders: contenders.filter(({ opsArgs }) => opsArgs !== undefined),
    rounds,
    what: 'operations',
    async beforeRound() {
      const round: Roofline[] = [];
      for (const count of new Set([1, threads])) round.push(await measureRoofline(peers, count));
      rooflines.push(round);
    },
    measure(contender) {
      const lines = linesOf<OpLine>(contender, [...contender.opsArgs!, '--seconds', String(seconds)]);
      return lines.length > 0 ? { result: lines, summary: `${lines.length} operations` } : undefined;
    },
    afterRound: (series, round) => write(opsReport(series, rooflines), round),
  });
}
