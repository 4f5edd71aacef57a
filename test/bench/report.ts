/** The tables of training steps. A ratio is taken within a round, so that a slow minute of the machine hits both sides. */
import type { Series } from './alternate.ts';
import { type Contender, REFERENCE, simdName } from './contenders.ts';
import { ratios, readable, spread, table } from './markdown.ts';
import { median, type StepLine } from './measure.ts';
import type { Roofline } from './roofline.ts';

export type StepSeries = Series<StepLine, Contender>;

/** Losses of all contenders agree to about this where they do the same work. */
const LOSS_TOLERANCE = 1e-4;

/** What no step of a model can do without. */
export interface Least {
  /** Of its matrix products. */
  readonly flop: number;
  /** What the machine could do in each round, with all threads. */
  readonly rooflines: readonly Roofline[];
}

/** What each contender took for a step of one model, and the ratios that matter. */
export function stepReport(series: readonly StepSeries[], least: Least): string {
  return [stepTable(series), lossVerdict(series), ratioTable(series, least)].filter((part) => part !== '').join('\n\n');
}

function stepTable(series: readonly StepSeries[]): string {
  const reference = series.find(({ contender }) => contender.name === REFERENCE);
  const rows = series.map(({ contender, rounds }) => {
    const lines = rounds.filter((line) => line !== undefined);
    if (lines.length === 0) return [contender.name, String(contender.threads), 'failed', '', '', '', ''];
    const of = (field: 'ms_median' | 'ms_best' | 'tokens_per_second' | 'peak_rss_mb'): number =>
      median(lines.map((line) => line[field]));
    const loss = lines[0]!.loss_first;
    return [
      contender.name,
      String(lines[0]!.threads),
      readable(of('ms_median')),
      readable(of('ms_best')),
      contender === reference?.contender ? '1' : spread(ratios(rounds, reference?.rounds, timeRatio)),
      Math.round(of('tokens_per_second')).toLocaleString('en'),
      String(Math.round(of('peak_rss_mb'))),
      loss === null ? '' : loss.toFixed(5),
    ];
  });
  return table(
    ['contender', 'threads', 'ms a step', 'best', `of ${REFERENCE}'s`, 'tokens/s', 'peak RSS, MiB', 'first loss'],
    rows,
  );
}

/** A ratio that matters: of tapegrad in one of its modes to another contender. */
interface Comparison {
  readonly label: string;
  readonly fusedLoss: boolean;
  /** Whether the other side is this contender; `ours` has wide SIMD or not. */
  against(one: Contender, ours: Contender): boolean;
  /** How many times as fast, in place of the share of the other's time. */
  readonly speed?: boolean;
}

const COMPARISONS: readonly Comparison[] = [
  ...[false, true].map((fusedLoss) => ({
    label: `time of ${REFERENCE}'s, ${lossName(fusedLoss)}`,
    fusedLoss,
    against: ({ name }: Contender) => name === REFERENCE,
  })),
  ...[false, true].map((fusedLoss) => ({
    label: `time of the raw kernels', ${lossName(fusedLoss)}`,
    fusedLoss,
    against: ({ library, wideSimd }: Contender, ours: Contender) =>
      library === 'raw kernels' && wideSimd === ours.wideSimd,
  })),
  ...(['TensorFlow.js', 'jax-js'] as const).map((peer) => ({
    label: `times as fast as ${peer}, plain loss`,
    fusedLoss: false,
    against: ({ library }: Contender) => library === peer,
    speed: true,
  })),
  {
    label: 'all threads, times as fast as one, plain loss',
    fusedLoss: false,
    against: ({ library, threads, wideSimd, fusedLoss }, ours) =>
      library === 'tapegrad' && threads === 1 && ours.threads > 1 && wideSimd === ours.wideSimd && fusedLoss === false,
    speed: true,
  },
];

function ratioTable(series: readonly StepSeries[], least: Least): string {
  const ours = series.filter(({ contender }) => contender.library === 'tapegrad');
  const threads = Math.max(...ours.map(({ contender }) => contender.threads));
  const modes = [...new Set(ours.map(({ contender }) => contender.wideSimd === true))];
  const rows = COMPARISONS.map(({ label, fusedLoss, against, speed }) => [
    label,
    ...modes.map((wideSimd) => {
      const one = ours.find(
        ({ contender: c }) => c.wideSimd === wideSimd && c.fusedLoss === fusedLoss && c.threads === threads,
      );
      const other = one && series.find(({ contender }) => against(contender, one.contender));
      const found = ratios(one?.rounds ?? [], other?.rounds, timeRatio);
      return spread(speed ? found.map((x) => 1 / x) : found);
    }),
  ]);
  rows.push([
    `multiply-adds alone, at the processor's peak: time of ${REFERENCE}'s`,
    ...modes.map((wideSimd) => {
      const reference = series.find(({ contender }) => contender.name === REFERENCE);
      return spread(
        ratios(
          least.rooflines.map(leastTime(least.flop, wideSimd)),
          reference?.rounds,
          (ms, line) => ms / line.ms_median,
        ),
      );
    }),
  ]);
  const filled = rows.filter((cells) => cells.slice(1).some((cell) => cell !== ''));
  return filled.length === 0 ? '' : table([`tapegrad, ${threads} threads`, ...modes.map(simdName)], filled);
}

/** Milliseconds of some multiply-adds on a machine; undefined where its peak was not measured. */
function leastTime(flop: number, wideSimd: boolean): (roofline: Roofline) => number | undefined {
  return ({ fma128_gflops, fma256_gflops }) => {
    const peak = wideSimd ? fma256_gflops : fma128_gflops;
    return peak === undefined ? undefined : flop / peak / 1e6;
  };
}

function lossName(fusedLoss: boolean): string {
  return fusedLoss ? 'fused loss' : 'plain loss';
}

function timeRatio(ours: StepLine, theirs: StepLine): number {
  return ours.ms_median / theirs.ms_median;
}

function lossVerdict(series: readonly StepSeries[]): string {
  const losses = series.flatMap(({ contender, rounds }) =>
    rounds.flatMap((line) =>
      // Raw kernels draw their own data. NaN is null in JSON.
      line && contender.library !== 'raw kernels'
        ? [{ name: contender.name, loss: line.loss_first ?? Number.NaN }]
        : [],
    ),
  );
  if (losses.length === 0) return 'Nothing was measured.';
  const middle = median(losses.map(({ loss }) => loss).filter(Number.isFinite));
  const odd = new Set(
    losses.filter(({ loss }) => !(Math.abs(loss - middle) <= LOSS_TOLERANCE)).map(({ name }) => name),
  );
  return odd.size === 0
    ? 'The losses agree: all did the same work.'
    : `**The losses do not agree: ${[...odd].join('; ')} did other work, so these times say nothing about it.**`;
}
