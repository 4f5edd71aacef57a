/** The outcome of a run in words. */

import type { Outcome } from './run.ts';

/** Failures, skips and whatever else there is to say, a line each with its reasons below, then the sums. */
export function reportOf(outcomes: readonly Outcome[]): string {
  const lines: string[] = [];
  for (const { case: c, is, informative, reasons } of outcomes) {
    if (is === 'passed' && reasons.length === 0) continue;
    lines.push(`${is}${informative ? ' (informative)' : ''}: ${c.group}/${c.name}${c.expr ? `: ${c.expr}` : ''}`);
    lines.push(...reasons.map((reason) => `    ${reason}`));
  }
  return [...lines, sumsOf(outcomes)].join('\n');
}

/** `N passed, N failed, N skipped` */
export function sumsOf(outcomes: readonly Outcome[]): string {
  const count = (is: Outcome['is']): string => `${outcomes.filter((outcome) => outcome.is === is).length} ${is}`;
  return `${count('passed')}, ${count('failed')}, ${count('skipped')}`;
}

/** Whether nothing failed, and nothing was skipped that the folder requires. */
export function isGood(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(({ is, informative }) => is === 'passed' || (is === 'skipped' && informative));
}
