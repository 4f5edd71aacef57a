/** Matrix products, gather and scatterAdd on the webgpu device against the cpu's. */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import { contiguous, type Layout, layouts } from '../wasm/twins.ts';
import { allOf, pair, webgpu } from './mirror.ts';

/** How far sums of products may be off, relative to the product of the magnitudes. */
const EXACTNESS = 1e-5;

const values =
  (seed: number) =>
  (i: number): number =>
    Math.fround(Math.sin(i * 1.37 + seed));

function matrix(rows: number, columns: number, transposed = false): Layout {
  if (!transposed) return contiguous([rows, columns]);
  return { ...contiguous([columns, rows]), shape: [rows, columns], strides: [1, rows] };
}

/** `plus`: what is added to the product. */
async function expectSameProduct(a: Layout, b: Layout, y: Layout, plus?: Layout | 'itself'): Promise<void> {
  const [x, z] = [pair('f32', a, values(0)), pair('f32', b, values(1))];
  const [size, sizeOfB] = [
    pair('f32', a, (i) => Math.abs(values(0)(i))),
    pair('f32', b, (i) => Math.abs(values(1)(i))),
  ];
  const [product, magnitude] = [pair('f32', y, values(2)), pair('f32', y, () => 1)];
  const added = plus === 'itself' ? product : plus && pair('f32', plus, values(4));
  const one = plus && pair('f32', plus === 'itself' ? y : plus, () => 1);
  cpu.kernels.matmul(x.cpu, z.cpu, product.cpu, { plus: added?.cpu });
  cpu.kernels.matmul(size.cpu, sizeOfB.cpu, magnitude.cpu, { plus: one?.cpu });
  webgpu().kernels.matmul(x.webgpu, z.webgpu, product.webgpu, { plus: added?.webgpu });
  const found = await allOf(product);
  const largest = (await allOf(magnitude)).cpu;
  let worst = 0;
  found.webgpu.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - found.cpu[i]!) / Math.max(largest[i]!, 1e-3));
  });
  expect(worst).toBeLessThanOrEqual(EXACTNESS);
}

describe('a matrix product', () => {
  const shapes = fc.record({
    M: fc.integer({ min: 1, max: 9 }),
    N: fc.integer({ min: 1, max: 9 }),
    K: fc.nat({ max: 9 }),
    batch: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  });

  test('is the same for any small shape, in any layout', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes.chain(({ M, N, K, batch }) =>
          fc.tuple(
            layouts([...batch, M, K], { expanded: true }),
            layouts([...batch, K, N], { expanded: true }),
            layouts([...batch, M, N]),
            layouts([...batch, M, N], { expanded: true }),
          ),
        ),
        fc.constantFrom('nothing', 'itself', 'another'),
        ([a, b, y, other], plus) =>
          expectSameProduct(a, b, y, plus === 'another' ? other : plus === 'itself' ? plus : undefined),
      ),
      { numRuns: 60 },
    );
  });

  const forms = ['A B', 'A^T B', 'A B^T', 'A^T B^T'];
  const operands = (form: string, sizes: readonly [number, number, number], batch: number[] = []) => {
    const [M, K, N] = sizes;
    const of = (rows: number, columns: number, transposed: boolean): Layout => {
      const { length, strides, ...rest } = contiguous([...batch, ...(transposed ? [columns, rows] : [rows, columns])]);
      const [down, right] = strides.slice(-2) as [number, number];
      const turned = transposed ? [...strides.slice(0, -2), right, down] : strides;
      return { ...rest, length, strides: turned, shape: [...batch, rows, columns] };
    };
    return [of(M, K, form.startsWith('A^T')), of(K, N, form.endsWith('B^T')), contiguous([...batch, M, N])] as const;
  };

  test.each(forms)('%s in many tiles, with edges', async (form) => {
    await expectSameProduct(...operands(form, [65, 33, 130], [11]));
  });

  test('in many tiles, for each of a batch, with what was there, or a bias', async () => {
    const bias = { shape: [16, 70, 66], strides: [0, 0, 1], offset: 2, length: 68 };
    for (const plus of ['itself', bias] as const)
      await expectSameProduct(contiguous([16, 70, 20]), contiguous([16, 20, 66]), contiguous([16, 70, 66]), plus);
  });

  test.each(forms)('%s, four elements at a time where they lie so, with edges', async (form) => {
    for (const sizes of [
      [4, 4, 4],
      [64, 100, 72],
      [65, 36, 70], // along K only
      [68, 35, 72], // across K only
    ] as const) {
      await expectSameProduct(...operands(form, sizes));
      const [a, b, y] = operands(form, sizes, [3]);
      await expectSameProduct(a, b, y, 'itself');
      await expectSameProduct({ ...a, offset: 1, length: a.length + 1 }, b, y);
      await expectSameProduct(a, { ...b, offset: 8, length: b.length + 8 }, y);
    }
  });

  test.each([
    [1, 1000, 1],
    [1, 129, 200],
    [20, 300, 25],
  ])('[%i, %i] x [.., %i] as dots', async (M, K, N) => {
    await expectSameProduct(contiguous([2, M, K]), contiguous([2, K, N]), contiguous([2, M, N]), 'itself');
    const column = { shape: [M, N], strides: [1, 0], offset: 0, length: M };
    await expectSameProduct(contiguous([M, K]), contiguous([K, N]), contiguous([M, N]), column);
    await expectSameProduct(matrix(M, K, true), matrix(K, N, true), contiguous([M, N]));
  });
});

