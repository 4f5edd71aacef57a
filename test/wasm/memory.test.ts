/** The linear memory: what moves out, what stays, what comes back, and what happens when there is no more. */

import { fc } from '@fast-check/vitest';
import { MemoryError } from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import type { View } from '../../packages/core/src/device/device.ts';
import { copy } from '../../packages/core/src/device/wasm/copy.ts';
import { gather } from '../../packages/core/src/device/wasm/gather.ts';
import { giveRange, takeRange } from '../../packages/core/src/device/wasm/heap.ts';
import {
  addressOf,
  allocate,
  arrayOf,
  beginOperation,
  capMemory,
  memoryStats,
  release,
  type WasmBuffer,
} from '../../packages/core/src/device/wasm/memory.ts';
import { reduce } from '../../packages/core/src/device/wasm/reduce.ts';
import { RING } from '../../packages/core/src/device/wasm/ring.ts';
import type { DType } from '../../packages/core/src/dtype.ts';
import { contiguousStrides, sizeOf } from '../../packages/core/src/shape.ts';
import { settling } from '../support/garbage-collector.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

function viewOf(buffer: WasmBuffer, shape: readonly number[], dtype: DType = 'f32'): View {
  return { buffer, dtype, offset: 0, shape, strides: contiguousStrides(shape) };
}

function filled(values: readonly number[], dtype: DType = 'f32'): View {
  const buffer = allocate(dtype, values.length);
  arrayOf(buffer, dtype, 0, values.length).set(values);
  return viewOf(buffer, [values.length], dtype);
}

const valuesOf = ({ buffer, dtype, offset, shape }: View): number[] => [
  ...arrayOf(buffer, dtype, offset, sizeOf(shape)),
];

const isOut = ({ buffer }: View): boolean => (buffer as WasmBuffer).block.out !== undefined;

/** Makes tensors that nobody holds, an operation each. */
function abandon(bytes: number, size: number = MiB): void {
  for (let made = 0; made < bytes; made += size) {
    beginOperation();
    allocate('f32', size / 4);
  }
}

const page = (first: number): View => filled(Array.from({ length: 1024 }, (_, i) => first + i));

// The first one: nothing else has been abandoned yet.
test('a large tensor that the engine collected is counted out when the event loop turns', async () => {
  const settle = await settling();
  await settle();
  const held = allocate('f32', 4 * MiB);
  const before = memoryStats();
  for (let k = 0; k < 5; k++) {
    release(allocate('f32', 4 * MiB));
    allocate('f32', 4 * MiB);
  }
  expect(memoryStats().blocksInUse - before.blocksInUse).toBe(5);
  await settle();
  expect(memoryStats()).toMatchObject({ blocksInUse: before.blocksInUse, bytesInUse: before.bytesInUse });
  release(held);
});

