/** `pnpm bench:memory`: what a process holds while it trains without ever waiting, for docs/benchmarks.md. */
import { integer, type Rows, text } from '../../examples/char-lm/cli.ts';
import { say } from './alternate.ts';
import { useBuiltPackages } from './built.ts';
import { simdName } from './contenders.ts';
import { describeMachine } from './machine.ts';
import { type Held, memoryTable } from './memory-report.ts';
import { HELP, PLACE, type Place, runBench, sizesOf, TASK, type Task, taskName, usePlace } from './options.ts';
import { openPage } from './page.ts';

interface MemoryOptions extends Task, Place {
  readonly steps: number;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench:memory [options]: what a process holds after 100 steps of the plain loop, without an await, and at the end.
With --no-wide-simd, Node runs without wide SIMD. Takes 3 minutes.`;

const OPTIONS: Rows<MemoryOptions> = {
  ...TASK,
  ...PLACE,
  steps: integer(10_000, 'to train', 1),
  out: text<string>('docs/benchmarks.md', 'FILE', 'the page, with its marked sections'),
  help: HELP,
};

/** When to look, as far as the steps go. */
const LOOKS = [100, 1_000, 3_000];

await runBench(TITLE, OPTIONS, async (options) => {
  const { fusedLoss, steps, out } = options;
  const page = openPage(out, ['memory']);
  useBuiltPackages();
  const { device, threads, wide_simd } = await usePlace(options);
  const { deviceInfo } = await import('@tapegrad/core');
  const { makeStep } = await import('./training.ts');

  const held: Held[] = [];
  const step = makeStep(sizesOf(options), fusedLoss);
  for (let done = 1; done <= steps; done++) {
    step();
    if (done !== steps && !LOOKS.includes(done)) continue;
    const { rss, heapUsed: heap } = process.memoryUsage();
    held.push({ steps: done, pool: deviceInfo().memory, heap, rss });
    say(`${done} of ${steps} steps`);
  }

  const mode = `model ${taskName(options)}, ${device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${simdName(wide_simd)}, ${fusedLoss ? 'fused' : 'plain'} loss`;
  const report = `${describeMachine()}\n* ${mode}\n\n${memoryTable(held)}`;
  process.stdout.write(`${report}\n`);
  page.write('memory', report);
  say(`written to ${out}, section 'memory'`);
});
