/** Each kernel family of the wasm device against the cpu device, on any shapes and strides. */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import { copy } from '../../packages/core/src/device/wasm/copy.ts';
import { findOutside } from '../../packages/core/src/device/wasm/find-outside.ts';
import type { DType } from '../../packages/core/src/dtype.ts';
import { layouts, smallShapes, twin } from './twins.ts';

const wasmDTypes: readonly DType[] = ['f32', 'i32', 'bool'];

describe('copy', () => {
  const values: Record<string, readonly number[]> = {
    f32: [
      0,
      -0,
      1,
      -1.5,
      2.7,
      2 ** 31,
      -(2 ** 31),
      5e9,
      -7e12,
      2 ** 63,
      -(2 ** 63),
      3e38,
      NaN,
      Infinity,
      -Infinity,
      1e-40,
    ],
    i32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 16777217, 123456789],
    bool: [0, 1],
  };
  const cases = wasmDTypes.flatMap((from) => wasmDTypes.map((to) => [from, to] as const));

  test.each(cases)('%s to %s, between any two layouts', (from, to) => {
    const pool = values[from]!;
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
          expect(findOutside(x.wasm, low!, high!)).toEqual(cpu.kernels.findOutside(x.cpu, low!, high!));
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
