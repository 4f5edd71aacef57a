/** Cross-entropy of logits. N: rows, C: classes, V: vocabulary, B: batch, T: time. */

import {
  type AnyTensor,
  ArgumentError,
  logicalAnd,
  scope,
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
  return lossOf('crossEntropy', input, targets, options);
}

export interface FromProbabilitiesOptions extends CrossEntropyOptions {
  /** Probabilities are kept in [epsilon, 1 - epsilon]: 1e-7 where it is not given, as in Keras. */
  readonly epsilon?: number | undefined;
}

/**
 * Cross-entropy of what went through a softmax already: Keras' `from_logits=False`. `crossEntropy` of the logits is more
 * precise, and has a gradient where a probability is 0 or 1.
 *
 * Equation: l = -w[y] log(clip(p[y], epsilon, 1 - epsilon)); the gradient is 0 where p[y] was clipped.
 *
 * Shapes: probabilities [C], [N, C], or [N, C, d1, ...], with the classes in dimension `classDim`; targets and result as of
 * `crossEntropy`.
 *
 * Units: nats.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://keras.io/api/losses/probabilistic_losses/#sparsecategoricalcrossentropy-class
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { crossEntropyFromProbabilities } from '@tapegrad/nn';
 *
 * const probabilities = tensor([[0.25, 0.75], [1, 0]]);
 * const targets = tensor([0, 1], { dtype: 'i32' });
 * const losses = crossEntropyFromProbabilities(probabilities, targets, { reduction: 'none' });
 * console.log(String(losses)); // tensor([ 1.3863, 16.1181])
 * ```
 */
export function crossEntropyFromProbabilities(
  probabilities: Tensor,
  targets: AnyTensor,
  { epsilon = 1e-7, ...options }: FromProbabilitiesOptions = {},
): Tensor {
  return lossOf('crossEntropyFromProbabilities', probabilities, targets, options, (p) =>
    p.clamp({ min: epsilon, max: 1 - epsilon }).log(),
  );
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

/** `logP` turns rows into log probabilities; softmax and log are taken where it is not given. */
function lossOf(
  op: string,
  input: Tensor,
  targets: AnyTensor,
  options: CrossEntropyOptions,
  logP?: (rows: Tensor) => Tensor,
): Tensor {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(`${op}: expected labelSmoothing from 0 to 1; given ${labelSmoothing}`);
  const rows = rowsOf(op, input, options);
  const isFloat = targets.dtype === 'f32' || targets.dtype === 'f64';
  const areProbabilities = isFloat && showShape(targets.shape) === showShape(input.shape);
  return scope(() =>
    areProbabilities
      ? ofProbabilities(op, rows, targets as Tensor, options, logP?.(rows.rows))
      : ofIndices(op, input, rows, targets, options, logP?.(rows.rows)),
  );
}

function ofIndices(
  op: string,
  input: Tensor,
  rows: Rows,
  given: AnyTensor,
  options: CrossEntropyOptions,
  logP?: Tensor,
): Tensor {
  const { ignoreIndex = -100, labelSmoothing = 0, weight, reduction } = options;
  const { targets, counted } = countedTargets(op, input, rows, given, ignoreIndex);
  if (labelSmoothing === 0 && !logP) {
    const nats = softmaxCrossEntropy(rows.rows, targets);
    return weightedNll(op, nats, targets, counted, rows.shape, weight, reduction);
  }
  const log = logP ?? rows.rows.logSoftmax(1);
  const chosen = log
    .gather(1, targets.unsqueeze(1))
    .squeeze(1)
    .mul(labelSmoothing - 1);
  if (labelSmoothing === 0) return weightedNll(op, chosen, targets, counted, rows.shape, weight, reduction);
  // (1 - e) w[y] (-log p[y]) + e/C sum_c w[c] (-log p[c])
  const C = rows.rows.shape[1]!;
  const spread = (weight ? log.mul(weight) : log).sum({ dim: 1 }).mul(-labelSmoothing / C);
  return weightedNll(op, chosen, targets, counted, rows.shape, weight, reduction, spread);
}

function ofProbabilities(op: string, rows: Rows, targets: Tensor, options: CrossEntropyOptions, logP?: Tensor): Tensor {
  const { ignoreIndex = -100, labelSmoothing = 0, weight, reduction = 'mean' } = options;
  if (ignoreIndex >= 0)
    throw new ArgumentError(`${op}: ignoreIndex ${ignoreIndex} is a class index; the targets are class probabilities`);
  const [N, C] = rows.rows.shape as [number, number];
  const given = asRows(targets, rows.dim);
  const p = labelSmoothing > 0 ? given.mul(1 - labelSmoothing).add(labelSmoothing / C) : given;
  const log = logP ?? rows.rows.logSoftmax(1);
  // 0 log 0 = 0: a class that is masked out and has no probability costs nothing
  const finite = where(logicalAnd(log.eq(-Infinity), p.eq(0)), 0, log);
  const losses = (weight ? finite.mul(weight) : finite).mul(p).sum({ dim: 1 }).neg();
  if (reduction === 'mean') return losses.sum().div(N);
  return reduce(op, losses.reshape(rows.shape), reduction);
}
