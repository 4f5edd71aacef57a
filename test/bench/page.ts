/** The pages of docs/ that benchmarks write into: each result has a section of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { ROOT } from './built.ts';

/** A page with sections between marks. */
export interface Page {
  /** Where it lies. */
  readonly folder: string;
  /** Puts `content` into a section. The page is read anew: others may have written to it since. */
  write(section: string, content: string): void;
}

/** Opens a page. Throws: UserError where it cannot be read or lacks one of `sections`, so before anything is measured. */
export function openPage(given: string, sections: readonly string[]): Page {
  const file = resolve(ROOT, given);
  let page: string;
  try {
    page = readFileSync(file, 'utf8');
  } catch {
    throw new UserError(`--out is '${given}', which cannot be read: expected a page with marked sections.`);
  }
  for (const name of sections)
    if (boundsOf(page, name) === undefined)
      throw new UserError(`--out is '${given}', which has no section between ${marksOf(name).join(' and ')}.`);
  return {
    folder: dirname(file),
    write: (name, content) => writeFileSync(file, replaceSection(readFileSync(file, 'utf8'), name, content)),
  };
}

/** Puts `content` between the marks `<!-- name -->` and `<!-- /name -->` of a page. */
export function replaceSection(page: string, name: string, content: string): string {
  const bounds = boundsOf(page, name);
  if (!bounds) throw new Error(`the page has no section between ${marksOf(name).join(' and ')}`);
  return `${page.slice(0, bounds[0])}\n\n${content.trim()}\n\n${page.slice(bounds[1])}`;
}

/** Where a section's content begins, and where it ends. */
function boundsOf(page: string, name: string): [number, number] | undefined {
  const [open, close] = marksOf(name);
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  return start === -1 || end < start ? undefined : [start + open.length, end];
}

function marksOf(name: string): [open: string, close: string] {
  return [`<!-- ${name} -->`, `<!-- /${name} -->`];
}
