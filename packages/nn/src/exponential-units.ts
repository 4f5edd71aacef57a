/** Exponential linear units beside ELU, and gates, as modules. */

import { celu, glu, selu, type Tensor } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * An exponential linear unit that keeps mean 0 and variance 1 from layer to layer; `AlphaDropout` goes with it.
 *
 * Equation: y = 1.0507 x where x > 0, else 1.0507 * 1.6733 (exp(x) - 1)
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515; https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { SELU } from '@tapegrad/nn';
 *
 * console.log(String(new SELU().forward(tensor([-1, 0, 1])))); // tensor([-1.1113,  0.0000,  1.0507])
 * ```
 */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/**
 * An exponential linear unit that is smooth for every alpha.
 *
 * Equation: y = max(x, 0) + min(alpha (exp(x / alpha) - 1), 0)
 *
 * Shapes: any; the result has the input's shape. Throws: ArgumentError for an alpha of 0, DTypeError.
 *
 * Source: Barron 2017, https://arxiv.org/abs/1704.07483; https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { CELU } from '@tapegrad/nn';
 *
 * console.log(String(new CELU({ alpha: 2 }).forward(tensor([-1, 0, 1])))); // tensor([-0.7869,  0.0000,  1.0000])
 * ```
 */
export class CELU extends Module {
  readonly alpha: number;

  constructor({ alpha = 1 }: { readonly alpha?: number } = {}) {
    super();
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return celu(x, { alpha: this.alpha });
  }

  override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

/**
 * Weighs the first half along a dimension by the sigmoid of the second.
 *
 * Equation: y = a sigmoid(b), where a and b are the halves of x
 *
 * Shapes: any; the result has half the size along `dim`, the last dimension where it is not given. Throws: ShapeError for an odd size, IndexError where there is no such dimension, DTypeError.
 *
 * Source: Dauphin et al. 2016, https://arxiv.org/abs/1612.08083; https://pytorch.org/docs/stable/generated/torch.nn.GLU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { GLU } from '@tapegrad/nn';
 *
 * console.log(String(new GLU().forward(tensor([1, 2, 0, 0])))); // tensor([0.5000, 1.0000])
 * ```
 */
export class GLU extends Module {
  readonly dim: number;

  constructor({ dim = -1 }: { readonly dim?: number } = {}) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return glu(x, { dim: this.dim });
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}
