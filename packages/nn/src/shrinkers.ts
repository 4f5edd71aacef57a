/** Activations that take what is small to 0, as modules. */

import { hardshrink, softshrink, type Tensor, tanhshrink } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * Puts 0 in place of what is within lambda of it.
 *
 * Equation: y = x where |x| > lambda, else 0
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Hardshrink } from '@tapegrad/nn';
 *
 * console.log(String(new Hardshrink().forward(tensor([-1, 0.2, 2])))); // tensor([-1.,  0.,  2.])
 * ```
 */
export class Hardshrink extends Module {
  readonly lambda: number;

  constructor({ lambda = 0.5 }: { readonly lambda?: number } = {}) {
    super();
    this.lambda = lambda;
  }

  forward(x: Tensor): Tensor {
    return hardshrink(x, { lambda: this.lambda });
  }

  override describe(): string {
    return `lambda=${this.lambda}`;
  }
}

/**
 * Moves everything towards 0 by lambda.
 *
 * Equation: y = sign(x) max(|x| - lambda, 0)
 *
 * Shapes: any; the result has the input's shape. Throws: ArgumentError for a lambda below 0, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Softshrink } from '@tapegrad/nn';
 *
 * console.log(String(new Softshrink().forward(tensor([-1, 0.2, 2])))); // tensor([-0.5000,  0.0000,  1.5000])
 * ```
 */
export class Softshrink extends Module {
  readonly lambda: number;

  constructor({ lambda = 0.5 }: { readonly lambda?: number } = {}) {
    super();
    this.lambda = lambda;
  }

  forward(x: Tensor): Tensor {
    return softshrink(x, { lambda: this.lambda });
  }

  override describe(): string {
    return `lambda=${this.lambda}`;
  }
}

/**
 * What tanh takes away.
 *
 * Equation: y = x - tanh(x)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Tanhshrink } from '@tapegrad/nn';
 *
 * console.log(String(new Tanhshrink().forward(tensor([-1, 0, 2])))); // tensor([-0.2384,  0.0000,  1.0360])
 * ```
 */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}
