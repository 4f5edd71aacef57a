/** The same views on the cpu device and on the wasm device, with any strides: what one computes the other must too. */

import { fc } from '@fast-check/vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { Buffer, View } from '../../packages/core/src/device/device.ts';
import { allocate, arrayOf } from '../../packages/core/src/device/wasm/memory.ts';
import type { DType, TypedArray } from '../../packages/core/src/dtype.ts';
import { contiguousStrides } from '../../packages/core/src/shape.ts';

export interface Layout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** Elements of the buffer. */
  readonly length: number;
}

export interface LayoutOptions {
  /** Dimensions of stride 0, as broadcasting makes them. */
  readonly expanded?: boolean;
}

/** Any way to lay a shape out: any order of dimensions, gaps, walked backwards, repeated. */
export function layouts(shape: readonly number[], { expanded = false }: LayoutOptions = {}): fc.Arbitrary<Layout> {
  const dim = fc.record({
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    gap: fc.constantFrom(1, 1, 1, 2),
    flip: fc.constantFrom(false, false, true),
    repeat: expanded ? fc.constantFrom(false, false, false, true) : fc.constant(false),
  });
  const dims = fc.array(dim, { minLength: shape.length, maxLength: shape.length });
  const plain = fc.boolean(); // half of all layouts are the usual, contiguous one
  return fc.tuple(dims, fc.nat({ max: 5 }), plain).map(([choices, start, usual]) => {
    const strides = shape.map(() => 0);
    let step = 1;
    let offset = start;
    const order = shape.map((_, d) => d).reverse();
    if (!usual) order.sort((a, b) => choices[a]!.place - choices[b]!.place);
    for (const d of order) {
      const { gap, flip, repeat } = usual ? { gap: 1, flip: false, repeat: false } : choices[d]!;
      if (repeat) continue;
      strides[d] = step * gap * (flip ? -1 : 1);
      if (flip) offset += (shape[d]! - 1) * step * gap;
      step *= gap * Math.max(1, shape[d]!);
    }
    return { shape, strides, offset: Math.max(0, offset), length: step + start };
  });
}

/** Row-major without gaps, from element `offset` of the buffer on. */
export function contiguous(shape: readonly number[], offset = 0): Layout {
  const length = shape.reduce((total, n) => total * n, 1);
  return { shape, strides: contiguousStrides(shape), offset, length: offset + length };
}

export interface Twin {
  readonly cpu: View;
  readonly wasm: View;
  /** Every element of each buffer, also those that the view leaves out. */
  all(): { readonly cpu: TypedArray; readonly wasm: TypedArray };
}

/** A view on each device with equal elements: `values(i)` is the i-th of the buffer. */
export function twin(dtype: DType, { length, ...view }: Layout, values: (i: number) => number): Twin {
  const [onCpu, onWasm]: [Buffer, Buffer] = [cpu.allocate(dtype, length), allocate(dtype, length)];
  const bytes = new Float64Array(length).map((_, i) => values(i));
  (onCpu as unknown as { array: TypedArray }).array.set(bytes);
  arrayOf(onWasm, dtype, 0, length).set(bytes);
  return {
    cpu: { buffer: onCpu, dtype, ...view },
    wasm: { buffer: onWasm, dtype, ...view },
    all: () => ({
      cpu: (onCpu as unknown as { array: TypedArray }).array.slice(),
      wasm: arrayOf(onWasm, dtype, 0, length).slice(),
    }),
  };
}

/** Shapes of few elements, sizes of 0 and 1 among them. */
export const smallShapes: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 7 }), { maxLength: 4 });
