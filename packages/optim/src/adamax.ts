/** Adamax: Adam with the largest late gradient in place of their root mean square. */

import { scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkBetas, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import { average, direction, variants } from './programs.ts';
import type { StateLayout } from './state-dict.ts';

export interface AdamaxOptions extends OptimizerOptions {
  /** Decay rates per step of the averages; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Added to the size of the gradient; 1e-8 by default. */
  eps: number;
  /** L2 penalty: adds weightDecay * p to the gradient; 0 by default. */
  weightDecay: number;
  /** Goes up the gradient. */
  maximize: boolean;
}

type AdamaxState = { step: number; exp_avg: Tensor; exp_inf: Tensor };

/**
 * Adamax. With t counting a parameter's own steps from 1:
 *
 *     g <- grad + weightDecay p                  (-grad with maximize)
 *     m <- beta1 m + (1 - beta1) g
 *     u <- max(beta2 u, |g| + eps)
 *     p <- p - lr / (1 - beta1^t) m / u
 *
 * Defaults: lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0. A parameter without a gradient is skipped.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, section 7.1; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { Adamax } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new Adamax([w], { lr: 0.5 });
 * w.square().sum().backward();
 * optimizer.step();
 * console.log(w); // tensor([ 2.5000, -1.5000], requiresGrad=true)
 * ```
 */
export class Adamax extends Optimizer<AdamaxOptions, AdamaxState> {
  constructor(params: OptimizerParams<AdamaxOptions>, options: Given<AdamaxOptions> = {}) {
    super('Adamax', params, fillIn('Adamax', DEFAULTS, options));
  }

  protected override checkOptions(options: AdamaxOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'eps', 'weightDecay']);
    checkBetas(this.name, options.betas);
    checkFlags(this.name, options, ['maximize']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', exp_avg: 'tensor', exp_inf: 'tensor' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<AdamaxOptions>): Update {
    const { lr, eps, weightDecay, maximize } = group;
    const [beta1, beta2] = group.betas;
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = { step: 0, exp_avg: stateLike(param), exp_inf: stateLike(param) }));
    const rate = lr / (1 - beta1 ** ++state.step);
    const tensors = [param, grad, state.exp_avg, state.exp_inf];
    const numbers = [-rate, beta1, 1 - beta1, beta2, eps, weightDecay];
    return [adamaxProgram(weightDecay !== 0, maximize), tensors, numbers];
  }
}

const DEFAULTS: AdamaxOptions = { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false };

const { abs, add, div, maximum, mul, uniform } = scalar;

/** Slots: p, grad, m, u. */
const adamaxProgram = variants('Adamax', (decays: boolean, maximize: boolean) => ({
  slots: 4,
  into: [0, 2, 3],
  body: (p, grad, m0, u0) => {
    const g = direction(p!, grad!, maximize, decays ? uniform(5) : undefined);
    const m = average(m0!, g, uniform(1), uniform(2));
    const u = maximum(mul(uniform(3), u0!), add(abs(g), uniform(4)));
    return [add(p!, div(mul(uniform(0), m), u)), m, u];
  },
}));
