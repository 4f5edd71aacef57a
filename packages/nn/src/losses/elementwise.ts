/** What losses that compare element by element share. */

import { ShapeError, sameShape, showShape, type Tensor } from '@tapegrad/core';

/** Broadcasting a target by accident ([N] beside [N, 1] is [N, N]) is the classic mistake. Throws: ShapeError. */
export function checkSameShape(op: string, input: Tensor, target: Tensor): void {
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    `${op}: expected input and target of one shape: input is ${showShape(input.shape)}, target is ${showShape(target.shape)}${
      input.size === target.size ? `; use .reshape(${showShape(input.shape)}) on the target` : ''
    }`,
  );
}