describe('reading and adding at indices', () => {
  const cases = fc
    .record({
      shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      dim: fc.nat(2),
      length: fc.nat({ max: 7 }),
      dtype: fc.constantFrom('f32' as const, 'i32' as const),
    })
    .map((c) => ({ ...c, dim: c.dim % c.shape.length }))
    .chain((c) => {
      const shape = c.shape.with(c.dim, c.length);
      return fc.tuple(fc.constant(c), layouts(c.shape), layouts(shape, { expanded: true }), layouts(shape));
    });

  test('gather reads the same', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([{ shape, dim, dtype }, table, at, into]) => {
        const x = pair(dtype, table, (i) => 3 * i + 1);
        const index = pair('i32', at, (i) => (7 * i + 2) % shape[dim]!);
        const y = pair(dtype, into, () => -1);
        cpu.kernels.gather(x.cpu, dim, index.cpu, y.cpu);
        webgpu().kernels.gather(x.webgpu, dim, index.webgpu, y.webgpu);
        const all = await allOf(y);
        expect(all.webgpu).toEqual(all.cpu);
      }),
      { numRuns: 30 },
    );
  });

  test('scatterAdd adds the same, in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([{ shape, dim, dtype }, table, at, from]) => {
        const x = pair(dtype, from, (i) => (dtype === 'f32' ? values(3)(i) : 3 * i));
        const index = pair('i32', at, (i) => (7 * i + 2) % shape[dim]!);
        const y = pair(dtype, table, (i) => i);
        cpu.kernels.scatterAdd(x.cpu, dim, index.cpu, y.cpu);
        webgpu().kernels.scatterAdd(x.webgpu, dim, index.webgpu, y.webgpu);
        const all = await allOf(y);
        expect(all.webgpu).toEqual(all.cpu);
      }),
      { numRuns: 30 },
    );
  });

  test('scatterAdd of long lines to many places goes line by line, and adds the same', async () => {
    const [places, length] = [70_000, 1000];
    const x = pair('f32', contiguous([length]), values(4));
    const index = pair('i32', contiguous([length]), (i) => (i * 31) % 500);
    const y = pair('f32', contiguous([places]), () => 0);
    cpu.kernels.scatterAdd(x.cpu, 0, index.cpu, y.cpu);
    webgpu().kernels.scatterAdd(x.webgpu, 0, index.webgpu, y.webgpu);
    const all = await allOf(y);
    expect(all.webgpu).toEqual(all.cpu);
  });
});
