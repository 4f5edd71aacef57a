/** Lion: steps of equal length, in the direction of the sign. */

import { scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkBetas, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import { average, direction, variants } from './programs.ts';
import type { StateLayout } from './state-dict.ts';

export interface LionOptions extends OptimizerOptions {
  /** Parts of the average in the step's direction, and in the average that is kept; [0.9, 0.99] by default. */
  betas: readonly [number, number];
  /** Shrinks the parameter itself, as in AdamW; 0 by default. */
  weightDecay: number;
  /** Goes up the gradient. */
  maximize: boolean;
}

type LionState = { step: number; exp_avg: Tensor };

/**
 * Lion, which keeps one number for each parameter:
 *
 *     p <- (1 - lr weightDecay) p - lr sign(beta1 m + (1 - beta1) grad)
 *     m <- beta2 m + (1 - beta2) grad
 *
 * Defaults: lr 1e-4, betas [0.9, 0.99], weightDecay 0. Its rate is 3 to 10 times smaller than Adam's.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { Lion } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new Lion([w], { lr: 0.5 });
 * w.square().sum().backward();
 * optimizer.step();
 * console.log(w); // tensor([ 2.5000, -1.5000], requiresGrad=true)
 * ```
 */
export class Lion extends Optimizer<LionOptions, LionState> {
  constructor(params: OptimizerParams<LionOptions>, options: Given<LionOptions> = {}) {
    super('Lion', params, fillIn('Lion', DEFAULTS, options));
  }

  protected override checkOptions(options: LionOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'weightDecay']);
    checkBetas(this.name, options.betas);
    checkFlags(this.name, options, ['maximize']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', exp_avg: 'tensor' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<LionOptions>): Update {
    const { lr, weightDecay, maximize } = group;
    const [beta1, beta2] = group.betas;
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = { step: 0, exp_avg: stateLike(param) }));
    state.step++;
    const numbers = [-lr, 1 - lr * weightDecay, beta1, 1 - beta1, beta2, 1 - beta2];
    return [lionProgram(maximize), [param, grad, state.exp_avg], numbers];
  }
}

const DEFAULTS: LionOptions = { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false };

const { add, mul, sign, uniform } = scalar;

/** Slots: p, grad, m. */
const lionProgram = variants('Lion', (maximize: boolean) => ({
  slots: 3,
  into: [0, 2],
  body: (p, grad, m) => {
    const g = direction(p!, grad!, maximize, undefined);
    const way = sign(average(m!, g, uniform(2), uniform(3)));
    return [add(mul(uniform(1), p!), mul(uniform(0), way)), average(m!, g, uniform(4), uniform(5))];
  },
}));
