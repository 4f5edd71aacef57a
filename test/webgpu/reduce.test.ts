/** Reductions and running sums on the webgpu device against the cpu's, which accumulates in f64. */

import { fc } from '@fast-check/vitest';
import { describe, expect, test, vi } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { ReduceOp, View } from '../../packages/core/src/device/device.ts';
import { acquireDevice } from '../../packages/core/src/device/webgpu/acquire.ts';
import { Gpu } from '../../packages/core/src/device/webgpu/gpu.ts';
import { reduce } from '../../packages/core/src/device/webgpu/reduce.ts';
import type { DType, TypedArray } from '../../packages/core/src/dtype.ts';
import { contiguous, type Layout, layouts, smallShapes } from '../wasm/twins.ts';
import { allOf, pair, webgpu } from './mirror.ts';

const dtypes: readonly DType[] = ['f32', 'i32', 'bool'];
const reduceOps: readonly ReduceOp[] = ['sum', 'max', 'min', 'argmax', 'argmin'];
/** Numbers, and what is special about f32. Sums of these are exact. */
const edges = [0, -0, 1.5, -2.25, 3, 2 ** 20, -(2 ** 20), 1e-40, Infinity, -Infinity, NaN];

/** How far float sums may be off, relative to the sum of the magnitudes: a few roundings. */
const EXACTNESS = 6 * 2 ** -24;
/** Subnormal numbers may count as 0. */
const FLUSHED = 2 ** -120;

function expectClose(found: TypedArray, expected: TypedArray, magnitudes: TypedArray): void {
  let [worst, at] = [0, 0];
  found.forEach((value, i) => {
    const difference = Math.abs(value - expected[i]!);
    const isSame = difference < FLUSHED || Object.is(value, expected[i]);
    const error = isSame ? 0 : difference / magnitudes[i]!;
    if (!(error <= worst)) [worst, at] = [error, i];
  });
  expect(worst, `element ${at} is ${expected[at]}, given ${found[at]}`).toBeLessThanOrEqual(EXACTNESS);
}

async function expectReduced(
  op: ReduceOp,
  dtype: DType,
  layout: Layout,
  dims: readonly number[],
  values: (i: number) => number,
): Promise<void> {
  const answer = op.startsWith('arg') || dtype === 'bool' ? 'i32' : dtype;
  const shape = layout.shape.map((n, d) => (dims.includes(d) ? 1 : n));
  const [x, y, z] = [
    pair(dtype, layout, values),
    ...[9, 9].map((old) => pair(answer, contiguous(shape, 3), () => old)),
  ];
  cpu.kernels.reduce(op, x!.cpu, dims, y!.cpu);
  webgpu().kernels.reduce(op, x!.webgpu, dims, y!.webgpu);
  const all = await allOf(y!);
  if (op === 'sum' && dtype === 'f32') {
    cpu.kernels.reduce('sum', pair(dtype, layout, (i) => Math.abs(values(i))).cpu, dims, z!.cpu);
    expectClose(all.webgpu, all.cpu, (await allOf(z!)).cpu);
  } else expect(all.webgpu).toEqual(all.cpu);
}

function dimsOf(op: ReduceOp, shape: readonly number[]): fc.Arbitrary<number[]> {
  const all = shape.map((_, d) => d);
  if (!op.startsWith('arg')) return fc.subarray(all);
  return fc.constantFrom(...all.map((d) => [d]), ...(all.length === 0 ? [[]] : []));
}

