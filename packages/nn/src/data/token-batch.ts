/** What a language model learns from: tokens, and for each the one to predict. B: sequences side by side, T: time. */

import { ArgumentError, type IntTensor, tensor } from '@tapegrad/core';
import type { PadOptions } from '../utils/pad-sequence.ts';
import { checkTokens, type Tokens } from './checks.ts';

export interface TokenBatch {
  /** i32 [B, T] */
  readonly inputs: IntTensor;
  /** i32 [B, T]: the token after each input, or `IGNORED`. */
  readonly targets: IntTensor;
}

/** The target of a place that has none: what `CrossEntropyLoss` ignores by default. */
export const IGNORED = -100;

export interface PaddedTokens {
  /** i32 [B, T], T that of the longest sequence. */
  readonly tokens: IntTensor;
  /** How many tokens each sequence has, as `packPaddedSequence` takes them. */
  readonly lengths: readonly number[];
}

export interface PaddedBatch extends TokenBatch {
  /** How many inputs each sequence has. */
  readonly lengths: readonly number[];
}

export interface PaddingOptions extends Pick<PadOptions, 'paddingSide'> {
  /** The token that stands where a sequence has none. Default: 0. */
  readonly padding?: number | undefined;
}

/**
 * Sequences of tokens side by side, the shorter ones padded.
 *
 * Shapes: each [L], L its own length; tokens [B, T].
 *
 * Throws: ArgumentError for no sequence, or one that is no typed array. `padSequence` does the same with tensors.
 *
 * ```ts
 * import { padTokens } from '@tapegrad/nn/data';
 *
 * const { tokens, lengths } = padTokens([Int32Array.of(5, 6, 7), Int32Array.of(8)], { padding: 1 });
 * console.log(lengths, tokens.toArraySync()); // [ 3, 1 ] [ [ 5, 6, 7 ], [ 8, 1, 1 ] ]
 * ```
 */
export function padTokens(
  sequences: readonly Tokens[],
  { padding = 0, paddingSide = 'right' }: PaddingOptions = {},
): PaddedTokens {
  const lengths = sequences.map((sequence) => checkTokens('padTokens', sequence).length);
  if (lengths.length === 0) throw new ArgumentError('padTokens: expected at least one sequence; given none');
  if (paddingSide !== 'left' && paddingSide !== 'right')
    throw new ArgumentError(`padTokens: expected paddingSide 'left' or 'right'; given '${paddingSide as string}'`);
  const B = lengths.length;
  const T = Math.max(...lengths);
  const tokens = new Int32Array(B * T).fill(padding); // on the host: one tensor for B sequences
  for (const [b, sequence] of sequences.entries())
    tokens.set(sequence, b * T + (paddingSide === 'right' ? 0 : T - sequence.length));
  return { tokens: tensor(tokens).reshape([B, T]), lengths };
}

/**
 * Sequences as a language model reads them: each token but the last is an input, each but the first a target.
 *
 * Shapes: each [L], L its own length; inputs and targets [B, T - 1]. Where there is padding, targets are `IGNORED`.
 *
 * Throws: ArgumentError for no sequence, or one that has less than two tokens.
 *
 * ```ts
 * import { nextTokenBatch } from '@tapegrad/nn/data';
 *
 * const { inputs, targets } = nextTokenBatch([Int32Array.of(5, 6, 7), Int32Array.of(8, 9)]);
 * console.log(inputs.toArraySync(), targets.toArraySync()); // [ [ 5, 6 ], [ 8, 0 ] ] [ [ 6, 7 ], [ 9, -100 ] ]
 * ```
 */
export function nextTokenBatch(sequences: readonly Tokens[], options: PaddingOptions = {}): PaddedBatch {
  const short = sequences.findIndex((sequence) => checkTokens('nextTokenBatch', sequence).length < 2);
  if (short >= 0) {
    throw new ArgumentError(
      `nextTokenBatch: sequence ${short} has ${sequences[short]!.length} tokens: expected 2 or more, one to read and one to predict`,
    );
  }
  const { tokens: inputs, lengths } = padTokens(
    sequences.map((sequence) => sequence.subarray(0, -1)),
    options,
  );
  const { tokens: targets } = padTokens(
    sequences.map((sequence) => sequence.subarray(1)),
    { ...options, padding: IGNORED },
  );
  return { inputs, targets, lengths };
}

/** Rows of host tokens as a batch. */
export function tokenBatch(inputs: Int32Array, targets: Int32Array, batchSize: number): TokenBatch {
  const shape = [batchSize, inputs.length / batchSize];
  return { inputs: tensor(inputs).reshape(shape), targets: tensor(targets).reshape(shape) };
}
