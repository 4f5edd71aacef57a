/** Losses between numbers that far points do not dominate: squared near 0, straight beyond. */

import { ArgumentError, type Tensor, where } from '@tapegrad/core';
import { checkSameShape } from './elementwise.ts';
import { Loss } from './loss.ts';
import { type ReductionOptions, reduce } from './reduction.ts';

/** Options of `smoothL1Loss`. */
export interface SmoothL1Options extends ReductionOptions {
  /** Where the square meets the line; 0 is `l1Loss`. Default: 1. */
  readonly beta?: number | undefined;
}

/**
 * The absolute difference, rounded off near 0.
 *
 * Equation: l = (x - y)^2 / (2 beta) where |x - y| < beta, else |x - y| - beta / 2
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { smoothL1Loss } from '@tapegrad/nn';
 *
 * console.log(smoothL1Loss(tensor([0, 3]), tensor([0.5, 0]), { reduction: 'none' })); // tensor([0.1250, 2.5000])
 * ```
 */
export function smoothL1Loss(input: Tensor, target: Tensor, { beta = 1, reduction }: SmoothL1Options = {}): Tensor {
  checkSameShape('smoothL1Loss', input, target);
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1Loss: expected a beta of 0 or more; given ${beta}`);
  const far = input.sub(target).abs();
  const losses = beta === 0 ? far : where(far.lt(beta), far.square().mul(0.5 / beta), far.sub(beta / 2));
  return reduce('smoothL1Loss', losses, reduction);
}

/**
 * `smoothL1Loss` as a module.
 *
 * Shapes, units, errors: as of `smoothL1Loss`.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { SmoothL1Loss } from '@tapegrad/nn';
 *
 * console.log(await new SmoothL1Loss().forward(tensor([3]), tensor([0])).item()); // 2.5
 * ```
 */
export class SmoothL1Loss extends Loss<SmoothL1Options> {
  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** Options of `huberLoss`. */
export interface HuberOptions extends ReductionOptions {
  /** Where the square meets the line, above 0. Default: 1. */
  readonly delta?: number | undefined;
}

/**
 * Half the squared difference, straight beyond delta: delta times `smoothL1Loss` with that beta.
 *
 * Equation: l = (x - y)^2 / 2 where |x - y| <= delta, else delta (|x - y| - delta / 2)
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's, squared.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: Huber 1964; https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { huberLoss } from '@tapegrad/nn';
 *
 * console.log(huberLoss(tensor([0, 3]), tensor([0.5, 0]), { delta: 2, reduction: 'none' })); // tensor([0.1250, 4.0000])
 * ```
 */
export function huberLoss(input: Tensor, target: Tensor, { delta = 1, reduction }: HuberOptions = {}): Tensor {
  checkSameShape('huberLoss', input, target);
  if (!(delta > 0)) throw new ArgumentError(`huberLoss: expected a delta above 0; given ${delta}`);
  const far = input.sub(target).abs();
  const losses = where(far.le(delta), far.square().mul(0.5), far.sub(delta / 2).mul(delta));
  return reduce('huberLoss', losses, reduction);
}

/**
 * `huberLoss` as a module.
 *
 * Shapes, units, errors: as of `huberLoss`.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { HuberLoss } from '@tapegrad/nn';
 *
 * console.log(await new HuberLoss({ delta: 2 }).forward(tensor([3]), tensor([0])).item()); // 4
 * ```
 */
export class HuberLoss extends Loss<HuberOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}
