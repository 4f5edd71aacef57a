/** NAdam and RAdam: Adam that looks ahead, and Adam that begins without dividing. */

import { scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkBetas, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import { average, direction, variants } from './programs.ts';
import type { StateLayout } from './state-dict.ts';

const { add, div, mul, sqrt, uniform } = scalar;

export interface RAdamOptions extends OptimizerOptions {
  /** Decay rates per step of the averages of the gradient and of its square; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Added to the denominator, in units of the gradient; 1e-8 by default. */
  eps: number;
  /** L2 penalty: adds weightDecay * p to the gradient; 0 by default. */
  weightDecay: number;
  /** Weight decay shrinks the parameter itself, as in AdamW. */
  decoupledWeightDecay: boolean;
  /** Goes up the gradient. */
  maximize: boolean;
}

export interface NAdamOptions extends RAdamOptions {
  /** How fast the momentum rises to beta1; 4e-3 by default. */
  momentumDecay: number;
  /**
   * As PyTorch before 2.0 did it, to go on with a run from there: M mu mu' in place of M mu', which was a mistake
   * (https://github.com/pytorch/pytorch/pull/92699).
   */
  legacyMomentum: boolean;
}

type RAdamState = { step: number; exp_avg: Tensor; exp_avg_sq: Tensor };
type NAdamState = RAdamState & { mu_product: number };

function checkAdam(name: string, options: RAdamOptions): void {
  checkAtLeastZero(name, options, ['lr', 'eps', 'weightDecay']);
  checkBetas(name, options.betas);
  checkFlags(name, options, ['decoupledWeightDecay', 'maximize']);
}

/** The factor of the parameter (decoupled), or the penalty that enters the gradient. */
function decayOf({ lr, weightDecay, decoupledWeightDecay }: ParamGroup<RAdamOptions>): number {
  return decoupledWeightDecay ? 1 - lr * weightDecay : weightDecay;
}

/**
 * Adam with Nesterov's momentum. With t counting a parameter's own steps from 1:
 *
 *     g   <- grad + weightDecay p                (-grad with maximize)
 *     m   <- beta1 m + (1 - beta1) g
 *     v   <- beta2 v + (1 - beta2) g^2
 *     mu  =  beta1 (1 - 0.96^(t momentumDecay) / 2), mu' the same for t + 1, M <- M mu
 *     p   <- p - lr ((1 - mu) / (1 - M) g + mu' / (1 - M mu') m) / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * Defaults: lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0, momentumDecay 4e-3.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { NAdam } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new NAdam([w], { lr: 0.1 });
 * for (let step = 0; step < 200; step++) {
 *   optimizer.zeroGrad();
 *   w.square().sum().backward();
 *   optimizer.step();
 * }
 * console.log((await w.abs().max().item()) < 0.01); // true
 * ```
 */
export class NAdam extends Optimizer<NAdamOptions, NAdamState> {
  constructor(params: OptimizerParams<NAdamOptions>, options: Given<NAdamOptions> = {}) {
    super('NAdam', params, fillIn('NAdam', NADAM_DEFAULTS, options));
  }

  protected override checkOptions(options: NAdamOptions): void {
    checkAdam(this.name, options);
    checkAtLeastZero(this.name, options, ['momentumDecay']);
    checkFlags(this.name, options, ['legacyMomentum']);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', mu_product: 'number', exp_avg: 'tensor', exp_avg_sq: 'tensor' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<NAdamOptions>): Update {
    const { lr, eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize, legacyMomentum } = group;
    const [beta1, beta2] = group.betas;
    let state = this.state.get(param);
    if (!state) {
      state = { step: 0, mu_product: 1, exp_avg: stateLike(param), exp_avg_sq: stateLike(param) };
      this.state.set(param, state);
    }
    const t = ++state.step;
    const mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const muNext = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentumDecay));
    state.mu_product = timesInF32(state.mu_product, mu);
    const ahead = legacyMomentum ? timesInF32(timesInF32(state.mu_product, mu), muNext) : state.mu_product * muNext;
    const ofGrad = (-lr * (1 - mu)) / (1 - state.mu_product);
    const ofAverage = (-lr * muNext) / (1 - ahead);
    const program = nadamProgram(weightDecay !== 0, decoupledWeightDecay, maximize);
    const numbers = [ofGrad, ofAverage, beta1, 1 - beta1, beta2, 1 - beta2, 1 - beta2 ** t, eps, decayOf(group)];
    return [program, [param, grad, state.exp_avg, state.exp_avg_sq], numbers];
  }
}

/** The product of momenta is a tensor of f32 in PyTorch. */
function timesInF32(product: number, momentum: number): number {
  return Math.fround(product * Math.fround(momentum));
}

