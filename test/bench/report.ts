/** Tables of results in Markdown. A ratio is taken within a round, so that a slow minute of the machine hits both sides. */
import { type Contender, REFERENCE } from './contenders.ts';
import { median, type OpLine, rounded, type StepLine } from './measure.ts';

/** What one contender measured, a line a round. */
export interface Series<Line> {
  readonly contender: Pick<Contender, 'name' | 'threads'>;
  /** Undefined: the program failed in that round. */
  readonly rounds: readonly (Line | undefined)[];
}

/** Losses of all contenders agree to about this where they do the same work. */
const LOSS_TOLERANCE = 1e-4;

/** A table of one model. */
export function stepTable(series: readonly Series<StepLine>[]): string {
  const reference = series.find(({ contender }) => contender.name === REFERENCE);
  const rows = series.map(({ contender, rounds }) => {
    const lines = rounds.filter((line) => line !== undefined);
    if (lines.length === 0) return [contender.name, String(contender.threads), 'failed', '', '', '', ''];
    const of = (field: 'ms_median' | 'tokens_per_second' | 'peak_rss_mb' | 'loss_first'): number =>
      median(lines.map((line) => line[field]));
    return [
      contender.name,
      String(lines[0]!.threads),
      readable(of('ms_median')),
      contender === reference?.contender ? '1' : ratio(rounds, reference?.rounds),
      Math.round(of('tokens_per_second')).toLocaleString('en'),
      String(Math.round(of('peak_rss_mb'))),
      of('loss_first').toFixed(5),
    ];
  });
  const head = ['contender', 'threads', 'ms a step', `of ${REFERENCE}'s`, 'tokens/s', 'peak RSS, MiB', 'first loss'];
  return `${table(head, rows)}\n\n${lossVerdict(series)}`;
}

/** A table of single operations: a row an operation, a column a contender. */
export function opsTable(series: readonly Series<readonly OpLine[]>[]): string {
  const reference = series.find(({ contender }) => contender.name === REFERENCE);
  const names = new Set(series.flatMap(({ rounds }) => rounds.flatMap((lines) => lines?.map(({ op }) => op) ?? [])));
  const head = ['operation', ...series.map(({ contender: { name, threads } }) => `${name} (${threads})`)];
  const rows = [...names].map((op) => {
    const linesOf = (one: Series<readonly OpLine[]> | undefined): (OpLine | undefined)[] =>
      one?.rounds.map((lines) => lines?.find((line) => line.op === op)) ?? [];
    return [
      op,
      ...series.map((one) => {
        const lines = linesOf(one).filter((line) => line !== undefined);
        if (lines.length === 0) return '';
        const speed =
          lines[0]!.gflops === undefined ? '' : `, ${Math.round(median(lines.map((l) => l.gflops!)))} GFLOP/s`;
        const compared = one === reference ? '' : ratio(linesOf(one), reference && linesOf(reference));
        return `${readable(median(lines.map((line) => line.ms_median)))} ms${speed}${compared && `; ${compared}`}`;
      }),
    ];
  });
  return table(head, rows);
}

/** Puts `content` between the marks `<!-- name -->` and `<!-- /name -->` of a page. */
export function replaceSection(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start === -1 || end < start) throw new Error(`the page has no section between ${open} and ${close}`);
  return `${page.slice(0, start + open.length)}\n\n${content.trim()}\n\n${page.slice(end)}`;
}

type Timed = { readonly ms_median: number } | undefined;

/** The median over rounds, and from the lowest to the highest: `0.62 (0.58-0.71)`. */
function ratio(ours: readonly Timed[], theirs: readonly Timed[] | undefined): string {
  const ratios = ours.flatMap((line, round) => {
    const other = theirs?.[round];
    return line && other ? [line.ms_median / other.ms_median] : [];
  });
  if (ratios.length === 0) return '';
  const shown = (x: number): string => (x < 10 ? x.toFixed(2) : x.toFixed(0));
  const spread = ratios.length > 1 ? ` (${shown(Math.min(...ratios))}-${shown(Math.max(...ratios))})` : '';
  return `${shown(median(ratios))}${spread}`;
}

function lossVerdict(series: readonly Series<StepLine>[]): string {
  const losses = series.flatMap(({ contender, rounds }) =>
    rounds.flatMap((line) => (line ? [{ name: contender.name, loss: line.loss_first }] : [])),
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function readable(ms: number): string {
  return String(rounded(ms, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0));
}
