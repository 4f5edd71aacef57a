/** Each kernel family of the wasm device against the cpu device, on any shapes and strides. */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { findOutside as findOnCpu } from '../../packages/core/src/device/cpu/copy.ts';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { Distribution, ReduceOp } from '../../packages/core/src/device/device.ts';
import { copy } from '../../packages/core/src/device/wasm/copy.ts';
import { cumsum } from '../../packages/core/src/device/wasm/cumsum.ts';
import { findOutside } from '../../packages/core/src/device/wasm/find-outside.ts';
import { gather } from '../../packages/core/src/device/wasm/gather.ts';
import { random } from '../../packages/core/src/device/wasm/random.ts';
import { reduce } from '../../packages/core/src/device/wasm/reduce.ts';
import { scatterAdd } from '../../packages/core/src/device/wasm/scatter-add.ts';
import type { DType } from '../../packages/core/src/dtype.ts';
import { worstDifference } from '../../packages/core/src/testing/allclose.ts';
import { COPIED } from '../support/edges.ts';
import { contiguous, type Layout, layouts, smallShapes, twin } from './twins.ts';

const wasmDTypes = ['f32', 'i32', 'bool'] as const;
const reduceOps: readonly ReduceOp[] = ['sum', 'max', 'min', 'argmax', 'argmin'];

describe('copy', () => {
  const cases = wasmDTypes.flatMap((from) => wasmDTypes.map((to) => [from, to] as const));

  test.each(cases)('%s to %s, between any two layouts', (from, to) => {
    const pool = COPIED[from];
    fc.assert(
      fc.property(
        smallShapes.chain((shape) => fc.tuple(layouts(shape, { expanded: true }), layouts(shape))),
        fc.nat(),
        ([source, target], seed) => {
          const x = twin(from, source, (i) => pool[(i * 7 + seed) % pool.length]!);
          const y = twin(to, target, (i) => i % 2);
          cpu.kernels.copy(x.cpu, y.cpu);
          copy(x.wasm, y.wasm);
          expect(y.all().wasm).toEqual(y.all().cpu);
        },
      ),
    );
  });

  test.each([
    [1, 1000],
    [33, 65],
    [100, 31],
    [3, 5],
    [128, 256],
  ])('transposes %i x %i, in batches too', (R, C) => {
    for (const batch of [1, 3]) {
      const layout = { shape: [batch, R, C], strides: [R * C, 1, R], offset: 0, length: batch * R * C };
      const x = twin('f32', layout, (i) => i);
      const y = twin('f32', { ...layout, strides: [R * C, C, 1] }, () => 0);
      cpu.kernels.copy(x.cpu, y.cpu);
      copy(x.wasm, y.wasm);
      expect(y.all().wasm).toEqual(y.all().cpu);
    }
  });

  test.each(cases)('%s to %s of a row longer than a segment', (from, to) => {
    const layout = { shape: [50_001], strides: [1], offset: 3, length: 50_004 };
    const x = twin(from, layout, (i) => (from === 'bool' ? i % 2 : i - 100));
    const y = twin(to, layout, () => 0);
    cpu.kernels.copy(x.cpu, y.cpu);
    copy(x.wasm, y.wasm);
    expect(y.all().wasm).toEqual(y.all().cpu);
  });
});

