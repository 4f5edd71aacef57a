/**
 * A long text as parallel lanes, for truncated backpropagation through time. B: lanes side by side, T: tokens of a window.
 *
 * What a lane reads in one batch follows what it read in the one before, so a recurrent state that the caller carries over
 * is the state of the text so far.
 */

import { ArgumentError } from '@tapegrad/core';
import { Batches } from './batches.ts';
import { checkTokens, checkWhole, type Tokens } from './checks.ts';
import { IGNORED, type TokenBatch, tokenBatch } from './token-batch.ts';

export interface ContiguousBatch extends TokenBatch {
  /** The lanes begin anew with this batch: no state from before it belongs to it. */
  readonly isFirst: boolean;
}

/**
 * What becomes of an epoch's end, where lanes and windows do not come out even:
 *
 * - `short`: the last window is shorter; less than B tokens are left out, so that the lanes are equally long
 * - `drop`: all windows have T tokens; a shorter last one is left out as well
 * - `pad`: each token but the first is a target exactly once; all windows have T places, those left over are `IGNORED`
 * - `wrap`: lanes go on around the text as on a ring, and never begin anew
 */
export type LastWindow = 'short' | 'drop' | 'pad' | 'wrap';

export interface ContiguousOptions {
  /** B */
  readonly batchSize: number;
  /** T */
  readonly sequenceLength: number;
  /** Default: 'short'. */
  readonly last?: LastWindow | undefined;
}

/**
 * Batches of B lanes that start at equal distances in the text, T tokens further each time. Carry the state from one
 * batch to the next, detached, and drop it where `isFirst`.
 *
 * Shapes: tokens [N]; inputs and targets [B, T].
 *
 * Throws: ArgumentError for sizes that are no whole numbers of 1 or more, or fewer tokens than a batch needs.
 *
 * Source: Williams and Peng 1990, https://doi.org/10.1162/neco.1990.2.4.490. The lanes are those of
 * https://github.com/pytorch/examples/tree/main/word_language_model, and their last inputs have a target too.
 *
 * ```ts
 * import { contiguousBatches } from '@tapegrad/nn/data';
 *
 * const tokens = Int32Array.from({ length: 11 }, (_, i) => i);
 * const batches = contiguousBatches(tokens, { batchSize: 2, sequenceLength: 3 });
 * for (const { inputs, targets, isFirst } of batches.epoch(0)) console.log(isFirst, inputs.toArraySync(), targets.toArraySync());
 * // true [[0, 1, 2], [5, 6, 7]] [[1, 2, 3], [6, 7, 8]]
 * // false [[3, 4], [8, 9]] [[4, 5], [9, 10]]
 * ```
 */
export function contiguousBatches(
  tokens: Tokens,
  { batchSize, sequenceLength, last = 'short' }: ContiguousOptions,
): Batches<ContiguousBatch> {
  const N = checkTokens('contiguousBatches', tokens).length;
  const B = checkWhole('contiguousBatches', 'batchSize', batchSize, 1);
  const T = checkWhole('contiguousBatches', 'sequenceLength', sequenceLength, 1);
  if (!Object.hasOwn(LANES, last)) {
    throw new ArgumentError(
      `contiguousBatches: expected last to be one of ${Object.keys(LANES).join(', ')}; given ${String(last)}`,
    );
  }
  const { least, windows, start, end, width } = LANES[last]({ N, B, T });
  if (N < least) {
    throw new ArgumentError(
      `contiguousBatches: expected at least ${least} tokens for ${B} lanes of ${T} and a target; given ${N}`,
    );
  }
  return new Batches(windows, (epoch, index) => {
    const offset = (last === 'wrap' ? epoch * windows + index : index) * T;
    const W = width(index);
    const inputs = new Int32Array(B * W);
    const targets = new Int32Array(B * W).fill(IGNORED);
    for (let b = 0; b < B; b++) {
      const from = start(b) + offset;
      const places = Math.min(W, end(b) - from);
      for (let t = 0; t < places; t++) {
        inputs[b * W + t] = tokens[(from + t) % N]!;
        targets[b * W + t] = tokens[(from + t + 1) % N]!;
      }
    }
    return { ...tokenBatch(inputs, targets, B), isFirst: last === 'wrap' ? epoch + index === 0 : index === 0 };
  });
}

interface Sizes {
  readonly N: number;
  readonly B: number;
  readonly T: number;
}

interface Lanes {
  /** Tokens of a text that is long enough. */
  readonly least: number;
  /** An epoch. */
  readonly windows: number;
  /** Where lane b begins, and where its inputs end. */
  start(b: number): number;
  end(b: number): number;
  /** Places of window `index`. */
  width(index: number): number;
}

/** All but the last token have a target, so N - 1 inputs are dealt out. */
const LANES: Readonly<Record<LastWindow, (sizes: Sizes) => Lanes>> = {
  short({ N, B, T }) {
    const L = Math.floor((N - 1) / B);
    return { ...stretches(L), least: B + 1, windows: Math.ceil(L / T), width: (index) => Math.min(T, L - index * T) };
  },
  drop({ N, B, T }) {
    const L = Math.floor((N - 1) / B);
    return { ...stretches(L), least: B * T + 1, windows: Math.floor(L / T), width: () => T };
  },
  pad({ N, B, T }) {
    const L = Math.ceil((N - 1) / B);
    const end = (b: number): number => Math.min((b + 1) * L, N - 1);
    return { ...stretches(L), end, least: 2, windows: Math.ceil(L / T), width: () => T };
  },
  wrap({ N, B, T }) {
    return {
      least: 2,
      windows: Math.ceil(Math.ceil(N / B) / T), // every token was read by then
      start: (b) => Math.floor((b * N) / B),
      end: () => Number.POSITIVE_INFINITY,
      width: () => T,
    };
  },
};

/** Lanes of L inputs each. */
function stretches(L: number): Pick<Lanes, 'start' | 'end'> {
  return { start: (b) => b * L, end: (b) => (b + 1) * L };
}
