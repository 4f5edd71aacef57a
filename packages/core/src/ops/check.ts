/** Checks that several ops share. */

import { type DType, isFloat, type NumberDType } from '../dtype.ts';
import { DTypeError, IndexError } from '../errors.ts';
import { showShape, unravel } from '../shape.ts';
import type { AnyTensor, Tensor } from '../tensor.ts';

/** Throws: DTypeError unless f32 or f64. */
export function checkFloat(op: string, x: Tensor): Tensor {
  if (!isFloat(x.dtype as DType))
    throw new DTypeError(`${op}: expected floats; given ${x.dtype as DType}: use .cast('f32')`);
  return x;
}

/** Checks operands, by their names. Throws: DTypeError unless they are floats of one kind. */
export function checkAlike(op: string, operands: Readonly<Record<string, Tensor>>): void {
  const all = Object.values(operands);
  const [{ dtype }] = all.map((x) => checkFloat(op, x)) as [Tensor];
  if (all.every((x) => x.dtype === dtype)) return;
  const given = Object.entries(operands).map(([name, x]) => `${name} is ${x.dtype}`);
  throw new DTypeError(`${op}: dtypes do not mix: ${given.join(', ')}; use .cast('${dtype}')`);
}

/** Throws: DTypeError for a mask. */
export function checkNumber<D extends NumberDType>(op: string, x: Tensor<D>): Tensor<D> {
  if ((x.dtype as DType) === 'bool') throw new DTypeError(`${op}: expected numbers; given bool: use .cast('i32')`);
  return x;
}

/**
 * Checks indices against the range [0, size), for layers and losses that read at indices; `op` begins the message.
 *
 * Throws: DTypeError unless i32, IndexError (index, position, range) where an index is outside; on webgpu the next await
 * throws that, where the indices were computed there.
 *
 * ```ts
 * import { checkIndices, tensor } from '@tapegrad/core';
 *
 * try {
 *   checkIndices('lookUp', tensor(Int32Array.of(0, 3)), 3);
 * } catch (error) {
 *   console.log(String(error)); // IndexError: lookUp: index 3 at position [1] is out of range: expected 0 to 2
 * }
 * ```
 */
export function checkIndices(op: string, indices: AnyTensor, size: number): void {
  if (indices.dtype !== 'i32') {
    throw new DTypeError(
      `${op}: expected i32 indices; given ${indices.dtype}: make them with tensor([...], { dtype: 'i32' }), or use .cast('i32')`,
    );
  }
  indices.device.kernels.checkIndices(indices, 0, size, (position, value) => {
    const at = showShape(unravel(position, indices.shape));
    return new IndexError(`${op}: index ${value} at position ${at} is out of range: expected 0 to ${size - 1}`);
  });
}
