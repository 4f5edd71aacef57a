/** What all initialisers share. */

import {
  assign,
  type DeviceName,
  type FloatDType,
  type Generator,
  noGrad,
  ShapeError,
  showShape,
  type Tensor,
} from '@tapegrad/core';

export interface DrawOptions {
  /** Where random numbers come from; the default generator, which `manualSeed` seeds, where it is not given. */
  readonly generator?: Generator | undefined;
}

/** Overwrites `x` with what `make` returns. Throws: GradientError where an operation made `x`. */
export function overwrite<T extends Tensor>(x: T, make: () => Tensor): T {
  noGrad(() => assign(x, make()));
  return x;
}

/** Options that make a tensor like `x`. */
export function placeOf(x: Tensor): { readonly dtype: FloatDType; readonly device: DeviceName } {
  return { dtype: x.dtype, device: x.device.name };
}

/** Throws: ShapeError. */
export function checkRank(op: string, x: Tensor, least: number, most: number = Infinity): void {
  if (x.rank >= least && x.rank <= most) return;
  const expected = most === least ? `${least}` : `${least} or more`;
  throw new ShapeError(`${op}: expected a tensor of ${expected} dimensions; given ${showShape(x.shape)}`);
}
