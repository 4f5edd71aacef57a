/**
 * Inputs of tests, made without randomness: distinct values, none on a kink, so that finite differences are honest. They
 * are on the cpu device, which has f64, and which is the default where they are used.
 */

import { type BoolTensor, type IntTensor, type Shape, setDevice, type Tensor, tensor } from '@tapegrad/core';

await setDevice('cpu');

/** Makes an input; `k` is its position among the inputs of a case, and shifts the values so that no two inputs tie. */
export type Make<T> = (k: number) => T;

/** f64 values spread evenly over (low, high) in a scrambled order: all distinct, also from those of other inputs. */
export function between(low: number, high: number): (...shape: Shape) => Make<Tensor> {
  return (...shape) =>
    (k) => {
      const n = shape.reduce((a, b) => a * b, 1);
      const shift = 0.37 + 0.17 * (k % 4);
      const values = Float64Array.from(scrambled(n, k), (i) => low + ((high - low) * (i + shift)) / n);
      return tensor(values, { dtype: 'f64' }).reshape(shape);
    };
}

export const real: ReturnType<typeof between> = between(-2, 2);
export const positive: ReturnType<typeof between> = between(0.3, 2.5);
/** Inside of (-1, 1), for asin and atanh. */
export const unit: ReturnType<typeof between> = between(-0.9, 0.9);
export const aboveOne: ReturnType<typeof between> = between(1.2, 3);
/** Reaches the saturated end of clipped activations. */
export const wide: ReturnType<typeof between> = between(-3, 9);

/** i32 values 0...high-1, each as often as the others. */
export function ints(high: number, ...shape: Shape): Make<IntTensor> {
  return (k) => {
    const n = shape.reduce((a, b) => a * b, 1);
    return tensor(Int32Array.from(scrambled(n, k), (i) => i % high)).reshape(shape);
  };
}

export function mask(...shape: Shape): Make<BoolTensor> {
  return (k) => {
    const n = shape.reduce((a, b) => a * b, 1);
    return tensor(Uint8Array.from(scrambled(n, k), (i) => i % 2)).reshape(shape);
  };
}

/** The given values, f64. */
export function exactly(values: Parameters<typeof tensor>[0]): Make<Tensor> {
  return () => tensor(values, { dtype: 'f64' });
}

/** The same values behind an offset, gaps and negative strides, in column-major order. */
export function scattered<T extends Tensor<'f32' | 'f64' | 'i32' | 'bool'>>(x: T): T {
  const every = x.shape.map((_, d) => d);
  const turned = x
    .flip(every)
    .permute([...every].reverse())
    .contiguous();
  const framed = (turned as unknown as Tensor).pad(every.flatMap(() => [1, 2]));
  const window = every.reduce<Tensor>((y, d) => y.narrow(d, 1, turned.shape[d]!), framed);
  return window.permute([...every].reverse()).flip(every) as unknown as T;
}

/** 0...n-1, each once, in an order without runs. */
function scrambled(n: number, k: number): number[] {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let step = Math.max(1, Math.round(0.618 * n));
  while (gcd(step, n) !== 1) step++;
  return Array.from({ length: n }, (_, i) => (i * step + k) % n);
}
