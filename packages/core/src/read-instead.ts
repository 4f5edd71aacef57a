/** Reading one tensor in the place of another. */

import { ShapeError } from './errors.ts';
import { sameShape, showShape } from './shape.ts';
import { readingNow, withReader } from './tape.ts';
import type { AnyTensor } from './tensor.ts';

/**
 * Runs `fn` while operations that are given a tensor read another in its place: weights that are computed, in a layer that
 * knows nothing of it. Gradients go to what is read.
 *
 * Throws: ShapeError unless each has the shape, dtype and device of what it stands for.
 *
 * ```ts
 * import { Parameter, readInstead, tensor, zeros } from '@tapegrad/core';
 *
 * const weight = new Parameter(zeros([2]));
 * const scale = new Parameter(tensor([2, 3]));
 * const y = readInstead(new Map([[weight, scale.square()]]), () => weight.mul(10));
 * console.log(y); // tensor([40., 90.], gradFn=<mul>)
 * ```
 */
export function readInstead<R>(others: ReadonlyMap<AnyTensor, AnyTensor>, fn: () => R): R {
  for (const [x, other] of others) {
    if (!sameShape(x.shape, other.shape) || x.dtype !== other.dtype || x.device !== other.device) {
      throw new ShapeError(
        `readInstead: expected a tensor like the one that it stands for, ${show(x)}; given ${show(other)}`,
      );
    }
  }
  const outer = readingNow();
  return withReader((given) => {
    const x = others.get(given) ?? given;
    return outer ? outer(x) : x;
  }, fn);
}

function show({ dtype, shape, device }: AnyTensor): string {
  return `${dtype} ${showShape(shape)} on ${device.name}`;
}