describe('findOutside', () => {
  test('finds the first index out of range, and its position', () => {
    fc.assert(
      fc.property(
        smallShapes.chain((shape) => layouts(shape, { expanded: true })),
        fc.array(fc.oneof({ weight: 20, arbitrary: fc.nat({ max: 9 }) }, fc.integer()), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.constantFrom([0, 10], [-3, 8], [0, 0], [5, 2], [-(2 ** 31), 2 ** 31], [0, 2 ** 31]),
        (layout, values, [low, high]) => {
          const x = twin('i32', layout, (i) => values[i % values.length]!);
          expect(findOutside(x.wasm, low!, high!)).toEqual(findOnCpu(x.cpu, low!, high!));
        },
      ),
    );
  });

  test('of a long row', () => {
    for (const bad of [0, 3, 4, 9_998, 9_999, 10_000]) {
      const x = twin('i32', { shape: [10_000], strides: [1], offset: 1, length: 10_001 }, (i) =>
        i === bad + 1 ? -1 : i % 50,
      );
      expect(findOutside(x.wasm, 0, 50)).toEqual(bad < 10_000 ? { position: bad, value: -1 } : undefined);
    }
  });
});

describe('reduce', () => {
  const edges = [0, -0, 1.5, -2.25, 3, 1e-3, 1e6, -1e6, Infinity, -Infinity, NaN];
  const elements: Record<string, fc.Arbitrary<number>> = {
    f32: fc.oneof({ weight: 8, arbitrary: fc.float({ min: -9, max: 9 }) }, fc.constantFrom(...edges)),
    i32: fc.integer({ min: -2, max: 2 }),
    bool: fc.integer({ min: 0, max: 1 }),
  };

  test.each(reduceOps.flatMap((op) => wasmDTypes.map((dtype) => [op, dtype] as const)))(
    '%s of %s over any dimensions of any layout',
    (op, dtype) => {
      fc.assert(
        fc.property(
          smallShapes
            .chain((shape) => fc.tuple(layouts(shape, { expanded: true }), dimsOf(op, shape)))
            .filter(isLegal(op)),
          fc.array(elements[dtype]!, { minLength: 1, maxLength: 40 }),
          ([layout, dims], values) => expectReduced(op, dtype, layout, dims, (i) => values[i % values.length]!),
        ),
      );
    },
  );

  test.each([
    ['all of one', [100_003], [0]],
    ['lines', [5, 40_001], [1]],
    ['columns', [40_001, 5], [0]],
    ['many columns', [300, 1001], [0]],
    ['columns by fours', [300, 64], [0]],
    ['wide columns, two ways', [9, 2, 12, 513], [0, 2]],
    ['the middle', [3, 5000, 7], [1]],
    ['both ends', [130, 3, 331], [0, 2]],
    ['two ways', [70, 70, 70], [0, 1, 2]],
  ])('%s of a size that is done in segments', (_, shape, dims) => {
    const layout = contiguous(shape);
    for (const op of ['sum', 'max', 'min'] as const) {
      expectReduced(op, 'f32', layout, dims, (i) => Math.sin(i * i));
      expectReduced(op, 'i32', layout, dims, (i) => Math.imul(i, 0x9e3779b1));
    }
    const reversed = { ...layout, strides: layout.strides.map((s) => -s), offset: layout.length - 1 };
    expectReduced('sum', 'f32', reversed, dims, (i) => Math.cos(i * i));
    if (dims.length === 1)
      for (const op of ['argmax', 'argmin'] as const) expectReduced(op, 'f32', layout, dims, (i) => Math.sin(i * i));
  });

  test.each(['argmax', 'argmin'] as const)('%s down columns, NaN among them', (op) => {
    const column = fc.array(fc.constantFrom(...edges), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(column, fc.constantFrom(4, 8), (values, C) => {
        const at = (i: number): number => values[(i * 5 + Math.floor(i / C)) % values.length]!;
        expectReduced(op, 'f32', contiguous([values.length, C]), [0], at);
      }),
    );
  });

  test('a long sum is as exact as in f64', () => {
    const x = twin('f32', contiguous([1 << 20]), (i) => 1 + Math.fround(Math.sin(i)) * 2 ** -10);
    const y = twin('f32', contiguous([1]), () => 0);
    cpu.kernels.reduce('sum', x.cpu, [0], y.cpu);
    reduce('sum', x.wasm, [0], y.wasm);
    const {
      cpu: [expected],
      wasm: [sum],
    } = y.all();
    expect(Math.abs(sum! - expected!)).toBeLessThanOrEqual(expected! * 2 ** -23);
  });
});

describe('cumsum', () => {
  test.each(['f32', 'i32'] as const)('of %s down columns, four at a time and the rest', (dtype) => {
    for (const C of [4, 7, 64, 65]) {
      const x = twin(dtype, contiguous([2, 300, C]), (i) => (dtype === 'f32' ? Math.sin(i) : i));
      const y = twin(dtype, contiguous([2, 300, C]), () => 0);
      cpu.kernels.cumsum(x.cpu, 1, y.cpu);
      cumsum(x.wasm, 1, y.wasm);
      expect(y.all().wasm).toEqual(y.all().cpu);
    }
  });

  test.each(['f32', 'i32'] as const)('of %s along any dimension of any layout', (dtype) => {
    fc.assert(
      fc.property(
        smallShapes.chain((shape) =>
          fc.tuple(layouts(shape, { expanded: true }), layouts(shape), fc.nat({ max: Math.max(0, shape.length - 1) })),
        ),
        ([source, target, dim]) => {
          const x = twin(dtype, source, (i) => (dtype === 'f32' ? Math.sin(i) : i - 5));
          const y = twin(dtype, target, () => 7);
          cpu.kernels.cumsum(x.cpu, dim, y.cpu);
          cumsum(x.wasm, dim, y.wasm);
          expect(y.all().wasm).toEqual(y.all().cpu);
        },
      ),
    );
  });
});

/** A table, and indices into its dimension `dim`: their shape is the table's but for that dimension. */
const lookups = smallShapes
  .filter((shape) => shape.length > 0)
  .chain((shape) =>
    fc.nat({ max: shape.length - 1 }).chain((dim) =>
      fc.nat({ max: 9 }).chain((n) =>
        fc.record({
          dim: fc.constant(dim),
          size: fc.constant(shape[dim]!),
          table: fc.tuple(layouts(shape, { expanded: true }), layouts(shape)),
          indices: layouts(shape.with(dim, n), { expanded: true }),
          data: fc.tuple(layouts(shape.with(dim, n), { expanded: true }), layouts(shape.with(dim, n))),
        }),
      ),
    ),
  )
  .filter(({ size, indices }) => size > 0 || indices.shape.includes(0));

describe('gather', () => {
  test.each(wasmDTypes)('%s along any dimension of any layouts', (dtype) => {
    fc.assert(
      fc.property(lookups, fc.nat(), ({ dim, size, table, indices, data }, seed) => {
        const x = twin(dtype, table[0], (i) => (dtype === 'bool' ? (i ^ seed) & 1 : i));
        const index = twin('i32', indices, (i) => (i * 5 + seed) % Math.max(1, size));
        const y = twin(dtype, data[1], () => 1);
        cpu.kernels.gather(x.cpu, dim, index.cpu, y.cpu);
        gather(x.wasm, dim, index.wasm, y.wasm);
        expect(y.all().wasm).toEqual(y.all().cpu);
      }),
    );
  });

  test.each([3, 64, 130, 5000])('rows of %i', (D) => {
    const [V, N] = [50, 77];
    const x = twin('f32', contiguous([V, D], 1), (i) => i);
    const index = twin('i32', { shape: [N, D], strides: [1, 0], offset: 0, length: N }, (i) => (i * 31) % V);
    const y = twin('f32', contiguous([N, D]), () => 0);
    cpu.kernels.gather(x.cpu, 0, index.cpu, y.cpu);
    gather(x.wasm, 0, index.wasm, y.wasm);
    expect(y.all().wasm).toEqual(y.all().cpu);
  });
});

describe('scatterAdd', () => {
  test.each(['f32', 'i32'] as const)('%s along any dimension of any layouts', (dtype) => {
    fc.assert(
      fc.property(lookups, fc.nat(), ({ dim, size, table, indices, data }, seed) => {
        const x = twin(dtype, data[0], (i) => (dtype === 'f32' ? Math.sin(i) : i));
        const index = twin('i32', indices, (i) => (i * 5 + seed) % Math.max(1, size));
        const y = twin(dtype, table[1], (i) => i);
        cpu.kernels.scatterAdd(x.cpu, dim, index.cpu, y.cpu);
        scatterAdd(x.wasm, dim, index.wasm, y.wasm);
        expect(y.all().wasm).toEqual(y.all().cpu);
      }),
    );
  });

  test.each([3, 64, 130, 5000])('rows of %i', (D) => {
    const [V, N] = [50, 770];
    const x = twin('f32', contiguous([N, D], 1), (i) => Math.sin(i));
    const index = twin('i32', { shape: [N, D], strides: [1, 0], offset: 0, length: N }, (i) => (i * 31) % V);
    const y = twin('f32', contiguous([V, D]), () => 0);
    cpu.kernels.scatterAdd(x.cpu, 0, index.cpu, y.cpu);
    scatterAdd(x.wasm, 0, index.wasm, y.wasm);
    expect(y.all().wasm).toEqual(y.all().cpu);
  });
});

describe('random', () => {
  const kinds: (readonly [DType, Distribution])[] = [
    ['f32', { kind: 'uniform' }],
    ['f32', { kind: 'normal' }],
    ['i32', { kind: 'integer', low: -3, high: 7 }],
    ['i32', { kind: 'integer', low: -(2 ** 31), high: 2 ** 31 }],
    ['i32', { kind: 'integer', low: -5, high: 2 ** 31 - 9 }],
    ['f32', { kind: 'integer', low: 0, high: 2 ** 31 }],
  ];

  test.each(kinds)('%s %o is what the cpu device draws', (dtype, distribution) => {
    const offset = fc
      .oneof(fc.maxSafeNat(), fc.constantFrom(2 ** 32 - 1, 2 ** 32 - 9))
      .map((n) => Math.min(n, 2 ** 52));
    const streams = fc.record({ seed: fc.maxSafeNat(), offset });
    fc.assert(
      fc.property(streams, fc.nat({ max: 200 }), fc.nat({ max: 3 }), (stream, n, start) => {
        const y = twin(dtype, { ...contiguous([n], start), length: start + n + 2 }, () => 9);
        const blocks = cpu.kernels.random(distribution, stream, y.cpu);
        expect(random(distribution, stream, y.wasm)).toBe(blocks);
        const { cpu: expected, wasm: found } = y.all();
        if (distribution.kind !== 'normal') expect(found).toEqual(expected);
        else expect(worstDifference(found, expected, { rtol: 1.2e-7, atol: 1e-9 }).excess).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('normals of a long stream, at both ends of the range too', () => {
    const y = twin('f32', contiguous([1_000_000]), () => 0);
    cpu.kernels.random({ kind: 'normal' }, { seed: 1, offset: 0 }, y.cpu);
    random({ kind: 'normal' }, { seed: 1, offset: 0 }, y.wasm);
    const { cpu: expected, wasm: found } = y.all();
    expect(worstDifference(found, expected, { rtol: 1.2e-7, atol: 1e-9 }).excess).toBeLessThanOrEqual(0);
  });
});

function dimsOf(op: ReduceOp, shape: readonly number[]): fc.Arbitrary<number[]> {
  const all = shape.map((_, d) => d);
  return op.startsWith('arg')
    ? fc.constantFrom(...all.map((d) => [d]), ...(all.length === 0 ? [[]] : []))
    : fc.subarray(all);
}

/** argmax of nothing has no answer: ops refuse it. */
const isLegal =
  (op: ReduceOp) =>
  ([{ shape }, dims]: [Layout, number[]]): boolean =>
    !op.startsWith('arg') || dims.every((d) => shape[d] !== 0);

function expectReduced(
  op: ReduceOp,
  dtype: DType,
  layout: Layout,
  dims: readonly number[],
  values: (i: number) => number,
): void {
  const result = op.startsWith('arg') || dtype === 'bool' ? 'i32' : dtype;
  const x = twin(dtype, layout, values);
  const y = twin(
    result,
    contiguous(
      layout.shape.map((n, d) => (dims.includes(d) ? 1 : n)),
      3,
    ),
    () => 9,
  );
  cpu.kernels.reduce(op, x.cpu, dims, y.cpu);
  reduce(op, x.wasm, dims, y.wasm);
  const { cpu: expected, wasm: found } = y.all();
  if (op === 'sum') {
    expect(worstDifference(found, expected, { rtol: 3e-7, atol: 1e-6, equalNan: true }).excess).toBeLessThanOrEqual(0);
  } else expect(found).toEqual(expected);
}