describe('a synchronous loop that abandons tensors', () => {
  test('moves out what was not used for thousands of operations, and lets it come back', () => {
    const [old, used] = [page(1), page(2)];
    const before = memoryStats().bytesInUse;
    for (let k = 0; k < 10_000; k++) {
      beginOperation();
      allocate('f32', 1024);
      addressOf(used);
    }
    expect(memoryStats().bytesInUse - before).toBeLessThan(16 * MiB); // of 40
    expect([isOut(old), isOut(used)]).toEqual([true, false]);
    const { loads } = memoryStats();
    addressOf(old);
    expect(isOut(old)).toBe(false);
    expect(memoryStats().loads).toBe(loads! + 1);
    expect(valuesOf(old)).toEqual(valuesOf(page(1)));
  });

  test('stays within bounds over 2.5 GiB, and what is still held is intact', () => {
    const before = process.memoryUsage().rss;
    const held: { x: View; k: number }[] = [];
    let peak = 0;
    for (let k = 0; k < 2.5 * 1024; k++) {
      beginOperation();
      const x = viewOf(allocate('f32', MiB / 4), [MiB / 4]);
      const data = arrayOf(x.buffer, 'f32', 0, MiB / 4);
      for (let i = 0; i < data.length; i += 1024) data[i] = k + i; // touches every page
      if (k % 100 === 0) held.push({ x, k });
      if (k % 50 === 0) peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(peak).toBeLessThan(GiB);
    expect(held.some(({ x }) => isOut(x))).toBe(true);
    for (const { x, k } of held) {
      const data = arrayOf(x.buffer, 'f32', 0, MiB / 4);
      for (const i of [0, 1024, MiB / 4 - 1024]) expect(data[i]).toBe(k + i);
      release(x.buffer);
    }
  });
});

describe('small tensors', () => {
  test('take nothing of the pool, however many are abandoned, and those that are held are intact', () => {
    const used = filled([4, 5, 6]);
    const held: View[] = [];
    const before = memoryStats();
    for (let k = 0; k < 20_000; k++) {
      beginOperation();
      const x = filled([k, -k]);
      if (k % 1000 === 0) held.push(x);
      if (k % 3 === 0) release(allocate('i32', 1023));
      addressOf(used);
    }
    expect(memoryStats()).toEqual(before);
    expect(held.filter(isOut).length).toBeGreaterThan(10);
    expect(held.map(valuesOf)).toEqual(held.map((_, k) => [1000 * k, -1000 * k]));
    expect(valuesOf(used)).toEqual([4, 5, 6]);
  });

  test('that one operation uses stay where they are, also when they are more than the ring holds', () => {
    const before = memoryStats().bytesInUse;
    beginOperation();
    const views = Array.from({ length: (2 * RING) / 2048 }, (_, k) => filled(new Array(512).fill(k)));
    const addresses = views.map(addressOf);
    expect(views.some(isOut)).toBe(false);
    expect(new Set(addresses).size).toBe(views.length);
    expect(views.map((x) => valuesOf(x)[511])).toEqual(views.map((_, k) => k));
    for (const { buffer } of views) release(buffer);
    expect(memoryStats().bytesInUse).toBeLessThanOrEqual(before); // what others abandoned may have moved out
  });

  test('keep their values, whatever is made, used, released and abandoned in between', () => {
    const step = fc.record({
      bytes: fc.integer({ min: 0, max: 4095 }),
      act: fc.constantFrom('make', 'make and abandon', 'use', 'write', 'release'),
      which: fc.nat(),
      next: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
        const held: { x: View; values: Uint8Array }[] = [];
        for (const [k, { bytes, act, which, next }] of steps.entries()) {
          if (next) beginOperation();
          const one = held[which % held.length];
          if (act.startsWith('make')) {
            const values = new Uint8Array(bytes).fill(k);
            const x = filled([...values], 'bool');
            if (act === 'make') held.push({ x, values });
          } else if (act === 'use' && one) addressOf(one.x);
          else if (act === 'write' && one) {
            arrayOf(one.x.buffer, 'bool', 0, one.values.length).fill(k);
            one.values.fill(k);
          } else if (act === 'release' && one) {
            release(one.x.buffer);
            held.splice(which % held.length, 1);
          }
        }
        for (const { x, values } of held) expect(valuesOf(x)).toEqual([...values]);
      }),
    );
  });
});

describe('a tensor that moved out', () => {
  const movedOut = (values: readonly number[], dtype?: DType): View => {
    const x = filled(values, dtype);
    abandon(2 * RING, 1024);
    expect(isOut(x)).toBe(true);
    return x;
  };

  test.each<[DType, number[]]>([
    ['f32', [1.5, NaN, -0, 2 ** -140]],
    ['i32', [-(2 ** 31), 0, 7]],
    ['bool', [1, 0, 1, 1, 0]],
  ])('of %s is read and written where it is', (dtype, values) => {
    const x = movedOut(values, dtype);
    expect(valuesOf(x)).toEqual(values);
    arrayOf(x.buffer, dtype, 1, 1)[0] = 1;
    expect(isOut(x)).toBe(true);
    addressOf(x);
    expect(isOut(x)).toBe(false);
    expect(valuesOf(x)).toEqual(values.with(1, 1));
  });

  test('comes back for a kernel, next to operands that stay', () => {
    const [x, y] = [movedOut([1, 2, 3]), filled([0, 0, 0])];
    beginOperation();
    copy(x, y);
    expect(valuesOf(y)).toEqual([1, 2, 3]);
  });

  test('of 4 KiB and more is one that was unused for longest, beyond the cap, and comes back', () => {
    capMemory(64 * MiB);
    const x = page(5);
    abandon(128 * MiB);
    expect(isOut(x)).toBe(true);
    beginOperation();
    addressOf(x);
    expect([isOut(x), ...valuesOf(x)]).toEqual([false, ...valuesOf(page(5))]);
  });

  test('can be released', () => {
    for (const x of [movedOut([1, 2, 3]), page(5)]) {
      abandon(128 * MiB);
      expect(isOut(x)).toBe(true);
      const { blocksInUse } = memoryStats();
      release(x.buffer);
      expect(memoryStats().blocksInUse).toBe(blocksInUse);
    }
  });
});

