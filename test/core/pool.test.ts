/** The pool: how much a bucket wastes, what it keeps, and what its statistics say. */

import { fc } from '@fast-check/vitest';
import { deviceInfo, MemoryError, scope, setDevice, zeros } from '@tapegrad/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { BucketPool, bucketBytes, SMALLEST_POOLED, showBytes } from '../../packages/core/src/device/pool.ts';

interface Block {
  readonly bytes: number;
}
const poolOf = (cap: number): BucketPool<Block> => new BucketPool((bytes) => ({ bytes }), cap);
const KiB = 1024;

describe('buckets', () => {
  test('hold what is asked for, and waste at most a quarter of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: SMALLEST_POOLED, max: 2 ** 34 }), (bytes) => {
        const bucket = bucketBytes(bytes);
        expect(bucket).toBeGreaterThanOrEqual(bytes);
        expect(bucket - bytes).toBeLessThanOrEqual(bytes / 4);
      }),
      { numRuns: 1000 },
    );
  });

  test('are four an octave, so that few sizes cover all', () => {
    const buckets = new Set(Array.from({ length: 60 * KiB }, (_, i) => bucketBytes(4 * KiB + i)));
    expect([...buckets].map((bytes) => bytes / KiB)).toEqual([
      4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64,
    ]);
  });

  test('are their own bucket, and grow with the size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (bytes) => {
        expect(bucketBytes(bucketBytes(bytes))).toBe(bucketBytes(bytes));
        expect(bucketBytes(bytes + 1)).toBeGreaterThanOrEqual(bucketBytes(bytes));
      }),
    );
  });
});

describe('the pool', () => {
  test('hands out again what came back, if it is of the same bucket', () => {
    const pool = poolOf(1024 * KiB);
    const first = pool.take(10_000);
    pool.give(first, 10_000);
    expect(pool.take(20_000)).not.toBe(first);
    expect(pool.take(9_500)).toBe(first);
    expect(pool.stats()).toMatchObject({ hits: 1, misses: 2 });
  });

  test('never hands out a block that is in use', () => {
    const sizes = fc.integer({ min: 4 * KiB, max: 40 * KiB });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), sizes, fc.nat()), { maxLength: 60 }), (steps) => {
        const pool = poolOf(100 * KiB);
        const taken: { block: Block; bytes: number }[] = [];
        for (const [give, bytes, which] of steps) {
          if (give && taken.length > 0) {
            const [{ block, bytes: size }] = taken.splice(which % taken.length, 1) as [(typeof taken)[number]];
            pool.give(block, size);
          } else {
            const block = pool.take(bytes);
            expect(block.bytes).toBeGreaterThanOrEqual(bytes);
            expect(taken.some((other) => other.block === block)).toBe(false);
            taken.push({ block, bytes });
          }
          const { bytesInUse, bytesIdle, blocksInUse } = pool.stats();
          expect(bytesInUse).toBe(taken.reduce((sum, { block }) => sum + block.bytes, 0));
          expect(blocksInUse).toBe(taken.length);
          expect(bytesIdle).toBeGreaterThanOrEqual(0);
          expect(bytesIdle).toBeLessThanOrEqual(100 * KiB);
        }
      }),
    );
  });

  test('drops the longest unused blocks beyond its cap', () => {
    const pool = poolOf(24 * KiB);
    const [old, young] = [pool.take(8 * KiB), pool.take(16 * KiB)];
    pool.give(old, 8 * KiB);
    pool.give(young, 16 * KiB);
    expect(pool.stats().bytesIdle).toBe(24 * KiB);
    const third = pool.take(20 * KiB);
    pool.give(third, 20 * KiB);
    expect(pool.stats().bytesIdle).toBe(20 * KiB);
    expect(pool.take(20 * KiB)).toBe(third);
    expect(pool.take(8 * KiB)).not.toBe(old);
    expect(pool.take(16 * KiB)).not.toBe(young);
  });

  test('does not keep a block that is larger than its cap', () => {
    const pool = poolOf(8 * KiB);
    pool.give(pool.take(64 * KiB), 64 * KiB);
    expect(pool.stats()).toEqual({ bytesInUse: 0, bytesIdle: 0, blocksInUse: 0, hits: 0, misses: 1 });
  });

  test('counts out a block that the engine collected', () => {
    const pool = poolOf(64 * KiB);
    pool.take(10 * KiB);
    pool.forget(10 * KiB);
    expect(pool.stats()).toMatchObject({ bytesInUse: 0, bytesIdle: 0, blocksInUse: 0 });
  });
});

describe('the cpu device', () => {
  beforeAll(() => setDevice('cpu'));
  const memory = () => deviceInfo('cpu').memory;

  test('pools what a block gives back: the second run makes nothing new', () => {
    const run = (): void => scope(() => void zeros([50, 50]).add(1).mul(2));
    run();
    const before = memory();
    run();
    expect(memory()).toEqual({ ...before, hits: before.hits + 3 });
  });

  test('leaves small tensors to the engine', () => {
    const before = memory();
    zeros([10, 10]).add(1);
    expect(memory()).toEqual(before);
  });

  test('reuses memory across dtypes', () => {
    scope(() => void zeros([100, 100]));
    const { misses } = memory();
    scope(() => void zeros([50, 100], { dtype: 'f64' }));
    expect(memory().misses).toBe(misses);
  });

  test('says what was asked for and what is in use where there is no more', () => {
    const held = zeros([512, 1024]);
    expect(() => zeros([2 ** 25, 2 ** 25])).toThrow(MemoryError);
    expect(() => zeros([2 ** 25, 2 ** 25])).toThrow(
      /^cpu: no memory for a tensor of 4190000 GiB: \d.* MiB are in use by \d+ others$/,
    );
    expect(held.add(1).sum().itemSync()).toBe(2 ** 19);
  });

  test('what is reused starts with the values that were asked for', () => {
    scope(() => void zeros([50, 50]).add(7));
    expect(zeros([50, 50]).sum().itemSync()).toBe(0);
  });
});

test('sizes read well', () => {
  expect([512, 2 ** 20, 1.5 * 2 ** 30, 20.3 * 2 ** 20, 2 ** 32].map(showBytes)).toEqual([
    '512 bytes',
    '1 MiB',
    '1.5 GiB',
    '20.3 MiB',
    '4 GiB',
  ]);
});
