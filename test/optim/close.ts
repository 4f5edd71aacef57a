/** Comparing tensors, and those of files. */

import { type AnyTensor, type NestedArray, type Tensor, tensor } from '@tapegrad/core';
import type { StoredTensor } from '../../packages/nn/src/serialize/stored-dtypes.ts';

/** Whether values are the same bit by bit. */
export function bitwise(a: AnyTensor, b: AnyTensor): boolean {
  const [x, y] = [a.dataSync(), b.dataSync()];
  return a.dtype === b.dtype && x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
}

/** A tensor of a file, of the same dtype. */
export function stored({ data, shape, dtype }: StoredTensor): AnyTensor {
  return (tensor(data as unknown as NestedArray) as Tensor).reshape(shape).cast(dtype);
}
