/** `pnpm bench:scaling`: how the time of a step grows with the sequence and with the vocabulary, for docs/benchmarks.md. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { integer, type Rows, real, text } from '../../examples/char-lm/cli.ts';
import { alternate, linesOf, say } from './alternate.ts';
import { useBuiltPackages } from './built.ts';
import { launched, simdModes, simdName } from './contenders.ts';
import { describeRun, watchMachine } from './machine.ts';
import type { StepLine } from './measure.ts';
import { HELP, runBench } from './options.ts';
import { openPage } from './page.ts';
import { MODELS } from './problem.ts';
import { type Axis, axisChart, axisTable, type Size } from './scaling-report.ts';

interface ScalingOptions {
  readonly threads: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench:scaling [options]: the large model with longer sequences, and with larger vocabularies, alternating.
Times, a straight line through them, and charts go into a page, after every round. Takes 9 minutes; the machine should be idle.`;

const OPTIONS: Rows<ScalingOptions> = {
  threads: integer(availableParallelism(), 'that compute', 1, 256),
  rounds: integer(3, 'times that each size is measured', 1),
  seconds: real(3, 'to measure each time', 0, 3600),
  out: text<string>('docs/benchmarks.md', 'FILE', 'the page; the charts lie beside it'),
  help: HELP,
};

const AXES: readonly Axis[] = [
  { name: 'time', label: 'number of time steps T', values: [50, 100, 200, 400] },
  { name: 'vocab', label: 'vocabulary V', values: [5_000, 10_000, 20_000, 40_000, 80_000] },
];

await runBench(TITLE, OPTIONS, async ({ threads, rounds, seconds, out }) => {
  const page = openPage(out, ['scaling']);
  useBuiltPackages();
  const others = watchMachine();

  const wideSimd = simdModes()[0]!;
  const mode = `model large, ${threads} threads, ${simdName(wideSimd)}`;
  await alternate({
    contenders: sizes(),
    rounds,
    what: 'scaling',
    measure({ name, time, vocab, fusedLoss }) {
      const place = [
        '--model',
        'large',
        '--time',
        String(time),
        '--vocab',
        String(vocab),
        '--threads',
        String(threads),
      ];
      const args = [...place, '--seconds', String(seconds), ...(fusedLoss ? ['--fused-loss'] : [])];
      const program = { name, command: process.execPath };
      const [line] = linesOf<StepLine>(program, [...launched(wideSimd, 'step.ts'), ...args]).slice(-1);
      return line && { result: line, summary: `${line.ms_median} ms a step` };
    },
    afterRound(series, round) {
      const parts = AXES.map((axis) => {
        const file = `scaling-${axis.name}.svg`;
        writeFileSync(join(page.folder, file), axisChart(axis, MODELS.large, series, mode));
        return `${axisTable(axis, MODELS.large, series)}\n\n![milliseconds a step against ${axis.label}](${file})`;
      });
      const head = describeRun({ versions: [], missing: [] }, { rounds: round, seconds, others: others() });
      page.write('scaling', [`${head}\n* ${mode}`, ...parts].join('\n\n'));
      say(`round ${round} is in ${out}, section 'scaling'`);
    },
  });
});

/** Every size that lies on an axis, once, with each loss. */
function sizes(): Size[] {
  const { time, vocab } = MODELS.large;
  const all = AXES.flatMap(({ name, values }) => values.map((n) => ({ time, vocab, [name]: n })));
  const distinct = [...new Map(all.map((size) => [JSON.stringify(size), size])).values()];
  return distinct.flatMap((size) =>
    [false, true].map((fusedLoss) => ({
      ...{ ...size, fusedLoss },
      name: `T = ${size.time}, V = ${size.vocab}, ${fusedLoss ? 'fused' : 'plain'} loss`,
    })),
  );
}
