/** Activations that pass what is positive and hold back what is negative, as modules. */

import { elu, gelu, leakyRelu, mish, relu, relu6, silu, softplus, type Tensor } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * Cuts off what is negative. Where x is 0 the gradient is 0.
 *
 * Equation: y = max(x, 0)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { ReLU } from '@tapegrad/nn';
 *
 * console.log(String(new ReLU().forward(tensor([-1, 0, 2])))); // tensor([0., 0., 2.])
 * ```
 */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * Cuts off what is below 0 and above 6.
 *
 * Equation: y = min(max(x, 0), 6)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { ReLU6 } from '@tapegrad/nn';
 *
 * console.log(String(new ReLU6().forward(tensor([-1, 3, 9])))); // tensor([0., 3., 6.])
 * ```
 */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/**
 * Makes what is negative small.
 *
 * Equation: y = x where x > 0, else negativeSlope x
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { LeakyReLU } from '@tapegrad/nn';
 *
 * console.log(String(new LeakyReLU({ negativeSlope: 0.1 }).forward(tensor([-10, 2])))); // tensor([-1.,  2.])
 * ```
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor({ negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}) {
    super();
    this.negativeSlope = negativeSlope;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, { negativeSlope: this.negativeSlope });
  }

  override describe(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/**
 * Bends what is negative towards -alpha.
 *
 * Equation: y = x where x > 0, else alpha (exp(x) - 1)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: Clevert et al. 2015; https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { ELU } from '@tapegrad/nn';
 *
 * console.log(String(new ELU().forward(tensor([-100, 2])))); // tensor([-1.,  2.])
 * ```
 */
export class ELU extends Module {
  readonly alpha: number;

  constructor({ alpha = 1 }: { readonly alpha?: number } = {}) {
    super();
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }

  override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

/**
 * Weighs x by the probability that a standard normal is below it; `approximate: 'tanh'` takes a formula close to it.
 *
 * Equation: y = x Phi(x); or 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: Hendrycks & Gimpel 2016; https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { GELU } from '@tapegrad/nn';
 *
 * console.log(String(new GELU().forward(tensor([-1, 0, 1])))); // tensor([-0.1587,  0.0000,  0.8413])
 * ```
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor({ approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super();
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }

  override describe(): string {
    return `approximate=${this.approximate}`;
  }
}

/**
 * Weighs x by its own sigmoid; also called swish.
 *
 * Equation: y = x sigmoid(x)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { SiLU } from '@tapegrad/nn';
 *
 * console.log(String(new SiLU().forward(tensor([-1, 0, 1])))); // tensor([-0.2689,  0.0000,  0.7311])
 * ```
 */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * Weighs x by the tanh of its softplus.
 *
 * Equation: y = x tanh(log(1 + exp(x)))
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: Misra 2019; https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Mish } from '@tapegrad/nn';
 *
 * console.log(String(new Mish().forward(tensor([-1, 0, 1])))); // tensor([-0.3034,  0.0000,  0.8651])
 * ```
 */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/**
 * A smooth relu; linear where beta x is above the threshold.
 *
 * Equation: y = log(1 + exp(beta x)) / beta
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Softplus } from '@tapegrad/nn';
 *
 * console.log(String(new Softplus().forward(tensor([0, 100])))); // tensor([  0.6931, 100.0000])
 * ```
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor({ beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {}) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }

  override describe(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}
