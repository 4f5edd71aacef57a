/** A text in parts: to learn from, to watch, to report. */

import { ArgumentError } from '@tapegrad/core';
import { checkTokens, type Tokens } from './checks.ts';

/**
 * Cuts tokens into contiguous parts of these proportions. They are views of `tokens`, not copies. What is held out must not
 * lie between what is learnt: neighbours share words, and would make the loss on it too small.
 *
 * Throws: ArgumentError for proportions that are not above 0, or a part without a token.
 *
 * ```ts
 * import { splitTokens } from '@tapegrad/nn/data';
 *
 * const [train, validation, test] = splitTokens(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), [8, 1, 1]);
 * console.log(train, validation, test); // Int32Array(8) [
 * //   0, 1, 2, 3,
 * //   4, 5, 6, 7
 * // ] Int32Array(1) [ 8 ] Int32Array(1) [ 9 ]
 * ```
 */
export function splitTokens<T extends Tokens, const P extends readonly number[]>(
  tokens: T,
  proportions: P,
): { -readonly [I in keyof P]: T } {
  checkTokens('splitTokens', tokens);
  if (proportions.length === 0 || !proportions.every((part) => part > 0 && Number.isFinite(part)))
    throw new ArgumentError(
      `splitTokens: expected proportions above 0, such as [9, 1]; given [${proportions.join(', ')}]`,
    );
  const total = proportions.reduce((sum, part) => sum + part, 0);
  let passed = 0;
  const ends = proportions.map((part, i) => {
    passed += part;
    const isLast = i === proportions.length - 1; // it ends with the tokens, whatever was rounded
    return isLast ? tokens.length : Math.floor((tokens.length * passed) / total);
  });
  const parts = ends.map((end, i) => tokens.subarray(ends[i - 1] ?? 0, end) as T);
  const empty = parts.findIndex((part) => part.length === 0);
  if (empty >= 0) {
    throw new ArgumentError(
      `splitTokens: part ${empty} of [${proportions.join(', ')}] would be empty: expected more tokens; given ${tokens.length}`,
    );
  }
  return parts as { -readonly [I in keyof P]: T };
}
