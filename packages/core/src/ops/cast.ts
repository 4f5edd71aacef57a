/** Changing the dtype. */

import { type DType, isFloat } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import { apply, type Op } from '../tape.ts';
import { empty, type Tensor } from '../tensor.ts';
import { only } from './view.ts';

/**
 * The same values in another dtype; the tensor itself if it has it already. Floats to i32 are cut; anything but 0 is
 * true. The gradient passes between floats and is cast back.
 *
 * Throws: DTypeError where the device lacks the dtype.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html
 *
 * ```ts
 * import { cast, tensor } from '@tapegrad/core';
 *
 * const x = tensor([1.9, -1.9, 0]);
 * console.log(cast(x, 'i32'), cast(x, 'bool')); // tensor([ 1, -1,  0]) tensor([ True,  True, False])
 * ```
 */
export function cast<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<D> {
  if (x.dtype === dtype) return x as unknown as Tensor<D>;
  if (!x.device.dtypes.includes(dtype)) {
    throw new DTypeError(
      `cast: ${x.device.name} has no ${dtype}; move the tensor first: (await x.to('cpu')).cast('${dtype}')`,
    );
  }
  return only(apply(isFloat(dtype) ? CAST : CAST_TO_INTEGER, [x], dtype));
}

const CAST: Op<DType> = {
  name: 'cast',
  forward([x], dtype) {
    const y = empty(x!.device, dtype, x!.shape);
    x!.device.kernels.copy(x!, y);
    return [y];
  },
  vjp: ([g], [x]) => [() => cast(g!, x!.dtype)],
};

/** What became whole numbers has no gradient. */
const CAST_TO_INTEGER: Op<DType> = { name: 'cast', forward: CAST.forward };
