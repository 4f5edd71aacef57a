/** Matrix products of the wasm device against the cpu device: any shapes and strides, each tile, with and without FMA. */

import { fc } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { View } from '../../packages/core/src/device/device.ts';
import { matrixOf } from '../../packages/core/src/device/wasm/gemm-matrix.ts';
import { multiply, multiplyPacked, packMatrix } from '../../packages/core/src/device/wasm/gemm-run.ts';
import { type Tile, tileFor, useTile } from '../../packages/core/src/device/wasm/gemm-tile.ts';
import { matmul } from '../../packages/core/src/device/wasm/matmul.ts';
import { release } from '../../packages/core/src/device/wasm/memory.ts';
import { setThreads, startThreads } from '../../packages/core/src/device/wasm/threads.ts';
import { contiguous, type Layout, layouts, type Twin, twin } from './twins.ts';

const tiles: readonly [string, Tile, number][] = [
  ['narrow, with FMA', tileFor({ relaxedSimd: true, wideSimd: false }), 1],
  ['narrow, without FMA', tileFor({ relaxedSimd: false, wideSimd: false }), 3],
  ['wide', tileFor({ relaxedSimd: true, wideSimd: true }), 2],
  ['wide and low, without FMA', { rows: 5, columns: 16, unroll: 2, fma: false }, 1],
];

afterAll(() => {
  useTile(undefined);
  setThreads(1);
});

async function useThreads(count: number): Promise<void> {
  setThreads(count);
  expect((await startThreads()).ready).toBe(count - 1);
}

/** Numbers of either sign, all different, so that a wrong element cannot hide. */
const values =
  (seed: number) =>
  (i: number): number =>
    Math.fround(Math.sin(i * 1.37 + seed));

describe.each(tiles)('a tile that is %s', (_, tile, threads) => {
  beforeAll(() => useThreads(threads));

  const products = fc.record({
    M: fc.integer({ min: 1, max: 20 }),
    N: fc.integer({ min: 1, max: 40 }),
    K: fc.nat({ max: 20 }),
    batch: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  });

  test('multiplies matrices of any small shape, in any layout', () => {
    useTile(tile);
    fc.assert(
      fc.property(
        products.chain(({ M, N, K, batch }) =>
          fc.tuple(
            layouts([...batch, M, K], { expanded: true }),
            layouts([...batch, K, N], { expanded: true }),
            layouts([...batch, M, N]),
          ),
        ),
        (layout) => expectSameProduct(...layout),
      ),
      { numRuns: 300 },
    );
  });

  test.each(['A B', 'A^T B', 'A B^T', 'A^T B^T'])('multiplies %s for every remainder of rows and columns', (form) => {
    useTile(tile);
    const [transposeA, transposeB] = [form.startsWith('A^T'), form.endsWith('B^T')];
    for (let M = 17; M <= 17 + 2 * tile.rows; M++) {
      for (let N = 17; N <= 17 + tile.columns; N++) {
        const K = 1 + ((M + N) % 9);
        expectSameProduct(matrix(M, K, transposeA), matrix(K, N, transposeB), contiguous([M, N]));
      }
    }
  });

  // Beyond the blocks of 256 k, 120 rows and 1024 columns; in place and packed
  test.each([
    [300, 70, 520],
    [130, 1100, 30],
    [20, 1100, 300],
    [65, 40, 513],
    [5, 300, 700],
    [9, 3, 9000],
    [1, 1500, 40],
    [700, 1, 40],
    [1, 1, 9001],
  ])('multiplies %i x %i with %i inner elements', (M, N, K) => {
    useTile(tile);
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true])
        expectSameProduct(matrix(M, K, transposeA), matrix(K, N, transposeB), contiguous([M, N]));
    }
  });

  test('multiplies by a packed matrix, and adds to what is there', () => {
    useTile(tile);
    fc.assert(
      fc.property(
        products.chain(({ M, N, K }) =>
          fc.tuple(layouts([M, K]), layouts([K, N], { expanded: true }), fc.constant(contiguous([M, N], 3))),
        ),
        fc.boolean(),
        fc.boolean(),
        (layout, accumulate, packed) => {
          const [a, b, c] = twins(...layout);
          const before = c.all().cpu;
          const operands = { a: matrixOf(a.wasm), c: matrixOf(c.wasm), accumulate };
          if (packed) {
            const right = packMatrix(matrixOf(b.wasm));
            multiplyPacked(operands, right);
            release(right.buffer);
          } else multiply({ ...operands, b: matrixOf(b.wasm) });
          expectSame(a, b, c, accumulate ? before : undefined);
        },
      ),
    );
  });
});

