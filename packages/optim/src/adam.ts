/** Adam and AdamW: steps whose length adapts to each element's gradients. */

import { scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkBetas, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import type { StateLayout } from './state-dict.ts';

export interface AdamOptions extends OptimizerOptions {
  /** Decay rates per step of the averages of the gradient and of its square; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Added to the denominator, in units of the gradient; 1e-8 by default. */
  eps: number;
  /** Adam: L2 penalty, enters the gradient, 0 by default. AdamW: shrinks the parameter itself, 0.01 by default. */
  weightDecay: number;
  /** Divides by the largest average of squares so far. */
  amsgrad: boolean;
  /** Goes up the gradient. */
  maximize: boolean;
}

type AdamState = { step: number; exp_avg: Tensor; exp_avg_sq: Tensor; max_exp_avg_sq?: Tensor };

/** What Adam and AdamW share: everything but where weight decay enters. */
abstract class AdamFamily extends Optimizer<AdamOptions, AdamState> {
  /** Weight decay shrinks the parameter, apart from the gradient. */
  protected abstract readonly decoupled: boolean;

  protected override checkOptions(options: AdamOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'eps', 'weightDecay']);
    checkBetas(this.name, options.betas);
    checkFlags(this.name, options, ['amsgrad', 'maximize']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', exp_avg: 'tensor', exp_avg_sq: 'tensor', max_exp_avg_sq: 'optional' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<AdamOptions>): Update {
    const state = this.#stateOf(param);
    const t = ++state.step;
    const { lr, eps, weightDecay, amsgrad } = group;
    const [beta1, beta2] = group.betas;
    const decay = this.decoupled ? 1 - lr * weightDecay : weightDecay;
    const stepSize = lr / (1 - beta1 ** t);
    const correction2 = Math.sqrt(1 - beta2 ** t);
    const tensors = [param, grad, state.exp_avg, state.exp_avg_sq];
    if (amsgrad) tensors.push((state.max_exp_avg_sq ??= stateLike(param)));
    const numbers = [decay, beta1, 1 - beta1, beta2, 1 - beta2, -stepSize, correction2, eps];
    return [adamProgram(group, this.decoupled), tensors, numbers];
  }

  #stateOf(param: Tensor): AdamState {
    const known = this.state.get(param);
    const state = known ?? { step: 0, exp_avg: stateLike(param), exp_avg_sq: stateLike(param) };
    if (!known) this.state.set(param, state);
    return state;
  }
}

/**
 * Adam. With t counting a parameter's own steps from 1:
 *
 *     g <- grad + weightDecay p                     (-grad with maximize)
 *     m <- beta1 m + (1 - beta1) g
 *     v <- beta2 v + (1 - beta2) g^2
 *     w <- v, or the largest v so far with amsgrad
 *     p <- p - lr / (1 - beta1^t) m / (sqrt(w) / sqrt(1 - beta2^t) + eps)
 *
 * Defaults: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0. A parameter without a gradient is skipped. State: `step`,
 * `exp_avg` (m), `exp_avg_sq` (v), `max_exp_avg_sq` (w). One program updates all of it in place.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980; amsgrad: Reddi et al. 2018,
 * https://openreview.net/forum?id=ryQu7f-RZ; PyTorch, https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { Adam } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new Adam([w], { lr: 0.1 });
 * for (let step = 0; step < 200; step++) {
 *   optimizer.zeroGrad();
 *   w.square().sum().backward();
 *   optimizer.step();
 * }
 * console.log((await w.abs().max().item()) < 0.01); // true
 * ```
 */
export class Adam extends AdamFamily {
  protected override readonly decoupled: boolean = false;

  constructor(params: OptimizerParams<AdamOptions>, options: Given<AdamOptions> = {}) {
    super('Adam', params, fillIn('Adam', DEFAULTS, options));
  }
}

/**
 * Adam with decoupled weight decay: the parameter shrinks by itself, whatever its gradients were.
 *
 *     p <- (1 - lr weightDecay) p, then as Adam with no weight decay in g
 *
 * Defaults as Adam, but weightDecay 0.01.
 *
 * Throws: as Adam.
 *
 * Source: Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { AdamW } from '@tapegrad/optim';
 *
 * const weight = new Parameter(tensor([[1, 2], [3, 4]]));
 * const bias = new Parameter(tensor([0.5, -0.5]));
 * const optimizer = new AdamW([{ params: [weight] }, { params: [bias], weightDecay: 0 }], { lr: 1e-2, weightDecay: 0.1 });
 * weight.matmul(tensor([[1], [1]])).reshape([2]).add(bias).square().sum().backward();
 * optimizer.step();
 * optimizer.paramGroups[0]!.lr *= 0.5;
 * ```
 */
export class AdamW extends AdamFamily {
  protected override readonly decoupled: boolean = true;

  constructor(params: OptimizerParams<AdamOptions>, options: Given<AdamOptions> = {}) {
    super('AdamW', params, fillIn('AdamW', { ...DEFAULTS, weightDecay: 0.01 }, options));
  }
}

const DEFAULTS: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

const { add, div, maximum, mul, neg, program, sqrt, uniform } = scalar;
const programs: scalar.Program[] = [];

/** The update of one element. Inputs: p, grad, m, v, and w with amsgrad. */
function adamProgram({ weightDecay, amsgrad, maximize }: AdamOptions, decoupled: boolean): scalar.Program {
  const decays = weightDecay !== 0;
  const flags = [amsgrad, maximize, decays, decays && decoupled];
  const variant = flags.reduce((bits, flag, k) => bits + (flag ? 2 ** k : 0), 0);
  const body = (...[p0, grad, m0, v0, w0]: readonly scalar.Scalar[]): scalar.Scalar[] => {
    const [decay, beta1, rest1, beta2, rest2, minusStepSize, correction2, eps] = UNIFORMS;
    const p = decays && decoupled ? mul(p0!, decay) : p0!;
    const sign = maximize ? neg(grad!) : grad!;
    const g = decays && !decoupled ? add(sign, mul(decay, p)) : sign;
    const m = add(mul(m0!, beta1), mul(rest1, g));
    const v = add(mul(v0!, beta2), mul(mul(rest2, g), g));
    const w = amsgrad ? maximum(w0!, v) : v;
    const denominator = add(div(sqrt(w), correction2), eps);
    const next = add(p, div(mul(minusStepSize, m), denominator));
    return amsgrad ? [next, m, v, w] : [next, m, v];
  };
  const into = amsgrad ? [0, 2, 3, 4] : [0, 2, 3];
  const slots = amsgrad ? [1, 1, 1, 1, 1] : [1, 1, 1, 1];
  return (programs[variant] ??= program('Adam', body, { slots, into }));
}

type Eight<T> = [T, T, T, T, T, T, T, T];
const UNIFORMS = Array.from({ length: 8 }, (_, k) => uniform(k)) as Eight<scalar.Scalar>;
