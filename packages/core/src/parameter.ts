/** A tensor that is trained. */

import type { FloatDType } from './dtype.ts';
import { keep } from './scope.ts';
import { packed, Tensor } from './tensor.ts';

/**
 * A leaf that requires a gradient and belongs to a module. It changes through an optimizer or `assign`, never by an
 * operation. It takes over the memory of `data`, or a copy where that is not contiguous.
 *
 * `requiresGrad: false` freezes it. Source:
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 *
 * const weight = new Parameter(zeros([2, 3]));
 * console.log(weight.isLeaf, weight.requiresGrad, weight.grad); // true true null
 * ```
 */
export class Parameter extends Tensor<FloatDType> {
  constructor(data: Tensor, { requiresGrad = true }: { readonly requiresGrad?: boolean } = {}) {
    const { storage, shape, strides, offset } = keep(packed(data)); // an expanded view has no place for each element
    super(storage, shape, strides, offset);
    this.requiresGrad = requiresGrad;
  }
}
