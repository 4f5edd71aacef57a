/** Kullback-Leibler divergence. B: batch. */

import { type Tensor, where } from '@tapegrad/core';
import { Module } from '../module.ts';
import { checkSameShape } from './elementwise.ts';
import { type Reduction, reduce } from './reduction.ts';

export interface KLDivOptions {
  /** `batchmean` divides the sum by the first size, as the definition wants; `mean`, the default, by all elements. */
  readonly reduction?: Reduction | 'batchmean' | undefined;
  /** The target is log probabilities too. */
  readonly logTarget?: boolean | undefined;
}

/**
 * How many nats more one needs who believes q where p is true. The input is log q, the target is p.
 *
 * Equation: l = p (log p - log q), 0 where p = 0; KL(p||q) is its sum over the classes.
 *
 * Shapes: input and target of one shape, such as [B, C]; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { klDiv } from '@tapegrad/nn';
 *
 * const logQ = tensor([[0.5, 0.5]]).log();
 * const p = tensor([[1, 0]]);
 * console.log((await klDiv(logQ, p, { reduction: 'batchmean' }).item()).toFixed(4)); // 0.6931
 * ```
 */
export function klDiv(input: Tensor, target: Tensor, { reduction, logTarget = false }: KLDivOptions = {}): Tensor {
  checkSameShape('klDiv', input, target);
  const losses = logTarget ? target.exp().mul(target.sub(input)) : target.mul(logOrZero(target)).sub(target.mul(input));
  if (reduction === 'batchmean') return losses.sum().div(input.shape[0] ?? 1);
  return reduce('klDiv', losses, reduction);
}

/**
 * `klDiv` as a module.
 *
 * Equation: l = p (log p - log q)
 *
 * Shapes: input and target of one shape, such as [B, C]; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { KLDivLoss } from '@tapegrad/nn';
 *
 * const criterion = new KLDivLoss({ reduction: 'sum' });
 * const p = tensor([0.25, 0.75]);
 * console.log(await criterion.forward(p.log(), p).item()); // 0
 * ```
 */
export class KLDivLoss extends Module {
  readonly options: KLDivOptions;

  constructor(options: KLDivOptions = {}) {
    super();
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** log p, but 0 where p = 0, since p log p is 0 there. */
function logOrZero(p: Tensor): Tensor {
  return where(p.eq(0), 1, p).log();
}
