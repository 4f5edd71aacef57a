/** A tensor that is trained. */

import type { FloatDType } from './dtype.ts';
import { keep } from './scope.ts';
import { Tensor } from './tensor.ts';

/**
 * A leaf that requires a gradient and belongs to a module. It changes through an optimizer or `assign`, never by an
 * operation. It takes over the memory of `data`.
 */
export class Parameter extends Tensor<FloatDType> {
  constructor(data: Tensor, { requiresGrad = true }: { readonly requiresGrad?: boolean } = {}) {
    super(keep(data).storage, data.shape, data.strides, data.offset);
    this.requiresGrad = requiresGrad;
  }
}
