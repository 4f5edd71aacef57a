/** How the time of a step grows with one size: the table, and the chart. */
import type { Series } from './alternate.ts';
import { lineChart } from './chart.ts';
import { deviation, fitLine, type Point } from './fit.ts';
import { readable, table } from './markdown.ts';
import { median, type StepLine } from './measure.ts';

/** A size that grows while the others stay. */
export interface Axis {
  readonly name: 'time' | 'vocab';
  readonly label: string;
  readonly values: readonly number[];
}

/** A model of some size, with one of the losses. */
export interface Size {
  readonly name: string;
  readonly time: number;
  readonly vocab: number;
  readonly fusedLoss: boolean;
}

export type SizeSeries = Series<StepLine, Size>;

/** For each loss, the times and how far they lie from a straight line. `fixed`: what the other axis stands at. */
export function axisTable(
  axis: Axis,
  fixed: Readonly<Record<Axis['name'], number>>,
  all: readonly SizeSeries[],
): string {
  const series = curves(axis, fixed, all);
  const fits = series.map(({ points }) => fitLine(points));
  const cell = (k: number, n: number): string[] => {
    const point = series[k]!.points.find((one) => one.n === n);
    return point ? [readable(point.ms), signedPercent(deviation(fits[k]!, point))] : ['failed', ''];
  };
  return table(
    [axis.label, ...series.flatMap(({ name }, k) => [`${name}: ms a step`, `from ${formula(fits[k]!)}`])],
    axis.values.map((n) => [n.toLocaleString('en'), ...series.flatMap((_, k) => cell(k, n))]),
  );
}

export function axisChart(
  axis: Axis,
  fixed: Readonly<Record<Axis['name'], number>>,
  all: readonly SizeSeries[],
  subtitle: string,
): string {
  return lineChart({
    title: `Time of a step against the ${axis.label}`,
    subtitle,
    x: axis.label,
    series: curves(axis, fixed, all),
  });
}

function curves(
  axis: Axis,
  fixed: Readonly<Record<Axis['name'], number>>,
  all: readonly SizeSeries[],
): { name: string; points: Point[] }[] {
  const other = axis.name === 'time' ? 'vocab' : 'time';
  return [false, true].map((fusedLoss) => ({
    name: fusedLoss ? 'fused loss' : 'plain loss',
    points: all.flatMap(({ contender, rounds }) => {
      const ms = rounds.flatMap((line) => line?.ms_median ?? []);
      const onAxis = contender.fusedLoss === fusedLoss && contender[other] === fixed[other];
      return onAxis && ms.length > 0 ? [{ n: contender[axis.name], ms: median(ms) }] : [];
    }),
  }));
}

function formula({ a, b }: { readonly a: number; readonly b: number }): string {
  return `${a.toFixed(1)} + ${b < 0.1 ? `${(1000 * b).toFixed(2)} n/1000` : `${b.toFixed(2)} n`}`;
}

function signedPercent(x: number): string {
  return `${x < 0 ? '-' : '+'}${Math.abs(100 * x).toFixed(1)}%`;
}
