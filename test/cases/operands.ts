/** Operands of the calls that must throw. */

import { type BoolTensor, type Tensor, tensor } from '@tapegrad/core';

export const x23: Tensor = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
export const x3: Tensor = tensor([1, 2, 3]);
export const x4: Tensor = tensor([1, 2, 3, 4]);
export const i3 = tensor(Int32Array.of(0, 1, 2));
export const m3: BoolTensor = tensor([true, false, true]);
export const int = (...values: number[]): typeof i3 => tensor(Int32Array.from(values));

// What the types forbid, and JavaScript allows.
export const float = (x: unknown): Tensor => x as Tensor;
export const bool = (x: unknown): BoolTensor => x as BoolTensor;
