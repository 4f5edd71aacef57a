/** `pnpm bench:step`: times training steps of a reference model. The last line of the output is one line of JSON. */
import { choice, integer, type Rows, real } from '../../examples/char-lm/cli.ts';
import { useBuiltPackages } from './built.ts';
import { type Mode, median, peakRssMb, rounded, type StepLine, timed } from './measure.ts';
import { HELP, PLACE, type Place, runBench, sizesOf, TASK, type Task, usePlace } from './options.ts';

interface StepOptions extends Task, Place {
  readonly seconds: number;
  readonly steps: number | undefined;
  readonly help: boolean;
}

const TITLE = `pnpm bench:step [options]: milliseconds per training step, forward, backward and Adam, from the built packages;
on webgpu also what a step takes: dispatches, submits, bytes. With --wide-simd, Node runs with wide SIMD, where it can.`;

const OPTIONS: Rows<StepOptions> = {
  ...TASK,
  ...PLACE,
  device: choice<Place['device']>('wasm', ['wasm', 'cpu', 'webgpu'], 'where to compute'),
  seconds: real(10, 'to measure, after 3 steps of warm-up', 0, 3600),
  steps: { ...integer(0, 'exact number of steps to measure, instead of --seconds', 1), fallback: undefined },
  help: HELP,
};

const WARM_UP = 3;

interface Extra {
  readonly time: number;
  readonly vocab: number;
  readonly fused_loss: boolean;
  /** webgpu: the device's counters, a step. */
  readonly per_step?: Readonly<Record<string, number>>;
}

await runBench(TITLE, OPTIONS, async (options) => {
  const { model, fusedLoss, seconds, steps } = options;
  const sizes = sizesOf(options);
  useBuiltPackages();
  const { version, threads, ...mode } = await usePlace(options);
  const { makeTraining } = await import('./training.ts');
  const train = makeTraining(sizes, fusedLoss);

  let lossFirst: number | undefined;
  let lossLast = Number.NaN;
  const step = async (): Promise<void> => {
    lossLast = await train();
    lossFirst ??= lossLast;
  };
  await timed(step, { seconds: 0, steps: WARM_UP, atLeast: 0 });
  const { deviceInfo } = await import('@tapegrad/core');
  const { counters: before } = deviceInfo();
  const ms = await timed(step, { seconds, steps, atLeast: 1 });
  const counters = Object.entries(deviceInfo().counters).map(([name, count]): [string, number] => [
    name,
    rounded((count - before[name]!) / ms.length, 2),
  ]);

  const line: StepLine & Mode & Extra = {
    peer: 'tapegrad',
    version,
    model,
    threads,
    steps: ms.length,
    ms_median: rounded(median(ms)),
    ms_best: rounded(Math.min(...ms)),
    tokens_per_second: rounded((sizes.batch * sizes.time * 1e3) / median(ms), 1),
    peak_rss_mb: rounded(peakRssMb(), 1),
    loss_first: rounded(lossFirst!, 6),
    loss_last: rounded(lossLast, 6),
    ...mode,
    fused_loss: fusedLoss,
    time: sizes.time,
    vocab: sizes.vocab,
    ...(counters.length > 0 && { per_step: Object.fromEntries(counters) }),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
});
