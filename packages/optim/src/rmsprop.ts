/** RMSprop: steps divided by the size that gradients had lately. */

import { scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import { average, direction, variants } from './programs.ts';
import type { StateLayout } from './state-dict.ts';

export interface RMSpropOptions extends OptimizerOptions {
  /** Decay rate per step of the average of squared gradients; 0.99 by default. */
  alpha: number;
  /** Added to the denominator, in units of the gradient; 1e-8 by default. */
  eps: number;
  /** L2 penalty: adds weightDecay * p to the gradient; 0 by default. */
  weightDecay: number;
  /** How much of the velocity lives on, per step; 0 by default. */
  momentum: number;
  /** Divides by the standard deviation, not by the root of the mean square. */
  centered: boolean;
  /** Goes up the gradient. */
  maximize: boolean;
}

type RMSpropState = { step: number; square_avg: Tensor; momentum_buffer?: Tensor; grad_avg?: Tensor };

/**
 * RMSprop:
 *
 *     g <- grad + weightDecay p                  (-grad with maximize)
 *     v <- alpha v + (1 - alpha) g^2
 *     a <- alpha a + (1 - alpha) g               (centered only; a = 0 otherwise)
 *     d <- g / (sqrt(v - a^2) + eps)
 *     b <- momentum b + d                        (with momentum; b = d otherwise)
 *     p <- p - lr b
 *
 * Defaults: lr 1e-2, alpha 0.99, eps 1e-8, everything else 0 or false. A parameter without a gradient is skipped.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Hinton's lecture 6e, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf; centered: Graves
 * 2013, https://arxiv.org/abs/1308.0850; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { RMSprop } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new RMSprop([w], { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * console.log(w); // tensor([ 2.0000, -1.0000], requiresGrad=true)
 * ```
 */
export class RMSprop extends Optimizer<RMSpropOptions, RMSpropState> {
  constructor(params: OptimizerParams<RMSpropOptions>, options: Given<RMSpropOptions> = {}) {
    super('RMSprop', params, fillIn('RMSprop', DEFAULTS, options));
  }

  protected override checkOptions(options: RMSpropOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'alpha', 'eps', 'weightDecay', 'momentum']);
    checkFlags(this.name, options, ['centered', 'maximize']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', square_avg: 'tensor', grad_avg: 'optional', momentum_buffer: 'optional' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<RMSpropOptions>): Update {
    const { lr, alpha, eps, weightDecay, momentum, centered, maximize } = group;
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = { step: 0, square_avg: stateLike(param) }));
    state.step++;
    const tensors = [param, grad, state.square_avg];
    if (centered) tensors.push((state.grad_avg ??= stateLike(param)));
    if (momentum > 0) tensors.push((state.momentum_buffer ??= stateLike(param)));
    const program = rmspropProgram(centered, momentum > 0, weightDecay !== 0, maximize);
    return [program, tensors, [-lr, alpha, 1 - alpha, eps, weightDecay, momentum]];
  }
}

const DEFAULTS: RMSpropOptions = {
  lr: 1e-2,
  alpha: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  momentum: 0,
  centered: false,
  maximize: false,
};

const { add, div, mul, sqrt, sub, uniform } = scalar;
const [MINUS_LR, ALPHA, REST, EPS] = [uniform(0), uniform(1), uniform(2), uniform(3)];
const [WEIGHT_DECAY, MOMENTUM] = [uniform(4), uniform(5)];

/** Slots: p, grad, v; a if centered; b with momentum. */
const rmspropProgram = variants(
  'RMSprop',
  (centered: boolean, momentum: boolean, decays: boolean, maximize: boolean) => ({
    slots: 3 + Number(centered) + Number(momentum),
    into: [0, 2, ...(centered ? [3] : []), ...(momentum ? [3 + Number(centered)] : [])],
    body: (...[p, grad, v0, ...more]) => {
      const g = direction(p!, grad!, maximize, decays ? WEIGHT_DECAY : undefined);
      const v = average(v0!, mul(g, g), ALPHA, REST);
      const a = centered ? average(more[0]!, g, ALPHA, REST) : undefined;
      const size = add(sqrt(a ? sub(v, mul(a, a)) : v), EPS);
      const d = div(g, size);
      const b = momentum ? add(mul(MOMENTUM, more.at(-1)!), d) : d;
      return [add(p!, mul(MINUS_LR, b)), v, ...(a ? [a] : []), ...(momentum ? [b] : [])];
    },
  }),
);
