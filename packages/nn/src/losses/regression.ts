/** Losses between numbers. */

import type { Tensor } from '@tapegrad/core';
import { Module } from '../module.ts';
import { checkSameShape } from './elementwise.ts';
import { type ReductionOptions, reduce } from './reduction.ts';

/**
 * The squared difference.
 *
 * Equation: l = (x - y)^2
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's, squared.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { mseLoss } from '@tapegrad/nn';
 *
 * console.log(await mseLoss(tensor([1, 2]), tensor([1, 4])).item()); // 2
 * ```
 */
export function mseLoss(input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor {
  checkSameShape('mseLoss', input, target);
  return reduce('mseLoss', input.sub(target).square(), reduction);
}

/**
 * `mseLoss` as a module.
 *
 * Equation: l = (x - y)^2
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's, squared.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { MSELoss } from '@tapegrad/nn';
 *
 * console.log(await new MSELoss({ reduction: 'sum' }).forward(tensor([1, 2]), tensor([1, 4])).item()); // 4
 * ```
 */
export class MSELoss extends Module {
  readonly options: ReductionOptions;

  constructor(options: ReductionOptions = {}) {
    super();
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/**
 * The absolute difference.
 *
 * Equation: l = |x - y|
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { l1Loss } from '@tapegrad/nn';
 *
 * console.log(await l1Loss(tensor([1, 2]), tensor([1, 4])).item()); // 1
 * ```
 */
export function l1Loss(input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor {
  checkSameShape('l1Loss', input, target);
  return reduce('l1Loss', input.sub(target).abs(), reduction);
}

/**
 * `l1Loss` as a module.
 *
 * Equation: l = |x - y|
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { L1Loss } from '@tapegrad/nn';
 *
 * console.log(await new L1Loss().forward(tensor([1, 2]), tensor([1, 4])).item()); // 1
 * ```
 */
export class L1Loss extends Module {
  readonly options: ReductionOptions;

  constructor(options: ReductionOptions = {}) {
    super();
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}
