/** Tables in Markdown, and how numbers are written in them. */
import { median, rounded } from './measure.ts';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** One ratio a round, where both sides measured something: a slow minute of the machine hits both. */
export function ratios<Ours, Theirs>(
  ours: readonly (Ours | undefined)[],
  theirs: readonly (Theirs | undefined)[] = [],
  ratio: (our: Ours, their: Theirs) => number,
): number[] {
  return ours.flatMap((our, round) => {
    const their = theirs[round];
    return our === undefined || their === undefined ? [] : [ratio(our, their)];
  });
}

/** The median over rounds, and from the lowest to the highest: `0.62 (0.58-0.71)`. Empty where there are none. */
export function spread(values: readonly number[], shown: (x: number) => string = times): string {
  if (values.length === 0) return '';
  const [low, high] = [shown(Math.min(...values)), shown(Math.max(...values))];
  return `${shown(median(values))}${values.length > 1 ? ` (${low}-${high})` : ''}`;
}

/** 0.62, 9.81, 21 */
export function times(x: number): string {
  return x < 10 ? x.toFixed(2) : x.toFixed(0);
}

/** 87% */
export function percent(x: number): string {
  return `${Math.round(100 * x)}%`;
}

/** Milliseconds with three digits: 0.123, 4.56, 78.9, 1234. */
export function readable(ms: number): string {
  return String(rounded(ms, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0));
}
