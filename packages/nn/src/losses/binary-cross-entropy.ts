/** Cross-entropy of two classes, from probabilities or from logits. */

import { defineOp, type Tensor } from '@tapegrad/core';
import { Module } from '../module.ts';
import { checkSameShape } from './elementwise.ts';
import { type ReductionOptions, reduce } from './reduction.ts';

export interface BCEOptions extends ReductionOptions {
  /** A factor for each element; broadcasts to the input. */
  readonly weight?: Tensor | undefined;
}

/**
 * How surprising the targets are under probabilities of the class 1. `binaryCrossEntropyWithLogits` is more precise.
 *
 * Equation: l = -w (y log x + (1 - y) log(1 - x)), the logarithms being at least -100, so that the loss stays finite
 *
 * Shapes: input and target of one shape, both from 0 to 1; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { binaryCrossEntropy } from '@tapegrad/nn';
 *
 * const loss = binaryCrossEntropy(tensor([0.5, 0]), tensor([1, 1]), { reduction: 'none' });
 * console.log(String(loss)); // tensor([  0.6931, 100.0000])
 * ```
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, { weight, reduction }: BCEOptions = {}): Tensor {
  checkSameShape('binaryCrossEntropy', input, target);
  const losses = bce([input, target]);
  return reduce('binaryCrossEntropy', weight ? losses.mul(weight) : losses, reduction);
}

/** Of its own, since the derivative of a clamped logarithm would be 0 times infinity where x is 0 or 1. */
const bce = defineOp({
  name: 'binaryCrossEntropy',
  forward: ([x, y]) =>
    y!
      .mul(logOf(x!))
      .add(oneMinus(y!).mul(logOf(oneMinus(x!))))
      .neg(),
  vjp: (g, [x, y]) => [
    // dl/dx = (x - y) / (x (1 - x)), the denominator being at least 1e-12, in PyTorch a number of f32
    () => g.mul(x!.sub(y!)).div(x!.mul(oneMinus(x!)).clamp({ min: Math.fround(1e-12) })),
    () => g.mul(logOf(oneMinus(x!)).sub(logOf(x!))),
  ],
});

function logOf(x: Tensor): Tensor {
  return x.log().clamp({ min: -100 });
}

function oneMinus(x: Tensor): Tensor {
  return x.neg().add(1);
}

export interface BCEWithLogitsOptions extends BCEOptions {
  /** A factor for the class 1, to balance precision and recall; broadcasts to the input. */
  readonly posWeight?: Tensor | undefined;
}

/**
 * How surprising the targets are under sigmoid(input): stable for any logits.
 *
 * Equation: l = -w (v y log sigmoid(x) + (1 - y) log(1 - sigmoid(x))), v being posWeight
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { binaryCrossEntropyWithLogits } from '@tapegrad/nn';
 *
 * const loss = binaryCrossEntropyWithLogits(tensor([0, 10000]), tensor([1, 0]), { reduction: 'none' });
 * console.log(String(loss)); // tensor([6.9315e-01, 1.0000e+04])
 * ```
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  { weight, posWeight, reduction }: BCEWithLogitsOptions = {},
): Tensor {
  checkSameShape('binaryCrossEntropyWithLogits', input, target);
  // log(1 - sigmoid(x)) = log sigmoid(x) - x
  const scale = posWeight ? target.mul(posWeight.sub(1)).add(1) : undefined;
  const logP = input.logSigmoid();
  const losses = input.mul(oneMinus(target)).sub(scale ? logP.mul(scale) : logP);
  return reduce('binaryCrossEntropyWithLogits', weight ? losses.mul(weight) : losses, reduction);
}

/**
 * `binaryCrossEntropy` as a module.
 *
 * Equation: l = -w (y log x + (1 - y) log(1 - x))
 *
 * Shapes: input and target of one shape, both from 0 to 1; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { BCELoss } from '@tapegrad/nn';
 *
 * console.log((await new BCELoss().forward(tensor([0.5]), tensor([1])).item()).toFixed(4)); // 0.6931
 * ```
 */
export class BCELoss extends Module {
  readonly options: BCEOptions;

  constructor({ weight, ...rest }: BCEOptions = {}) {
    super();
    this.options = weight ? { ...rest, weight: this.registerBuffer('weight', weight.detach()) } : rest;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this.options);
  }
}

/**
 * `binaryCrossEntropyWithLogits` as a module.
 *
 * Equation: l = -w (v y log sigmoid(x) + (1 - y) log(1 - sigmoid(x))), v being posWeight
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { BCEWithLogitsLoss } from '@tapegrad/nn';
 *
 * const criterion = new BCEWithLogitsLoss({ posWeight: tensor([2]) });
 * console.log((await criterion.forward(tensor([0]), tensor([1])).item()).toFixed(4)); // 1.3863
 * ```
 */
export class BCEWithLogitsLoss extends Module {
  readonly options: BCEWithLogitsOptions;

  constructor({ weight, posWeight, ...rest }: BCEWithLogitsOptions = {}) {
    super();
    this.options = {
      ...rest,
      weight: weight && this.registerBuffer('weight', weight.detach()),
      posWeight: posWeight && this.registerBuffer('pos_weight', posWeight.detach()),
    };
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, this.options);
  }
}
