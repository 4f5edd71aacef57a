/** Texts as tokens, and what of them two texts share. */

import { ArgumentError } from '@tapegrad/core';

/** A text in pieces: words, say, or token ids. Two tokens are one where they are `===`. */
export type Tokens = readonly (string | number)[] | Int32Array;

/**
 * The words and signs of a text, as sacreBLEU's tokenizer `13a` (that of NIST's mteval-v13a) cuts it: for `bleu`.
 *
 * Source: Post 2018, https://aclanthology.org/W18-6319
 *
 * ```ts
 * import { tokenize13a } from '@tapegrad/nn/metrics';
 *
 * console.log(tokenize13a('"Hello, world!" costs 3.50 dollars.').join(' ')); // " Hello , world ! " costs 3.50 dollars .
 * ```
 */
export function tokenize13a(text: string): string[] {
  const line = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ') // a point or comma, unless it stands between digits
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/gu, '$1 $2 ')
    .split(/\s+/u)
    .filter(Boolean);
}

/**
 * The words of a text in small letters, as Google's `rouge-score` cuts it without a stemmer: for `rouge`. All but a-z and
 * 0-9 only separates.
 *
 * Source: Lin 2004, https://aclanthology.org/W04-1013; https://pypi.org/project/rouge-score
 *
 * ```ts
 * import { tokenizeRouge } from '@tapegrad/nn/metrics';
 *
 * console.log(tokenizeRouge('The quick, brown fox.')); // [ 'the', 'quick', 'brown', 'fox' ]
 * ```
 */
export function tokenizeRouge(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** How often each n-gram occurs. */
export function ngramCounts(tokens: Tokens, n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const key = JSON.stringify(Array.from(tokens.slice(i, i + n))); // 'a b', 'c' is not 'a', 'b c'
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** How many n-grams are in both, each as often as in the one that has it less often. */
export function overlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [key, count] of a) shared += Math.min(count, b.get(key) ?? 0);
  return shared;
}

/** Throws: ArgumentError unless there is a list of tokens for each text, and for each a reference or more. */
export function checkTexts(
  op: string,
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
): void {
  if (candidates.length !== references.length) {
    throw new ArgumentError(
      `${op}: expected references for each candidate; given ${candidates.length} candidates, and references of ${references.length}`,
    );
  }
  const tokens = (text: unknown): boolean => Array.isArray(text) || text instanceof Int32Array;
  for (const [i, candidate] of candidates.entries()) {
    const these: unknown = references[i];
    if (!Array.isArray(these) || these.length === 0 || !these.every(tokens) || !tokens(candidate)) {
      throw new ArgumentError(
        `${op}: expected candidate ${i} as tokens, and its references as a list of one or more such: bleu([['a', 'b']], [[['a', 'c']]]); tokenize13a and tokenizeRouge cut texts`,
      );
    }
  }
}
