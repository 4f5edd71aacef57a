/** F16 and BF16 against the engine's own Float16Array and against the definition, over all that there are. */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { fromBF16, fromF16, toBF16, toF16 } from '../../packages/nn/src/serialize/half.ts';

// Node 24 has it; the library of types that the tests are checked with does not.
declare const Float16Array: {
  new (buffer: ArrayBuffer): { readonly length: number; readonly [i: number]: number };
  from(values: Float32Array): { readonly buffer: ArrayBuffer };
};

const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
const isNaN16 = (raw: number, infinity: number): boolean => (raw & 0x7fff) > infinity;

describe.each([
  { name: 'F16', from: fromF16, to: toF16, infinity: 0x7c00 },
  { name: 'BF16', from: fromBF16, to: toBF16, infinity: 0x7f80 },
])('$name', ({ from, to, infinity }) => {
  test('every one of them is an f32, and comes back from it; NaN stays NaN', () => {
    const back = to(from(all));
    for (const raw of all) {
      if (isNaN16(raw, infinity)) expect(isNaN16(back[raw]!, infinity)).toBe(true);
      else expect(back[raw]).toBe(raw);
    }
  });

  test('half-way between two neighbours goes to the even one, anything more to the nearer one', () => {
    const [at, up] = [Float32Array.of(0), new Uint32Array(1)];
    const next = (x: number, by: number): number => {
      at[0] = x;
      up[0] = new Uint32Array(at.buffer)[0]! + by;
      return new Float32Array(up.buffer)[0]!;
    };
    const values = from(all);
    for (let raw = 0; raw < infinity - 1; raw++) {
      const middle = (values[raw]! + values[raw + 1]!) / 2; // exact: f32 has bits to spare
      const even = raw % 2 === 0 ? raw : raw + 1;
      const rounded = to(Float32Array.of(next(middle, -1), middle, next(middle, 1), -middle));
      if (rounded.join() !== [raw, even, raw + 1, even | 0x8000].join())
        expect([...rounded], `${raw}`).toEqual([raw, even, raw + 1, even | 0x8000]);
    }
  });
});

test("F16 is the engine's, both ways", () => {
  const engine = new Float16Array(all.buffer);
  expect(fromF16(all)).toEqual(Float32Array.from(engine as ArrayLike<number>));
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true })), (numbers) => {
      const values = Float32Array.from(numbers);
      expect(toF16(values)).toEqual(new Uint16Array(Float16Array.from(values).buffer));
    }),
  );
});

test('BF16 is the upper half of an f32', () => {
  const bits = new Uint32Array(fromBF16(all).buffer);
  expect(bits.every((x, i) => x === i * 2 ** 16)).toBe(true);
});

test('views of a buffer are read where they begin', () => {
  const values = Float32Array.of(9, 1, 2).subarray(1);
  expect([...toF16(values)]).toEqual([0x3c00, 0x4000]);
  expect([...toBF16(values)]).toEqual([0x3f80, 0x4000]);
});
