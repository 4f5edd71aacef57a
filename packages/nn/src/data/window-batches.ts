/** Windows of a long text that stand for themselves, in order or shuffled. B: windows side by side, T: tokens of each. */

import { ArgumentError } from '@tapegrad/core';
import type { Batches } from './batches.ts';
import { checkTokens, checkWhole, type Tokens } from './checks.ts';
import { type IndexOptions, indexBatches } from './index-batches.ts';
import { type TokenBatch, tokenBatch } from './token-batch.ts';

export interface WindowOptions extends IndexOptions {
  /** T */
  readonly sequenceLength: number;
  /** Tokens from where a window begins to where the next does. Default: T, so that each token is read once. */
  readonly stride?: number | undefined;
}

/**
 * Batches of B windows of a text; each begins without a state. An order of windows is computed, not held, so the text may be
 * as long as memory allows. The tokens behind the last whole window are left out.
 *
 * Shapes: tokens [N]; inputs and targets [B, T], of (N - 1 - T) / stride + 1 windows an epoch, rounded down.
 *
 * Throws: ArgumentError for sizes that are no whole numbers of 1 or more, or fewer tokens than a window needs.
 *
 * ```ts
 * import { windowBatches } from '@tapegrad/nn/data';
 *
 * const tokens = Int32Array.from({ length: 9 }, (_, i) => i);
 * const batches = windowBatches(tokens, { batchSize: 2, sequenceLength: 2, shuffle: true, seed: 1 });
 * const { inputs, targets } = batches.at(0);
 * console.log(batches.length, targets.sub(inputs).toArraySync()); // 2 [ [ 1, 1 ], [ 1, 1 ] ]
 * ```
 */
export function windowBatches(
  tokens: Tokens,
  { sequenceLength, stride = sequenceLength, ...options }: WindowOptions,
): Batches<TokenBatch> {
  const N = checkTokens('windowBatches', tokens).length;
  const T = checkWhole('windowBatches', 'sequenceLength', sequenceLength, 1);
  checkWhole('windowBatches', 'stride', stride, 1);
  if (N < T + 1) {
    throw new ArgumentError(
      `windowBatches: expected at least ${T + 1} tokens, a window of ${T} and a target; given ${N}`,
    );
  }
  return indexBatches(Math.floor((N - 1 - T) / stride) + 1, options).map((windows) => {
    const inputs = new Int32Array(windows.length * T);
    const targets = new Int32Array(windows.length * T);
    for (const [b, window] of windows.entries()) {
      const from = window * stride;
      inputs.set(tokens.subarray(from, from + T), b * T);
      targets.set(tokens.subarray(from + 1, from + 1 + T), b * T);
    }
    return tokenBatch(inputs, targets, windows.length);
  });
}
