/** Comparing with golden vectors, at the tolerances of test/golden/vectors/README.md. */

import { type AnyTensor, type NestedArray, type Tensor, tensor } from '@tapegrad/core';
import { expect } from 'vitest';
import type { StoredTensor } from '../../packages/nn/src/serialize/safetensors.ts';

/** f64: 1e-10 + 1e-9 |b|; f32: 1e-5 max(1, max|b|) + 1e-4 |b|. Non-finite values equal themselves. */
export async function expectClose(a: Tensor, b: Tensor, what: string): Promise<void> {
  expect(a.shape, what).toEqual(b.shape);
  const [given, expected] = [await a.data(), await b.data()];
  const largest = Math.max(1, ...[...expected].filter(Number.isFinite).map(Math.abs));
  const [atol, rtol] = a.dtype === 'f64' ? [1e-10, 1e-9] : [1e-5 * largest, 1e-4];
  given.forEach((x, i) => {
    const y = expected[i]!;
    const close = Object.is(x, y) || Math.abs(x - y) <= atol + rtol * Math.abs(y);
    if (!close) expect.fail(`${what}[${i}]: given ${x}, expected ${y}`);
  });
}

/** Whether values are the same bit by bit. */
export function bitwise(a: AnyTensor, b: AnyTensor): boolean {
  const [x, y] = [a.dataSync(), b.dataSync()];
  return a.dtype === b.dtype && x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
}

/** A tensor of a file, of the same dtype. */
export function stored({ data, shape, dtype }: StoredTensor): AnyTensor {
  return (tensor(data as unknown as NestedArray) as Tensor).reshape(shape).cast(dtype);
}
