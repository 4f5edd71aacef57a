/**
 * Sequences of different lengths as blocks: steps that the same sequences have. A padded batch is one block; a packed one
 * has a block for each length, so whole blocks go through one recorded operation, and no step is computed that is not there.
 * T: time, B: batch, H: hidden features.
 */

import { cat, type Tensor } from '@tapegrad/core';
import { type PackedSequence, startsOf } from './utils/packed-sequence.ts';

/** Runs one layer in one direction over a block [T, B, ...], from a state [B, ...]: outputs, then the last state. */
export type RunBlock = (block: Tensor, state: readonly Tensor[]) => readonly [outputs: Tensor, ...state: Tensor[]];

/** The blocks [T, B, ...] of a packed sequence, as views, the largest batch first. */
export function blocksOf({ data, batchSizes: sizes }: PackedSequence): Tensor[] {
  const batchSizes = [...sizes.dataSync()];
  const starts = startsOf(batchSizes);
  const first = batchSizes.flatMap((size, t) => (size === batchSizes[t - 1] ? [] : [t]));
  return first.map((t, k) => {
    const [T, B] = [(first[k + 1] ?? batchSizes.length) - t, batchSizes[t]!];
    return data.narrow(0, starts[t]!, T * B).reshape([T, B, ...data.shape.slice(1)]);
  });
}

/** The reverse of `blocksOf`. */
export function dataOf(blocks: readonly Tensor[]): Tensor {
  const steps = blocks.map((block) => block.flatten(0, 1));
  return steps.length === 1 ? steps[0]! : cat(steps);
}

/** From the first step to the last: where the batch shrinks, the state of the sequences that end is put aside. */
export function runForward(blocks: readonly Tensor[], state: readonly Tensor[], run: RunBlock): [Tensor[], Tensor[]] {
  const ended: (readonly Tensor[])[] = [];
  let alive = state;
  const outputs = blocks.map((block) => {
    const [B, before] = [block.shape[1]!, alive[0]!.shape[0]!];
    if (B < before) {
      ended.unshift(alive.map((s) => s.narrow(0, B, before - B)));
      alive = alive.map((s) => s.narrow(0, 0, B));
    }
    const [y, ...next] = run(block, alive);
    alive = next;
    return y;
  });
  return [outputs, join([alive, ...ended])];
}

/** From the last step to the first: where the batch grows, sequences join with the state that they begin with. */
export function runBackward(blocks: readonly Tensor[], state: readonly Tensor[], run: RunBlock): [Tensor[], Tensor[]] {
  let alive: readonly Tensor[] | undefined;
  const outputs = blocks.toReversed().map((block) => {
    const before = alive?.[0]?.shape[0] ?? 0;
    const joining = state.map((s) => s.narrow(0, before, block.shape[1]! - before));
    const [y, ...next] = run(block, alive ? join([alive, joining]) : joining);
    alive = next;
    return y;
  });
  return [outputs.reverse(), [...alive!]];
}

/** States of several groups of sequences as one. */
function join(groups: readonly (readonly Tensor[])[]): Tensor[] {
  return groups[0]!.map((s, k) => (groups.length === 1 ? s : cat(groups.map((group) => group[k]!))));
}
