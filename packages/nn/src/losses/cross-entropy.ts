/** Cross-entropy of logits. N: rows, C: classes, V: vocabulary, B: batch, T: time. */

import {
  type AnyTensor,
  ArgumentError,
  logicalAnd,
  showShape,
  softmaxCrossEntropy,
  type Tensor,
  where,
} from '@tapegrad/core';
import { Module } from '../module.ts';
import { asRows, type ClassOptions, countedTargets, type Rows, rowsOf } from './classes.ts';
import { weightedNll } from './nll.ts';
import { reduce } from './reduction.ts';

export interface CrossEntropyOptions extends ClassOptions {
  /** What of the target's probability is spread evenly over all classes: 0 to 1. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * How surprising the targets are under softmax(input), in nats.
 *
 * Equation: l = -w[y] log softmax(x)[y]; with labelSmoothing e the target is (1 - e) onehot(y) + e / C; with class
 * probabilities p as targets l = -sum_c w[c] p[c] log softmax(x)[c]. The mean divides by the sum of w[y] over the targets
 * that count (by N for probabilities), so it is NaN where all are ignored.
 *
 * Shapes: input [C], [N, C], or [N, C, d1, ...], with the classes in dimension `classDim`; targets i32 of the same shape without the
 * classes, or floats of the input's shape; weight [C]; result a number, or the targets' shape with reduction `none`.
 *
 * Units: nats.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { crossEntropy } from '@tapegrad/nn';
 *
 * const logits = tensor([[2, 0], [0, 2]]);
 * const targets = tensor([0, 0], { dtype: 'i32' });
 * console.log(String(crossEntropy(logits, targets, { reduction: 'none' }))); // tensor([0.1269, 2.1269])
 * ```
 */
export function crossEntropy(input: Tensor, targets: AnyTensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(`crossEntropy: expected labelSmoothing from 0 to 1; given ${labelSmoothing}`);
  const rows = rowsOf('crossEntropy', input, options);
  return targets.dtype !== 'i32' && targets.dtype !== 'bool' && showShape(targets.shape) === showShape(input.shape)
    ? ofProbabilities(rows, targets as unknown as Tensor, options)
    : ofIndices(input, rows, targets, options);
}

/**
 * `crossEntropy` as a module.
 *
 * Equation: l = -w[y] log softmax(x)[y]
 *
 * Shapes: as of `crossEntropy`; `{ classDim: -1 }` takes logits [B, T, V] and targets [B, T].
 *
 * Units: nats.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * ```ts
 * import { tensor, zeros } from '@tapegrad/core';
 * import { CrossEntropyLoss } from '@tapegrad/nn';
 *
 * const criterion = new CrossEntropyLoss({ classDim: -1 });
 * const logits = zeros([2, 3, 10]); // [B, T, V]: all of the 10 tokens are equally probable
 * const targets = tensor([[1, 2, 3], [4, 5, 6]], { dtype: 'i32' });
 * console.log((await criterion.forward(logits, targets).item()).toFixed(4)); // 2.3026
 * ```
 */
export class CrossEntropyLoss extends Module {
  readonly options: CrossEntropyOptions;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    const { weight, ...rest } = options;
    this.options = weight ? { ...rest, weight: this.registerBuffer('weight', weight.detach()) } : rest;
  }

  forward(input: Tensor, targets: AnyTensor): Tensor {
    return crossEntropy(input, targets, this.options);
  }
}

function ofIndices(input: Tensor, rows: Rows, given: AnyTensor, options: CrossEntropyOptions): Tensor {
  const { ignoreIndex = -100, labelSmoothing = 0, weight, reduction } = options;
  const { targets, counted } = countedTargets('crossEntropy', input, rows, given, ignoreIndex);
  if (labelSmoothing === 0) {
    const nats = softmaxCrossEntropy(rows.rows, targets);
    return weightedNll('crossEntropy', nats, targets, counted, rows.shape, weight, reduction);
  }
  const C = rows.rows.shape[1]!;
  const logP = rows.rows.logSoftmax(1);
  // (1 - e) (-log p[y]) w[y] + e/C sum_c w[c] (-log p[c])
  const spread = (weight ? logP.mul(weight) : logP).sum({ dim: 1 }).mul(-labelSmoothing / C);
  const chosen = logP
    .gather(1, targets.unsqueeze(1))
    .squeeze(1)
    .mul(labelSmoothing - 1);
  return weightedNll('crossEntropy', chosen, targets, counted, rows.shape, weight, reduction, spread);
}

function ofProbabilities({ rows, shape, dim }: Rows, probabilities: Tensor, options: CrossEntropyOptions): Tensor {
  const { ignoreIndex = -100, labelSmoothing = 0, weight, reduction = 'mean' } = options;
  if (ignoreIndex >= 0)
    throw new ArgumentError(
      `crossEntropy: ignoreIndex is a class index, and the targets are class probabilities; given ${ignoreIndex}`,
    );
  const [N, C] = rows.shape as [number, number];
  const given = asRows(probabilities, dim);
  const p = labelSmoothing > 0 ? given.mul(1 - labelSmoothing).add(labelSmoothing / C) : given;
  const logP = rows.logSoftmax(1);
  // 0 log 0 = 0: a class that is masked out and has no probability costs nothing
  const finite = where(logicalAnd(logP.eq(-Infinity), p.eq(0)), 0, logP);
  const losses = (weight ? finite.mul(weight) : finite).mul(p).sum({ dim: 1 }).neg();
  if (reduction === 'mean') return losses.sum().div(N);
  return reduce('crossEntropy', losses.reshape(shape), reduction);
}
