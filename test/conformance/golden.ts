/** The reference vectors that lie in test/golden, by group. */

import { join } from 'node:path';
import { type Case, casesOf, groupsOf } from './folder.ts';
import type { Outcome } from './run.ts';

export const GROUPS: readonly { readonly group: string; readonly cases: readonly Case[] }[] = [
  'vectors',
  'more',
].flatMap((name) => {
  const folder = join(import.meta.dirname, '../golden', name);
  return groupsOf(folder).map((group) => ({ group, cases: casesOf(folder, group) }));
});

/** What went wrong, in a line for each case; only cases that are tagged as informative may. */
export async function failuresOf(cases: readonly Case[], run: (c: Case) => Promise<Outcome>): Promise<string[]> {
  const failures: string[] = [];
  for (const c of cases) {
    const outcome = await run(c);
    if (outcome.is !== 'passed' && !outcome.informative)
      failures.push(`${outcome.is}: ${c.name}: ${outcome.reasons.join('; ')}`);
  }
  return failures;
}