test('results do not depend on the number of threads', async () => {
  useTile(undefined);
  const [a, b, c] = twins(contiguous([130, 300]), matrix(300, 270, true), contiguous([130, 270]));
  const results: unknown[] = [];
  for (const threads of [1, 2, 5]) {
    await useThreads(threads);
    matmul(a.wasm, b.wasm, c.wasm);
    results.push(c.all().wasm);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test('NaN and infinities reach the elements that they belong to, and no others', () => {
  useTile(undefined);
  const special = (i: number): number => (i === 5 ? Number.NaN : i === 30 ? Number.POSITIVE_INFINITY : i % 7);
  for (const [M, N, K] of [
    [7, 9, 10],
    [3, 50, 10],
    [1, 40, 10],
    [40, 1, 10],
  ] as const) {
    const [a, b, c] = [
      twin('f32', contiguous([M, K]), special),
      twin('f32', contiguous([K, N]), (i) => 1 + (i % 3)),
      twin('f32', contiguous([M, N]), () => 0),
    ];
    cpu.kernels.matmul(a.cpu, b.cpu, c.cpu);
    matmul(a.wasm, b.wasm, c.wasm);
    expect(c.all().wasm).toEqual(c.all().cpu);
  }
});

test('integers are multiplied modulo 2^32', () => {
  fc.assert(
    fc.property(fc.tuple(layouts([2, 3, 5], { expanded: true }), layouts([2, 5, 4]), layouts([2, 3, 4])), (layout) => {
      const [a, b, c] = layout.map((l, k) => twin('i32', l, (i) => (i * 7919 + k) % 30_000)) as [Twin, Twin, Twin];
      cpu.kernels.matmul(a.cpu, b.cpu, c.cpu);
      matmul(a.wasm, b.wasm, c.wasm);
      expect(c.all().wasm).toEqual(c.all().cpu);
    }),
  );
});

function matrix(rows: number, columns: number, transposed: boolean): Layout {
  const plain = contiguous([rows, columns]);
  return transposed ? { ...plain, strides: [1, rows] } : plain;
}

function twins(a: Layout, b: Layout, c: Layout): [Twin, Twin, Twin] {
  return [twin('f32', a, values(1)), twin('f32', b, values(2)), twin('f32', c, values(3))];
}

function expectSameProduct(...layout: [Layout, Layout, Layout]): void {
  const [a, b, c] = twins(...layout);
  matmul(a.wasm, b.wasm, c.wasm);
  expectSame(a, b, c);
  for (const { wasm } of [a, b, c]) release(wasm.buffer);
}

/** The product lies within 1e-5 |A| |B| of the reference, and what is not an element of the output is untouched. */
function expectSame(a: Twin, b: Twin, c: Twin, addedTo?: ArrayLike<number>): void {
  if (c.cpu.shape.includes(0)) return;
  const bound = onCpu(c.cpu, () => Number.NaN);
  cpu.kernels.matmul(absolute(a.cpu), absolute(b.cpu), bound);
  cpu.kernels.matmul(a.cpu, b.cpu, c.cpu);
  const [expected, actual, bounds] = [c.all().cpu, c.all().wasm, arrayOf(bound)];
  for (let i = 0; i < expected.length; i++) {
    const isElement = !Number.isNaN(bounds[i]);
    const target = expected[i]! + (isElement && addedTo ? addedTo[i]! : 0);
    const tolerance = isElement ? 1e-5 * bounds[i]! + (addedTo ? 1e-6 : 0) : 0;
    if (!(Math.abs(actual[i]! - target) <= tolerance)) expect.fail(`element ${i}: ${actual[i]} instead of ${target}`);
  }
}

function absolute(view: View): View {
  return onCpu(view, (i) => Math.abs(arrayOf(view)[i]!));
}

/** A view of the same layout. */
function onCpu(view: View, values: (i: number) => number): View {
  const { length } = arrayOf(view);
  const buffer = cpu.allocate('f32', length);
  const copy = { ...view, buffer };
  for (let i = 0; i < length; i++) arrayOf(copy)[i] = values(i);
  return copy;
}

function arrayOf(view: View): Float32Array {
  return (view.buffer as unknown as { array: Float32Array }).array;
}
