/** Checks of arguments that several files share. */

import { ArgumentError } from '@tapegrad/core';

/** Numbers of tokens, a typed array. The bytes of a file (Uint8Array) are tokens of `Vocabulary.bytes()`. */
export type Tokens = Int32Array | Uint16Array | Uint8Array;

/** Throws: ArgumentError unless `value` is a whole number of `least` or more. */
export function checkWhole(op: string, name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new ArgumentError(`${op}: expected ${name} to be a whole number of ${least} or more; given ${String(value)}`);
}

/** Throws: ArgumentError unless `tokens` is a typed array of whole numbers. */
export function checkTokens<T extends Tokens>(op: string, tokens: T): T {
  if (tokens instanceof Int32Array || tokens instanceof Uint16Array || tokens instanceof Uint8Array) return tokens;
  const given = Array.isArray(tokens) ? 'an array: use Int32Array.from(tokens)' : typeof tokens;
  throw new ArgumentError(`${op}: expected tokens in an Int32Array, Uint16Array or Uint8Array; given ${given}`);
}
