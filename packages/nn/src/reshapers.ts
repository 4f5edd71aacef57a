/** Modules that compute nothing: the same values, or the same in another shape, for `Sequential`. */

import { type AnyTensor, flatten, type Shape, showShape, type Tensor, unflatten } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * Gives back what it is given: where a layer is wanted and nothing is to happen.
 *
 * Equation: y = x
 *
 * Shapes: any.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Identity } from '@tapegrad/nn';
 *
 * console.log(String(new Identity().forward(tensor([1, 2])))); // tensor([1., 2.])
 * ```
 */
export class Identity extends Module {
  forward(x: AnyTensor): Tensor {
    return x as Tensor;
  }
}

/**
 * Makes one dimension of all but the first, which is the batch, or of those from `startDim` to `endDim` (included).
 *
 * Equation: y is x in another shape
 *
 * Shapes: x [N, ...]; result [N, the product of the others].
 *
 * Throws: IndexError, ArgumentError where startDim lies behind endDim.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 *
 * ```ts
 * import { zeros } from '@tapegrad/core';
 * import { Flatten } from '@tapegrad/nn';
 *
 * console.log(new Flatten().forward(zeros([2, 3, 4])).shape); // [ 2, 12 ]
 * ```
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(x: AnyTensor): Tensor {
    return flatten(x, this.startDim, this.endDim) as Tensor;
  }

  override describe(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/**
 * Makes several dimensions of one.
 *
 * Equation: y is x in another shape
 *
 * Shapes: x [..., the product of sizes, ...]; result [..., ...sizes, ...]. One of the sizes may be -1.
 *
 * Throws: IndexError; ShapeError where the sizes do not fit.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 *
 * ```ts
 * import { zeros } from '@tapegrad/core';
 * import { Unflatten } from '@tapegrad/nn';
 *
 * console.log(new Unflatten(1, [3, -1]).forward(zeros([2, 12])).shape); // [ 2, 3, 4 ]
 * ```
 */
export class Unflatten extends Module {
  readonly dim: number;
  readonly sizes: Shape;

  constructor(dim: number, sizes: Shape) {
    super();
    this.dim = dim;
    this.sizes = sizes;
  }

  forward(x: AnyTensor): Tensor {
    return unflatten(x, this.dim, this.sizes) as Tensor;
  }

  override describe(): string {
    return `dim=${this.dim}, sizes=${showShape(this.sizes)}`;
  }
}