describe('reduce', () => {
  const elements: Record<string, fc.Arbitrary<number>> = {
    f32: fc.oneof({ weight: 4, arbitrary: fc.float({ min: -9, max: 9 }) }, fc.constantFrom(...edges)),
    i32: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31))),
    bool: fc.integer({ min: 0, max: 1 }),
  };

  test.each(reduceOps.flatMap((op) => dtypes.map((dtype) => [op, dtype] as const)))(
    '%s of %s over any dimensions of any layout',
    async (op, dtype) => {
      const any = smallShapes
        .chain((shape) => fc.tuple(layouts(shape, { expanded: true }), dimsOf(op, shape)))
        // The extreme of nothing is no number: ops refuse it.
        .filter(([{ shape }, dims]) => op === 'sum' || dims.every((d) => shape[d] !== 0));
      await fc.assert(
        fc.asyncProperty(any, fc.array(elements[dtype]!, { minLength: 1, maxLength: 40 }), ([layout, dims], values) =>
          expectReduced(op, dtype, layout, dims, (i) => values[i % values.length]!),
        ),
        { numRuns: 40 },
      );
    },
  );

  test.each([
    ['all of one', [100_003], [0]],
    ['lines', [5, 12_001], [1]],
    ['short lines', [1000, 33], [1]],
    ['columns', [12_001, 5], [0]],
    ['many columns', [300, 201], [0]],
    ['the middle', [3, 5000, 7], [1]],
    ['both ends', [70, 3, 131], [0, 2]],
    ['all three', [40, 41, 42], [0, 1, 2]],
    ['the outer two', [40, 41, 42], [0, 1]],
  ])('%s of a size that many threads share', async (_, shape, dims) => {
    const layout = contiguous(shape);
    const reversed = { ...layout, strides: layout.strides.map((s) => -s), offset: layout.length - 1 };
    const wave = (i: number): number => Math.sin(i * i);
    for (const op of ['sum', 'max', 'min'] as const) {
      await expectReduced(op, 'f32', layout, dims, wave);
      await expectReduced(op, 'f32', reversed, dims, wave);
      await expectReduced(op, 'i32', layout, dims, (i) => Math.imul(i, 0x9e3779b1));
      await expectReduced(op, 'bool', layout, dims, (i) => Number(wave(i) > 0));
    }
    await expectReduced('sum', 'f32', layout, dims, () => 0.1);
    if (dims.length === 1) {
      for (const op of ['argmax', 'argmin'] as const) {
        await expectReduced(op, 'f32', layout, dims, wave);
        await expectReduced(op, 'i32', reversed, dims, (i) => i % 5);
      }
    }
  });

  test('NaN is the largest and the smallest, wherever it is, and the first one is the answer', async () => {
    for (const at of [0, 1, 255, 256, 5000, 19_999]) {
      const values = (i: number): number => (i === at || i === 12_345 ? NaN : i % 7 === 0 ? Infinity : -i);
      for (const op of reduceOps) await expectReduced(op, 'f32', contiguous([20_000]), [0], values);
    }
  });

  test('a long sum is as exact as short ones', async () => {
    const x = pair('f32', contiguous([1 << 20]), (i) => 1 + Math.fround(Math.sin(i)) * 2 ** -10);
    const y = pair('f32', contiguous([1]), () => 0);
    cpu.kernels.reduce('sum', x.cpu, [0], y.cpu);
    webgpu().kernels.reduce('sum', x.webgpu, [0], y.webgpu);
    const all = await allOf(y);
    expect(Math.abs(all.webgpu[0]! - all.cpu[0]!)).toBeLessThanOrEqual(all.cpu[0]! * EXACTNESS);
  });

  test('gives the same bits with subgroups and without, each time', async () => {
    const gpu = new Gpu(await acquireDevice());
    const shape = [3, 40_001];
    const view = (shape: readonly number[]): View => ({
      ...contiguous(shape),
      buffer: gpu.allocate(contiguous(shape).length),
      dtype: 'f32',
    });
    const [x, ...sums] = [view(shape), view([3, 1]), view([3, 1]), view([3, 1])] as const;
    gpu.write(
      Float32Array.from({ length: 3 * 40_001 }, (_, i) => Math.sin(i * i)),
      x.buffer,
    );
    reduce(gpu)('sum', x, [1], sums[0]);
    reduce(gpu)('sum', x, [1], sums[1]);
    vi.spyOn(gpu, 'hasSubgroups', 'get').mockReturnValue(false);
    reduce(gpu)('sum', x, [1], sums[2]);
    const [first, again, without] = await Promise.all(sums.map((y) => gpu.read(y)));
    expect(again).toEqual(first);
    expect(without).toEqual(first);
  });
});

describe('cumsum', () => {
  async function expectSums(
    dtype: 'f32' | 'i32',
    source: Layout,
    dim: number,
    target: Layout,
    values: (i: number) => number,
  ): Promise<void> {
    const [x, y, z] = [pair(dtype, source, values), ...[7, 7].map((old) => pair(dtype, target, () => old))];
    cpu.kernels.cumsum(x!.cpu, dim, y!.cpu);
    webgpu().kernels.cumsum(x!.webgpu, dim, y!.webgpu);
    const all = await allOf(y!);
    if (dtype === 'f32') {
      cpu.kernels.cumsum(pair(dtype, source, (i) => Math.abs(values(i))).cpu, dim, z!.cpu);
      expectClose(all.webgpu, all.cpu, (await allOf(z!)).cpu);
    } else expect(all.webgpu).toEqual(all.cpu);
  }

  test.each(['f32', 'i32'] as const)('of %s along any dimension of any layout', async (dtype) => {
    const any = smallShapes.chain((shape) =>
      fc.tuple(layouts(shape, { expanded: true }), layouts(shape), fc.nat({ max: Math.max(0, shape.length - 1) })),
    );
    await fc.assert(
      fc.asyncProperty(any, ([source, target, dim]) =>
        expectSums(dtype, source, dim, target, (i) => (dtype === 'f32' ? edges[i % edges.length]! : i - 5)),
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ['a line of one segment', [65], 0],
    ['a whole segment', [1024], 0],
    ['two segments', [1025], 0],
    ['segments whose totals make one', [70_003], 0],
    ['several lines', [3, 5000], 1],
    ['columns', [5000, 3], 0],
    ['the middle', [2, 2100, 5], 1],
  ])('of %s', async (_, shape, dim) => {
    const layout = contiguous(shape);
    const turned = { ...layout, strides: layout.strides.map((s) => -s), offset: layout.length - 1 };
    await expectSums('f32', layout, dim, turned, (i) => Math.sin(i * i));
    await expectSums('f32', turned, dim, layout, () => 0.1);
    await expectSums('i32', turned, dim, layout, (i) => Math.imul(i, 0x9e3779b1));
  });

  test('of segments of segments', async () => {
    const layout = contiguous([1024 * 1024 + 1025]);
    await expectSums('f32', layout, 0, layout, () => 0.1);
  });

  test('NaN and infinities stay with what comes after them', async () => {
    for (const at of [0, 63, 700, 1500, 2999]) {
      await expectSums('f32', contiguous([3000]), 0, contiguous([3000]), (i) => (i === at ? NaN : 1));
      await expectSums('f32', contiguous([3000]), 0, contiguous([3000]), (i) => (i === at ? -Infinity : 1));
    }
  });
});
