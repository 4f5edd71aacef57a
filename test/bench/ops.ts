/** `pnpm bench:ops`: times single operations. The output is one line of JSON for each. */
import { type Rows, real, text } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { useBuiltPackages } from './built.ts';
import { type Mode, median, type OpLine, rounded, timed } from './measure.ts';
import { HELP, PLACE, type Place, runBench, usePlace } from './options.ts';

interface OpsOptions extends Place {
  readonly seconds: number;
  readonly only: string | undefined;
  readonly help: boolean;
}

const TITLE = `pnpm bench:ops [options]: milliseconds per call of single operations, from the built packages.
With --wide-simd, Node runs with wide SIMD, where it can.`;

const OPTIONS: Rows<OpsOptions> = {
  ...PLACE,
  seconds: real(
    2,
    'to measure each operation, after 2 calls of warm-up, and 3 calls at least; tiny ones are called a million times',
    0,
    3600,
  ),
  only: text<string | undefined>(undefined, 'TEXT', 'measure the operations whose names contain it'),
  help: HELP,
};

const WARM_UP = 2;

/** Calls of an operation whose mean is taken: what they leave behind goes back meanwhile, and belongs to them. */
const MANY = 1_000_000;

await runBench(TITLE, OPTIONS, async (options) => {
  useBuiltPackages();
  const { version, threads, ...mode } = await usePlace(options);
  const { ownOperations, sharedOperations } = await import('./operations.ts');
  const all = [...sharedOperations(), ...ownOperations()];
  const chosen = all.filter(({ name }) => name.includes(options.only ?? ''));
  if (chosen.length === 0)
    throw new UserError(
      `--only is '${options.only}': expected a part of one of ${all.map(({ name }) => `'${name}'`).join(', ')}.`,
    );

  for (const { name, flop, bytes, calls = 1, prepare } of chosen) {
    const call = prepare();
    await timed(call, { seconds: 0, steps: WARM_UP, atLeast: 0 });
    const span =
      calls === 1 ? { seconds: options.seconds, atLeast: 3 } : { seconds: 0, steps: MANY / calls, atLeast: 0 };
    const ms = (await timed(call, span)).map((time) => time / calls);
    const line: OpLine & Mode = {
      peer: 'tapegrad',
      version,
      threads,
      op: name,
      calls: ms.length * calls,
      ms_median: rounded(median(ms), 6),
      ms_best: rounded(Math.min(...ms), 6),
      ...(calls > 1 && { ms_mean: rounded(ms.reduce((a, b) => a + b) / ms.length, 6) }),
      ...(flop !== undefined && { gflops: rounded(flop / median(ms) / 1e6, 2) }),
      ...(bytes !== undefined && { bytes }),
      ...mode,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
});
