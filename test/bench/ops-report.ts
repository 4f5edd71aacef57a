/** The tables of single operations. Only what has the same number of threads is compared, and only within a round. */
import type { Series } from './alternate.ts';
import type { Contender } from './contenders.ts';
import { percent, ratios, readable, spread, table } from './markdown.ts';
import { median, type OpLine } from './measure.ts';
import type { Roofline } from './roofline.ts';

export type OpSeries = Series<readonly OpLine[], Contender>;

/** What the machine could do in each round; undefined where that was not measured. */
type Limits = readonly (Roofline | undefined)[];

/** `rooflines`: for each round, with one thread and with all. */
export function opsReport(series: readonly OpSeries[], rooflines: readonly (readonly Roofline[])[]): string {
  const counts = [...new Set(series.map(({ contender }) => contender.threads))].sort((a, b) => b - a);
  const parts = counts.flatMap((threads) => {
    const some = series.filter(({ contender }) => contender.threads === threads);
    const limits = rooflines.map((round) => round.find((one) => one.threads === threads));
    const title = `### ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    return [title, timeTable(some), productTable(some, limits), streamTable(some, limits)];
  });
  return parts.filter((part) => part !== '').join('\n\n');
}

function timeTable(series: readonly OpSeries[]): string {
  const reference = series.find(({ contender }) => contender.library === 'PyTorch');
  const rows = namesIn(series).map((op) => [
    op,
    ...series.map((one) => {
      const found = present(linesOf(one, op));
      if (found.length === 0) return '';
      const time = duration(median(found.map(timeOf)));
      const compared = one === reference ? '' : spread(ratios(linesOf(one, op), linesOf(reference, op), timeRatio));
      return compared === '' ? time : `${time}; ${compared}`;
    }),
  ]);
  const head = ['operation', ...series.map(({ contender }) => contender.name)];
  return `Time of a call; then in units of PyTorch's with as many threads.\n\n${table(head, rows)}`;
}

/** Matrix products: the share of what multiply-adds can do, and what transposes cost. */
function productTable(series: readonly OpSeries[], limits: Limits): string {
  const ours = series.filter(({ contender }) => contender.library === 'tapegrad');
  const products = namesIn(ours).filter((op) => op.startsWith('matmul_'));
  if (products.length === 0 || present(limits).length === 0) return '';
  const rows = products.map((op) => [
    op,
    ...ours.flatMap((one) => {
      const lines = linesOf(one, op);
      const plain = op.replace(/_(TN|NT|TT)/, '_NN');
      return [
        `${Math.round(median(present(lines).map(({ gflops }) => gflops!)))}`,
        spread(
          ratios(lines, limits.map(peakOf(one)), (line, peak) => line.gflops! / peak),
          percent,
        ),
        plain === op ? '' : spread(ratios(lines, linesOf(one, plain), timeRatio)),
      ];
    }),
  ]);
  const head = ours.flatMap(({ contender: { name } }) => [`${name}: GFLOP/s`, 'of the peak', 'time of A B']);
  const peaks = (['fma128_gflops', 'fma256_gflops'] as const).map((width) =>
    spread(
      present(limits).flatMap((limit) => limit[width] ?? []),
      (x) => String(Math.round(x)),
    ),
  );
  return [
    `Matrix products beside the most that multiply-adds can do, ${peaks[0]} GFLOP/s with 128 bits, ${peaks[1]} with 256 (wide SIMD);`,
    'and the time of A^T B (TN), A B^T (NT) and A^T B^T (TT) in units of that of A B (NN).',
    `\n${table(['operation', ...head], rows)}`,
  ].join('\n');
}

/** Operations that wait for memory: bytes that they must read and write in a second. */
function streamTable(series: readonly OpSeries[], limits: Limits): string {
  const bytes = new Map(
    series.flatMap(({ rounds }) =>
      present(rounds.flat()).flatMap((line) => (line.bytes ? [[line.op, line.bytes]] : [])),
    ),
  );
  if (bytes.size === 0 || present(limits).length === 0) return '';
  const rows = [...bytes].map(([op, moved]) => [
    op,
    ...series.map((one) =>
      spread(
        present(linesOf(one, op)).map((line) => moved / timeOf(line) / 1e6),
        (x) => x.toFixed(1),
      ),
    ),
  ]);
  const copy = spread(
    present(limits).map((limit) => limit.copy_gbs),
    (x) => x.toFixed(1),
  );
  const text = `GB/s that are read and written; the C library's copy of what no cache holds: ${copy}.`;
  return `${text}\n\n${table(['operation', ...series.map(({ contender }) => contender.name)], rows)}`;
}

function peakOf({ contender }: OpSeries): (limit: Roofline | undefined) => number | undefined {
  return (limit) => (contender.wideSimd ? limit?.fma256_gflops : limit?.fma128_gflops);
}

function namesIn(series: readonly OpSeries[]): string[] {
  return [...new Set(series.flatMap(({ rounds }) => present(rounds.flat()).map(({ op }) => op)))];
}

/** The line of an operation, one a round. */
function linesOf(series: OpSeries | undefined, op: string): (OpLine | undefined)[] {
  return series?.rounds.map((lines) => lines?.find((line) => line.op === op)) ?? [];
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

function timeOf(line: OpLine): number {
  return line.ms_mean ?? line.ms_median;
}

function timeRatio(ours: OpLine, theirs: OpLine): number {
  return timeOf(ours) / timeOf(theirs);
}

function duration(ms: number): string {
  return ms < 0.01 ? `${(1000 * ms).toFixed(2)} µs` : `${readable(ms)} ms`;
}