/** Slots: p, grad, m, v. */
const nadamProgram = variants('NAdam', (decays: boolean, decoupled: boolean, maximize: boolean) => ({
  slots: 4,
  into: [0, 2, 3],
  body: (p0, grad, m0, v0) => {
    const decay = uniform(8);
    const p = decays && decoupled ? mul(p0!, decay) : p0!;
    const g = direction(p, grad!, maximize, decays && !decoupled ? decay : undefined);
    const m = average(m0!, g, uniform(2), uniform(3));
    const v = average(v0!, mul(g, g), uniform(4), uniform(5));
    const size = add(sqrt(div(v, uniform(6))), uniform(7));
    return [add(p, div(add(mul(uniform(0), g), mul(uniform(1), m)), size)), m, v];
  },
}));

/**
 * Adam that divides by the size of gradients only once enough of them are known. With t counting a parameter's own steps
 * from 1:
 *
 *     g <- grad + weightDecay p                  (-grad with maximize)
 *     m <- beta1 m + (1 - beta1) g
 *     v <- beta2 v + (1 - beta2) g^2
 *     r =  2 / (1 - beta2) - 1, s = r - 2 t beta2^t / (1 - beta2^t)
 *     c =  sqrt((s - 4) (s - 2) r / ((r - 4) (r - 2) s)) sqrt(1 - beta2^t) / (sqrt(v) + eps) where s > 5, else 1
 *     p <- p - lr c m / (1 - beta1^t)
 *
 * Defaults: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0.
 *
 * Throws: ArgumentError for an option out of its range; as `Optimizer` for the parameters.
 *
 * Source: Liu et al. 2020, https://arxiv.org/abs/1908.03265; PyTorch,
 * https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { RAdam } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new RAdam([w], { lr: 0.1 });
 * for (let step = 0; step < 200; step++) {
 *   optimizer.zeroGrad();
 *   w.square().sum().backward();
 *   optimizer.step();
 * }
 * console.log((await w.abs().max().item()) < 0.1); // true
 * ```
 */
export class RAdam extends Optimizer<RAdamOptions, RAdamState> {
  constructor(params: OptimizerParams<RAdamOptions>, options: Given<RAdamOptions> = {}) {
    super('RAdam', params, fillIn('RAdam', DEFAULTS, options));
  }

  protected override checkOptions(options: RAdamOptions): void {
    checkAdam(this.name, options);
  }

  protected override stateLayout(): StateLayout {
    return { step: 'count', exp_avg: 'tensor', exp_avg_sq: 'tensor' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<RAdamOptions>): Update {
    const { lr, eps, weightDecay, decoupledWeightDecay, maximize } = group;
    const [beta1, beta2] = group.betas;
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = { step: 0, exp_avg: stateLike(param), exp_avg_sq: stateLike(param) }));
    const t = ++state.step;
    const correction2 = 1 - beta2 ** t;
    const most = 2 / (1 - beta2) - 1;
    const known = most - (2 * t * beta2 ** t) / correction2;
    const divides = known > 5;
    const rectified = Math.sqrt(((known - 4) * (known - 2) * most) / ((most - 4) * (most - 2) * known));
    const rate = (-lr / (1 - beta1 ** t)) * (divides ? rectified * Math.sqrt(correction2) : 1);
    const program = radamProgram(weightDecay !== 0, decoupledWeightDecay, maximize, divides);
    const numbers = [rate, beta1, 1 - beta1, beta2, 1 - beta2, eps, decayOf(group)];
    return [program, [param, grad, state.exp_avg, state.exp_avg_sq], numbers];
  }
}

const DEFAULTS: RAdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  decoupledWeightDecay: false,
  maximize: false,
};

const NADAM_DEFAULTS: NAdamOptions = { ...DEFAULTS, lr: 2e-3, momentumDecay: 4e-3, legacyMomentum: false };

/** Slots: p, grad, m, v. */
const radamProgram = variants('RAdam', (decays: boolean, decoupled: boolean, maximize: boolean, divides: boolean) => ({
  slots: 4,
  into: [0, 2, 3],
  body: (p0, grad, m0, v0) => {
    const decay = uniform(6);
    const p = decays && decoupled ? mul(p0!, decay) : p0!;
    const g = direction(p, grad!, maximize, decays && !decoupled ? decay : undefined);
    const m = average(m0!, g, uniform(1), uniform(2));
    const v = average(v0!, mul(g, g), uniform(3), uniform(4));
    const step = mul(uniform(0), m);
    return [add(p, divides ? div(step, add(sqrt(v), uniform(5))) : step), m, v];
  },
}));
