/** Stochastic gradient descent. */

import { ArgumentError, scalar, type Tensor } from '@tapegrad/core';
import { Optimizer, type OptimizerParams, type ParamGroup, stateLike, type Update } from './optimizer.ts';
import { checkAtLeastZero, checkFlags, fillIn, type Given, type OptimizerOptions } from './options.ts';
import type { StateLayout } from './state-dict.ts';

export interface SGDOptions extends OptimizerOptions {
  /** How much of the velocity lives on, per step; 0 by default. */
  momentum: number;
  /** The part of the gradient that does not enter the velocity; 0 by default. */
  dampening: number;
  /** L2 penalty: adds weightDecay * p to the gradient; 0 by default. */
  weightDecay: number;
  /** Looks one step ahead along the velocity. */
  nesterov: boolean;
  /** Goes up the gradient. */
  maximize: boolean;
}

type SGDState = { momentum_buffer?: Tensor };

/**
 * Gradient descent, with momentum where it is asked for:
 *
 *     g <- grad + weightDecay p                  (-grad with maximize)
 *     b <- momentum b + (1 - dampening) g        (b = g at the first step)
 *     p <- p - lr b                              (p - lr (g + momentum b) with nesterov; p - lr g without momentum)
 *
 * Defaults: lr 1e-3, everything else 0 or false. A parameter without a gradient is skipped.
 *
 * Throws: ArgumentError for an option that is negative or not a number, and for nesterov without momentum or with
 * dampening; as `Optimizer` for the parameters.
 *
 * Source: PyTorch, https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html; Sutskever et al. 2013,
 * https://proceedings.mlr.press/v28/sutskever13.html
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { SGD } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([3, -2]));
 * const optimizer = new SGD([w], { lr: 0.1, momentum: 0.9 });
 * for (let step = 0; step < 100; step++) {
 *   optimizer.zeroGrad();
 *   w.square().sum().backward();
 *   optimizer.step();
 * }
 * console.log((await w.abs().max().item()) < 0.01); // true
 * ```
 */
export class SGD extends Optimizer<SGDOptions, SGDState> {
  constructor(params: OptimizerParams<SGDOptions>, options: Given<SGDOptions> = {}) {
    super('SGD', params, fillIn('SGD', DEFAULTS, options));
  }

  protected override checkOptions(options: SGDOptions): void {
    checkAtLeastZero(this.name, options, ['lr', 'momentum', 'weightDecay']);
    checkFlags(this.name, options, ['nesterov', 'maximize']);
    const { momentum, dampening, nesterov } = options;
    if (!Number.isFinite(dampening)) {
      throw new ArgumentError(`${this.name}: dampening must be a finite number; given ${dampening}`);
    }
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `${this.name}: nesterov needs a momentum above 0 and no dampening; given momentum ${momentum}, dampening ${dampening}`,
      );
    }
  }

  protected override stateLayout(): StateLayout {
    return { momentum_buffer: 'optional' };
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<SGDOptions>): Update {
    const { lr, momentum, dampening, weightDecay } = group;
    const step = sgdProgram(group);
    if (momentum === 0) return [step, [param, grad], [-lr, weightDecay]];
    const known = this.state.get(param)?.momentum_buffer;
    const buffer = known ?? stateLike(param);
    if (!known) this.state.set(param, { momentum_buffer: buffer });
    const [decay, weight] = known ? [momentum, 1 - dampening] : [0, 1]; // the first velocity is the gradient
    return [step, [param, grad, buffer], [-lr, weightDecay, decay, weight, momentum]];
  }
}

const DEFAULTS: SGDOptions = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};

const { add, mul, neg, program, uniform } = scalar;
const [MINUS_LR, WEIGHT_DECAY, DECAY, WEIGHT, MOMENTUM] = [uniform(0), uniform(1), uniform(2), uniform(3), uniform(4)];
const programs: scalar.Program[] = [];

/** The update of one element. Inputs: p, grad, and b with momentum. */
function sgdProgram({ momentum, nesterov, weightDecay, maximize }: SGDOptions): scalar.Program {
  const flags = [momentum !== 0, nesterov, weightDecay !== 0, maximize];
  const variant = flags.reduce((bits, flag, k) => bits + (flag ? 2 ** k : 0), 0);
  const direction = (p: scalar.Scalar, grad: scalar.Scalar): scalar.Scalar => {
    const g = maximize ? neg(grad) : grad;
    return weightDecay === 0 ? g : add(g, mul(WEIGHT_DECAY, p));
  };
  const plain = (): scalar.Program =>
    program('SGD', (p, grad) => [add(p!, mul(MINUS_LR, direction(p!, grad!)))], { slots: [1, 1], into: [0] });
  const withMomentum = (): scalar.Program =>
    program(
      'SGD',
      (p, grad, b) => {
        const g = direction(p!, grad!);
        const velocity = add(mul(DECAY, b!), mul(WEIGHT, g));
        return [add(p!, mul(MINUS_LR, nesterov ? add(g, mul(MOMENTUM, velocity)) : velocity)), velocity];
      },
      { slots: [1, 1, 1], into: [0, 2] },
    );
  return (programs[variant] ??= momentum === 0 ? plain() : withMomentum());
}
