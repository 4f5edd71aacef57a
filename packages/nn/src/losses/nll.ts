/** Negative log-likelihood. N: rows, C: classes. */

import { type AnyTensor, type BoolTensor, type IntTensor, type Shape, scope, type Tensor, where } from '@tapegrad/core';
import { Module } from '../module.ts';
import { type ClassOptions, countedTargets, rowsOf } from './classes.ts';
import { type Reduction, reduce } from './reduction.ts';

/**
 * Minus the log probability of the targets; `crossEntropy` is this after `logSoftmax`.
 *
 * Equation: l = -w[y] x[y]; the mean divides by the sum of w[y] over the targets that count.
 *
 * Shapes: input, log probabilities, [C], [N, C] or [N, C, d1, ...], with the classes in dimension `classDim`; targets i32 of the same
 * shape without the classes; weight [C]; result a number, or the targets' shape with reduction `none`.
 *
 * Units: nats, where the input is natural logarithms.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { nllLoss } from '@tapegrad/nn';
 *
 * const probabilities = tensor([[0.5, 0.5], [0.25, 0.75]]);
 * const loss = nllLoss(probabilities.log(), tensor(Int32Array.of(0, 0)));
 * console.log((await loss.item()).toFixed(4)); // 1.0397
 * ```
 */
export function nllLoss(input: Tensor, targets: AnyTensor, options: ClassOptions = {}): Tensor {
  const { ignoreIndex = -100, weight, reduction } = options;
  const rows = rowsOf('nllLoss', input, options);
  return scope(() => {
    const { targets: classes, counted } = countedTargets('nllLoss', input, rows, targets, ignoreIndex);
    const losses = rows.rows.gather(1, classes.unsqueeze(1)).squeeze(1).neg();
    return weightedNll('nllLoss', losses, classes, counted, rows.shape, weight, reduction);
  });
}

/**
 * `nllLoss` as a module.
 *
 * Equation: l = -w[y] x[y]
 *
 * Shapes: as of `nllLoss`. Units: nats, where the input is natural logarithms.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { NLLLoss } from '@tapegrad/nn';
 *
 * const loss = new NLLLoss().forward(tensor([[-1, -2, -3]]), tensor(Int32Array.of(2)));
 * console.log(await loss.item()); // 3
 * ```
 */
export class NLLLoss extends Module {
  readonly options: ClassOptions;

  constructor(options: ClassOptions = {}) {
    super();
    const { weight, ...rest } = options;
    this.options = weight ? { ...rest, weight: this.registerBuffer('weight', weight.detach()) } : rest;
  }

  forward(input: Tensor, targets: AnyTensor): Tensor {
    return nllLoss(input, targets, this.options);
  }
}

/** w[y] loss + spread for the rows that count, 0 for the others, reduced. loss and spread are [N]. */
export function weightedNll(
  op: string,
  loss: Tensor,
  targets: IntTensor,
  counted: BoolTensor,
  shape: Shape,
  weight: Tensor | undefined,
  reduction: Reduction = 'mean',
  spread?: Tensor,
): Tensor {
  const chosen = weight?.indexSelect(0, targets);
  const weighted = chosen ? loss.mul(chosen) : loss;
  const losses = where(counted, spread ? weighted.add(spread) : weighted, 0);
  if (reduction !== 'mean') return reduce(op, losses.reshape(shape), reduction);
  const counts = counted.cast(loss.dtype);
  return losses.sum().div((chosen ? chosen.mul(counts) : counts).sum());
}
