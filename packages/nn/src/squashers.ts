/** Activations that squash into a range, as modules. */

import { logSigmoid, logSoftmax, sigmoid, softmax, softmin, softsign, type Tensor, tanh } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * Squashes to a probability.
 *
 * Equation: y = 1 / (1 + exp(-x))
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Sigmoid } from '@tapegrad/nn';
 *
 * console.log(String(new Sigmoid().forward(tensor([-100, 0, 100])))); // tensor([3.7835e-44, 5.0000e-01, 1.0000e+00])
 * ```
 */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * The logarithm of the sigmoid, without overflow.
 *
 * Equation: y = -log(1 + exp(-x))
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { LogSigmoid } from '@tapegrad/nn';
 *
 * console.log(String(new LogSigmoid().forward(tensor([-100, 0])))); // tensor([-100.0000,   -0.6931])
 * ```
 */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/**
 * Squashes to the range from -1 to 1.
 *
 * Equation: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Tanh } from '@tapegrad/nn';
 *
 * console.log(String(new Tanh().forward(tensor([-100, 0, 100])))); // tensor([-1.,  0.,  1.])
 * ```
 */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/**
 * Squashes to the range from -1 to 1, slowly.
 *
 * Equation: y = x / (1 + |x|)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Softsign } from '@tapegrad/nn';
 *
 * console.log(String(new Softsign().forward(tensor([-1, 0, 3])))); // tensor([-0.5000,  0.0000,  0.7500])
 * ```
 */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/**
 * Turns scores into probabilities that sum to 1 along a dimension.
 *
 * Equation: y = exp(x) / sum exp(x)
 *
 * Shapes: any; the result has the input's shape. Throws: IndexError where there is no such dimension, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Softmax } from '@tapegrad/nn';
 *
 * console.log(String(new Softmax(0).forward(tensor([0, 0, -Infinity])))); // tensor([0.5000, 0.5000, 0.0000])
 * ```
 */
export class Softmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * Turns scores into log probabilities along a dimension, in nats.
 *
 * Equation: y = x - log sum exp(x)
 *
 * Shapes: any; the result has the input's shape. Throws: IndexError where there is no such dimension, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { LogSoftmax } from '@tapegrad/nn';
 *
 * console.log(String(new LogSoftmax(0).forward(tensor([0, 0])))); // tensor([-0.6931, -0.6931])
 * ```
 */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * Turns scores into probabilities along a dimension, small scores into large ones.
 *
 * Equation: y = exp(-x) / sum exp(-x)
 *
 * Shapes: any; the result has the input's shape. Throws: IndexError where there is no such dimension, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmin.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Softmin } from '@tapegrad/nn';
 *
 * console.log(String(new Softmin(0).forward(tensor([0, 1])))); // tensor([0.7311, 0.2689])
 * ```
 */
export class Softmin extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return softmin(x, this.dim);
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}