test('what the running operation uses does not move, even beyond the cap', () => {
  capMemory(16 * MiB);
  beginOperation();
  const views = Array.from({ length: 20 }, (_, k) => viewOf(allocate('f32', MiB), [MiB], k % 2 ? 'f32' : 'i32'));
  const addresses = views.map(addressOf);
  expect(views.map(addressOf)).toEqual(addresses);
  expect(views.some(isOut)).toBe(false);
  for (const { buffer } of views) release(buffer);
});

describe('beyond 2 GiB', () => {
  test('kernels find their operands', () => {
    capMemory(4 * GiB);
    const buffer = allocate('f32', (2.2 * GiB) / 4); // all but its end is never touched, so it costs nothing
    let end = Math.floor((2.1 * GiB) / 4);
    const place = (dtype: DType, shape: readonly number[]): View => {
      const view = { ...viewOf(buffer, shape, dtype), offset: end };
      end += sizeOf(shape);
      expect(addressOf(view)).toBeGreaterThan(2 ** 31);
      return view;
    };
    const [V, D] = [40, 33];
    const [table, output, sum] = [place('f32', [V, D]), place('f32', [D, V]), place('f32', [V, 1])];
    const rows = place('i32', [2]);
    arrayOf(buffer, 'f32', table.offset, V * D).set(Float32Array.from({ length: V * D }, (_, i) => i));
    arrayOf(buffer, 'i32', rows.offset, 2).set([3, 1]);
    copy({ ...table, shape: [D, V], strides: [1, D] }, output);
    expect(valuesOf(output).slice(0, 3)).toEqual([0, D, 2 * D]);
    copy(table, { ...output, shape: [V, D], strides: [D, 1] });
    expect(valuesOf(output)).toEqual(valuesOf(table));
    reduce('sum', table, [1], sum);
    expect(valuesOf(sum)[1]).toBe((D * (D + 2 * D - 1)) / 2);
    gather(table, 0, { ...rows, shape: [2, D], strides: [1, 0] }, { ...output, shape: [2, D], strides: [D, 1] });
    expect(valuesOf(output)[0]).toBe(3 * D);
    release(buffer);
  });

  test('too large a tensor is an error that says what is in use, and all goes on', () => {
    const x = filled([1, 2, 3]);
    const before = memoryStats();
    expect(() => allocate('f32', 1.1 * 2 ** 30)).toThrow(MemoryError);
    expect(() => allocate('f32', 1.1 * 2 ** 30)).toThrow(
      /^wasm: no memory for a tensor of 4.4 GiB: .* are in use by \d+ others, of \d.* GiB at most$/,
    );
    expect(memoryStats()).toEqual(before);
    expect(valuesOf(x)).toEqual([1, 2, 3]);
    release(allocate('f32', MiB));
  });
});

test('what is given back is used again', () => {
  const sizes = [10, 1000, 5000, 100_000];
  for (const n of sizes) release(allocate('f32', n));
  const { misses } = memoryStats();
  for (const n of sizes) release(allocate('f32', n));
  expect(memoryStats().misses).toBe(misses);
});

test('free ranges join, and never overlap what is taken', () => {
  const most = 4 * GiB - 65_536;
  const end = (): number => {
    const address = takeRange(GiB, most)!; // no hole is that large
    giveRange(address, GiB);
    return address;
  };
  const start = end();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat({ max: 9 })), { maxLength: 100 }),
      (steps) => {
        const taken: { address: number; bytes: number }[] = [];
        for (const [bytes, which] of steps) {
          if (taken.length > 0 && bytes % 2) {
            const [{ address, bytes: size }] = taken.splice(which % taken.length, 1) as [(typeof taken)[0]];
            giveRange(address, size);
          } else {
            const address = takeRange(bytes, most)!;
            expect(address % 64).toBe(0);
            expect(
              taken.some((other) => address < other.address + other.bytes && other.address < address + bytes),
            ).toBe(false);
            taken.push({ address, bytes });
          }
        }
        for (const { address, bytes } of taken) giveRange(address, bytes);
        expect(end()).toBe(start);
      },
    ),
  );
});
