/** What adapters share. */

import { type AnyTensor, type DType, Tensor } from '@tapegrad/core';
import type { DTypeValue } from '../python/values.ts';
import type { Place } from '../row.ts';

/** Options without those that were not given: PyTorch's default is then to be tapegrad's own. */
export function some<O extends object>(options: O): { [N in keyof O]?: Exclude<O[N], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [N in keyof O]?: Exclude<O[N], undefined>;
  };
}

const RANK: readonly DType[] = ['bool', 'i32', 'f32', 'f64'];

/** Operands as PyTorch would promote them. tapegrad does not: whoever mixes dtypes there writes the casts. */
export function promoted(a: Tensor | number, b: Tensor | number, place: Place): [Tensor | number, Tensor | number] {
  const wanted = [a, b].map((x): DType => {
    if (x instanceof Tensor) return x.dtype;
    return Number.isInteger(x) ? 'bool' : place.dtype; // a whole number takes the dtype beside it
  });
  const target = RANK[Math.max(...wanted.map((dtype) => RANK.indexOf(dtype)))]!;
  const cast = (x: Tensor | number): Tensor | number =>
    x instanceof Tensor && x.dtype !== target ? (x.cast(target) as Tensor) : x;
  return [cast(a), cast(b)];
}

/** As promoted, and floats: `/` and functions turn integers into floats. */
export function floats(a: Tensor | number, b: Tensor | number, place: Place): [Tensor | number, Tensor | number] {
  return promoted(float(a, place), float(b, place), place);
}

export function float(x: Tensor, place: Place): Tensor;
export function float(x: Tensor | number, place: Place): Tensor | number;
export function float(x: Tensor | number, place: Place): Tensor | number {
  return x instanceof Tensor && !isFloat(x) ? (x as AnyTensor).cast(place.dtype) : x;
}

export function isFloat(x: AnyTensor): boolean {
  return x.dtype === 'f32' || x.dtype === 'f64';
}

/** tapegrad's dtype for PyTorch's: all floats are the one that the device computes in. */
export function dtypeOf({ kind }: DTypeValue, place: Place): DType {
  return kind === 'float' ? place.dtype : kind;
}
