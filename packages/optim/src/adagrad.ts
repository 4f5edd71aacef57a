/** Adagrad and Adadelta: steps divided by the size of all gradients so far, or of the late ones. */

import { full, keep, scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import { average, direction, variants } from './programs.ts';
import type { StateLayout } from './state-dict.ts';

const { add, div, mul, sqrt, uniform } = scalar;

export interface AdagradOptions extends OptimizerOptions {
  /** How fast the learning rate falls with the steps; 0 by default. */
  lrDecay: number;
  /** L2 penalty: adds weightDecay * p to the gradient; 0 by default. */
  weightDecay: number;
  /** What the sums of squares start from; 0 by default. */
  initialAccumulatorValue: number;
  /** Added to the denominator, in units of the gradient; 1e-10 by default. */
  eps: number;
  /** Goes up the gradient. */
  maximize: boolean;
}

type AdagradState = { step: number; sum: Tensor };

/**
 * Adagrad. With t counting a parameter's own steps from 1:
 *
 *     g <- grad + weightDecay p                  (-grad with maximize)
 *     s <- s + g^2
 *     p <- p - lr / (1 + (t - 1) lrDecay) g / (sqrt(s) + eps)
 *
 * Defaults: lr 1e-2, eps 1e-10, everything else 0 or false. A parameter without a gradient is skipped.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Duchi et al. 2011, https://jmlr.org/papers/v12/duchi11a.html; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { Adagrad } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new Adagrad([w], { lr: 0.5 });
 * w.square().sum().backward();
 * optimizer.step();
 * console.log(w); // tensor([ 2.5000, -1.5000], requiresGrad=true)
 * ```
 */
export class Adagrad extends Optimizer<AdagradOptions, AdagradState> {
  constructor(params: OptimizerParams<AdagradOptions>, options: Given<AdagradOptions> = {}) {
    super('Adagrad', params, fillIn('Adagrad', ADAGRAD_DEFAULTS, options));
  }

  protected override checkOptions(options: AdagradOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps']);
    checkFlags(this.name, options, ['maximize']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', sum: 'tensor' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<AdagradOptions>): Update {
    const { lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize } = group;
    let state = this.state.get(param);
    if (!state) {
      const { dtype, device } = param;
      const sum = keep(full(param.shape, initialAccumulatorValue, { dtype, device: device.name }));
      this.state.set(param, (state = { step: 0, sum }));
    }
    const rate = lr / (1 + state.step++ * lrDecay);
    return [adagradProgram(weightDecay !== 0, maximize), [param, grad, state.sum], [-rate, eps, weightDecay]];
  }
}

const ADAGRAD_DEFAULTS: AdagradOptions = {
  lr: 1e-2,
  lrDecay: 0,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  eps: 1e-10,
  maximize: false,
};

/** Slots: p, grad, s. */
const adagradProgram = variants('Adagrad', (decays: boolean, maximize: boolean) => ({
  slots: 3,
  into: [0, 2],
  body: (p, grad, s0) => {
    const g = direction(p!, grad!, maximize, decays ? uniform(2) : undefined);
    const s = add(s0!, mul(g, g));
    return [add(p!, div(mul(uniform(0), g), add(sqrt(s), uniform(1)))), s];
  },
}));

export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay rate per step of both averages; 0.9 by default. */
  rho: number;
  /** Added to both averages, in units of their squares; 1e-6 by default. */
  eps: number;
  /** L2 penalty: adds weightDecay * p to the gradient; 0 by default. */
  weightDecay: number;
  /** Goes up the gradient. */
  maximize: boolean;
}

type AdadeltaState = { step: number; square_avg: Tensor; acc_delta: Tensor };

/**
 * Adadelta: the steps take their length from the steps before.
 *
 *     g <- grad + weightDecay p                  (-grad with maximize)
 *     v <- rho v + (1 - rho) g^2
 *     d <- sqrt(u + eps) / sqrt(v + eps) g
 *     u <- rho u + (1 - rho) d^2
 *     p <- p - lr d
 *
 * Defaults: lr 1, rho 0.9, eps 1e-6, weightDecay 0. A parameter without a gradient is skipped.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Zeiler 2012, https://arxiv.org/abs/1212.5701; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { Adadelta } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new Adadelta([w]);
 * w.square().sum().backward();
 * optimizer.step();
 * console.log(w); // tensor([ 2.9968, -1.9968], requiresGrad=true)
 * ```
 */
export class Adadelta extends Optimizer<AdadeltaOptions, AdadeltaState> {
  constructor(params: OptimizerParams<AdadeltaOptions>, options: Given<AdadeltaOptions> = {}) {
    super('Adadelta', params, fillIn('Adadelta', ADADELTA_DEFAULTS, options));
  }

  protected override checkOptions(options: AdadeltaOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'rho', 'eps', 'weightDecay']);
    checkFlags(this.name, options, ['maximize']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', square_avg: 'tensor', acc_delta: 'tensor' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<AdadeltaOptions>): Update {
    const { lr, rho, eps, weightDecay, maximize } = group;
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = { step: 0, square_avg: stateLike(param), acc_delta: stateLike(param) }));
    state.step++;
    const tensors = [param, grad, state.square_avg, state.acc_delta];
    return [adadeltaProgram(weightDecay !== 0, maximize), tensors, [-lr, rho, 1 - rho, eps, weightDecay]];
  }
}

const ADADELTA_DEFAULTS: AdadeltaOptions = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };

/** Slots: p, grad, v, u. */
const adadeltaProgram = variants('Adadelta', (decays: boolean, maximize: boolean) => ({
  slots: 4,
  into: [0, 2, 3],
  body: (p, grad, v0, u0) => {
    const [rho, rest, eps] = [uniform(1), uniform(2), uniform(3)];
    const g = direction(p!, grad!, maximize, decays ? uniform(4) : undefined);
    const v = average(v0!, mul(g, g), rho, rest);
    const d = mul(div(sqrt(add(u0!, eps)), sqrt(add(v, eps))), g);
    return [add(p!, mul(uniform(0), d)), v, average(u0!, mul(d, d), rho, rest)];
  },
}));
