/** Matrix products of the wasm device against the cpu device: any shapes and strides, each tile, with and without FMA. */

import { fc } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { View } from '../../packages/core/src/device/device.ts';
import { matrixOf } from '../../packages/core/src/device/wasm/gemm-matrix.ts';
import { multiplyPacked, packMatrix } from '../../packages/core/src/device/wasm/gemm-run.ts';
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
            layouts([...batch, M, N], { expanded: true }),
          ),
        ),
        fc.constantFrom('nothing', 'itself', 'another'),
        ([a, b, c, other], plus) =>
          expectSameProduct(a, b, c, plus === 'another' ? other : plus === 'itself' ? plus : undefined),
      ),
      { numRuns: 400 },
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

  // Beyond the blocks of 512 k, 120 rows and 512 columns; in place and packed
  test.each([
    [300, 70, 520],
    [130, 600, 30],
    [20, 600, 600],
    [65, 40, 1025],
    [5, 300, 1300],
    [9, 3, 9000],
    [1, 1500, 40],
    [700, 1, 40],
    [1, 1, 9001],
  ])('multiplies %i x %i with %i inner elements', (M, N, K) => {
    useTile(tile);
    const c = contiguous([M, N]);
    const row = { ...c, strides: [0, 1] };
    for (const transposed of [false, true]) {
      expectSameProduct(matrix(M, K, transposed), matrix(K, N, transposed), c, transposed ? 'itself' : row);
      expectSameProduct(matrix(M, K, transposed), matrix(K, N, !transposed), c, transposed ? row : undefined);
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
        (layout, accumulate) => {
          const [a, b, c] = twins(...layout);
          const right = packMatrix(matrixOf(b.wasm));
          const [left, to] = [matrixOf(a.wasm), matrixOf(c.wasm)];
          multiplyPacked({ a: left, c: to, plus: accumulate ? to : undefined }, right);
          release(right.buffer);
          expectSame(a, b, c, accumulate ? c : undefined);
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

function matrix(rows: number, columns: number, transposed: boolean): Layout {
  const plain = contiguous([rows, columns]);
  return transposed ? { ...plain, strides: [1, rows] } : plain;
}

function twins(a: Layout, b: Layout, c: Layout): [Twin, Twin, Twin] {
  return [twin('f32', a, values(1)), twin('f32', b, values(2)), twin('f32', c, values(3))];
}

/** `plus`: what is added to the product. */
function expectSameProduct(a: Layout, b: Layout, c: Layout, plus?: Layout | 'itself'): void {
  const [x, y, z] = twins(a, b, c);
  const p = plus === 'itself' ? z : plus && twin('f32', plus, values(4));
  matmul(x.wasm, y.wasm, z.wasm, { plus: p?.wasm });
  expectSame(x, y, z, p);
  for (const { wasm } of new Set([x, y, z, p ?? z])) release(wasm.buffer);
}

/** The result lies within 1e-5 (|A| |B| + |P|) of the reference, and what is no element of the output is untouched. */
function expectSame(a: Twin, b: Twin, c: Twin, p?: Twin): void {
  if (c.cpu.shape.includes(0)) return;
  const bound = onCpu(c.cpu, () => Number.NaN);
  cpu.kernels.matmul(absolute(a.cpu), absolute(b.cpu), bound, { plus: p && absolute(p.cpu) });
  cpu.kernels.matmul(a.cpu, b.cpu, c.cpu, { plus: p?.cpu });
  const [expected, actual, bounds] = [c.all().cpu, c.all().wasm, arrayOf(bound)];
  for (let i = 0; i < expected.length; i++) {
    const tolerance = Number.isNaN(bounds[i]) ? 0 : 1e-5 * bounds[i]!;
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance))
      expect.fail(`element ${i}: ${actual[i]} instead of ${expected[i]}`);
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
