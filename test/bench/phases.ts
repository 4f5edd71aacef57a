/** `pnpm bench:phases`: where the time of a training step goes, beside the machine's roofline. */
import { type Rows, real, text } from '../../examples/char-lm/cli.ts';
import { say } from './alternate.ts';
import { useBuiltPackages } from './built.ts';
import { simdName } from './contenders.ts';
import { timeKernels } from './kernel-timers.ts';
import { describeMachine, watchMachine } from './machine.ts';
import { HELP, PEERS, PLACE, type Place, runBench, sizesOf, TASK, type Task, taskName, usePlace } from './options.ts';
import { openPage } from './page.ts';
import { phaseTable, type Step } from './phases-report.ts';
import { measureRoofline } from './roofline.ts';

interface PhasesOptions extends Task, Place {
  readonly seconds: number;
  readonly peers: string;
  readonly out: string | undefined;
  readonly help: boolean;
}

const TITLE = `pnpm bench:phases [options]: the kernels of a training step, by time, beside their roofline.
With --no-wide-simd, Node runs without wide SIMD.`;

const OPTIONS: Rows<PhasesOptions> = {
  ...TASK,
  ...PLACE,
  seconds: real(5, 'to measure, after 5 steps of warm-up', 0, 3600),
  peers: PEERS,
  out: text<string | undefined>(
    undefined,
    'FILE',
    'a page with a section for this model and mode, such as docs/performance.md',
  ),
  help: HELP,
};

const WARM_UP = 5;

await runBench(TITLE, OPTIONS, async (options) => {
  const { fusedLoss, seconds, peers, out } = options;
  useBuiltPackages();
  const { device, threads, wide_simd } = await usePlace(options);
  const mode = `${simdName(wide_simd)}${fusedLoss ? ', fused loss' : ''}`;
  const section = `phases, ${taskName(options)}, ${mode}`;
  const page = out === undefined ? undefined : openPage(out, [section]);

  const others = watchMachine();
  const { makeTraining } = await import('./training.ts');
  const train = makeTraining(sizesOf(options), fusedLoss);
  const take = timeKernels((await import('@tapegrad/core')).zeros([]).device);
  const step = async (): Promise<Step> => {
    const start = performance.now();
    await train();
    return { ms: performance.now() - start, phases: take() };
  };
  for (let k = 0; k < WARM_UP; k++) await step();
  const steps: Step[] = [];
  for (const end = performance.now() + seconds * 1e3; steps.length < 3 || performance.now() < end; )
    steps.push(await step());

  const { copy_gbs: copy, ...peaks } = await measureRoofline(peers, threads);
  const peak = wide_simd ? peaks.fma256_gflops : peaks.fma128_gflops;
  const head = [
    describeMachine(),
    `* model ${taskName(options)}, ${device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${mode}: means over the quickest quarter of ${steps.length} steps; ${others()}`,
    `* roofline: the larger of multiply-adds at ${peak === undefined ? 'a peak that was not measured' : `${peak} GFLOP/s`} and traffic at ${copy} GB/s`,
  ].join('\n');
  const report = `${head}\n\n${phaseTable(steps, { peak, copy })}`;
  process.stdout.write(`${report}\n`);
  page?.write(section, report);
  if (page) say(`written to ${out}, section '${section}'`);
});
