/** The section of docs/benchmarks.md that compares tapegrad on WebGPU with its peers. */
import { readable, spread, table } from './markdown.ts';
import { median, rounded } from './measure.ts';
import type { Job, Measured } from './webgpu-page/job.ts';

export const CONTENDERS: readonly Job['contender'][] = ['tapegrad', 'tfjs', 'jax-js'];

/** What a contender measured, or why it did not. */
export interface Round {
  readonly round: number;
  readonly model: Job['model'];
  readonly contender: Job['contender'];
  readonly measured: Measured | string;
}

const NAMES = { tapegrad: 'tapegrad', tfjs: 'TensorFlow.js', 'jax-js': 'jax-js' };
const HEAD = [
  'contender',
  'dispatches a step',
  'submits',
  'reads',
  'new buffers',
  'of MiB',
  'KiB written',
  'pipelines',
  's until warm',
  'ms a step',
  'first loss',
  'last loss of 6',
];

/** `time`: time steps of the small model. */
export function webGpuReport(rounds: readonly Round[], time: number): string {
  const titles = { mlp: 'MLP 784-128-10, batch 64', small: `\`small\`, T = ${time}` };
  return (['mlp', 'small'] as const)
    .filter((name) => rounds.some(({ model }) => model === name))
    .map((name) => {
      const ofModel = rounds.filter(({ model }) => model === name);
      const failures = ofModel.filter(({ measured }) => typeof measured === 'string');
      return [
        `**${titles[name]}**`,
        table(
          HEAD,
          CONTENDERS.map((contender) => rowOf(contender, ofModel)),
        ),
        agreement(ofModel),
        ...failures.map(
          ({ contender, measured }) => `${NAMES[contender]} failed: \`${(measured as string).split('\n')[0]}\``,
        ),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** Losses with the starting weights show that all did the same work, those after five steps that they trained alike. */
const FIFTH = 5;

function rowOf(contender: Job['contender'], rounds: readonly Round[]): string[] {
  const runs = runsOf(contender, rounds);
  const [first] = runs;
  if (!first) return [NAMES[contender], 'failed', ...HEAD.slice(2).map(() => '')];
  const { perStep, pipelines, warmUpMs, losses } = first;
  const count = (n: number): string => String(rounded(n, n < 10 ? 1 : 0));
  return [
    NAMES[contender],
    count(perStep.dispatches),
    count(perStep.submits),
    count(perStep.reads),
    count(perStep.buffers),
    count(perStep.bufferBytes / 2 ** 20),
    count(perStep.writtenBytes / 1024),
    String(pipelines),
    count(warmUpMs / 1e3),
    spread(
      runs.map(({ ms }) => median(ms)),
      readable,
    ),
    losses[0]!.toFixed(5),
    losses[FIFTH]!.toFixed(5),
  ];
}

function runsOf(contender: Job['contender'], rounds: readonly Round[]): Measured[] {
  return rounds.flatMap((run) =>
    run.contender === contender && typeof run.measured !== 'string' ? [run.measured] : [],
  );
}

function agreement(rounds: readonly Round[]): string {
  const runs = CONTENDERS.flatMap((contender) => runsOf(contender, rounds).slice(0, 1));
  const apart = (step: number): number => {
    const losses = runs.map((run) => run.losses[step]!);
    return Math.max(...losses) - Math.min(...losses);
  };
  return apart(0) < 1e-4 && apart(FIFTH) < 1e-3
    ? 'The losses agree: all did the same work.'
    : `The losses do not agree: they are ${apart(0).toPrecision(2)} apart at first, ${apart(FIFTH).toPrecision(2)} after five steps.`;
}
