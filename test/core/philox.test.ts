/** The counter-based generator: known answers, the documented mapping from words to numbers, and statistics. */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { fillBits, fillRandom, philox4x32, type RandomKind } from '../../packages/core/src/device/philox.ts';

const words = (text: string): Uint32Array => Uint32Array.from(text.split(' ').map((word) => Number.parseInt(word, 16)));

describe('philox4x32', () => {
  // Source: kat_vectors of Random123 (philox4x32, 10 rounds), https://github.com/DEShawResearch/random123
  test.each([
    ['zeros', '0 0 0 0', '0 0', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ones', 'ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['digits of pi', '243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the published answer for %s', (_, counter, key, expected) => {
    const out = new Uint32Array(4);
    philox4x32(words(counter), words(key), out);
    expect(out).toEqual(words(expected));
  });

  test('equals the definition in 64-bit integers for any counter and key', () => {
    const word = fc.nat({ max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        const out = new Uint32Array(4);
        philox4x32(counter, key, out);
        expect([...out]).toEqual(philoxByDefinition(counter, key));
      }),
    );
  });
});

describe('fillBits', () => {
  test('word i is lane i mod 4 of block offset + floor(i / 4)', () => {
    const out = new Uint32Array(11);
    fillBits(out, 7, 100);
    out.forEach((word, i) => {
      expect(word).toBe(philoxByDefinition([100 + Math.floor(i / 4), 0, 0, 0], [7, 0])[i % 4]);
    });
  });

  test('an offset past 2^32 carries into the second word of the counter', () => {
    const out = new Uint32Array(8);
    fillBits(out, 7, 2 ** 32 - 1);
    expect([...out]).toEqual([
      ...philoxByDefinition([2 ** 32 - 1, 0, 0, 0], [7, 0]),
      ...philoxByDefinition([0, 1, 0, 0], [7, 0]),
    ]);
  });

  test.each([0, 1, -1, 2 ** 32, 2 ** 53 - 1, -(2 ** 40) - 3])(
    'seed %d is the same as a number and as a bigint',
    (seed) => {
      const asNumber = new Uint32Array(8);
      const asBigint = new Uint32Array(8);
      fillBits(asNumber, seed, 0);
      fillBits(asBigint, BigInt(seed), 0);
      expect(asNumber).toEqual(asBigint);
    },
  );

  test('seeds that differ in their upper 32 bits give different streams', () => {
    const a = new Uint32Array(8);
    const b = new Uint32Array(8);
    fillBits(a, 1, 0);
    fillBits(b, 1 + 2 ** 32, 0);
    expect(a).not.toEqual(b);
  });
});

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;
type Name = keyof typeof arrays;
const combinations: readonly (readonly [RandomKind, Name])[] = [
  ['uniform', 'f32'],
  ['uniform', 'f64'],
  ['normal', 'f32'],
  ['normal', 'f64'],
  ['integer', 'i32'],
  ['integer', 'f32'],
  ['integer', 'f64'],
];

function sample(kind: RandomKind, name: Name, count: number, seed = 2024, offset = 0) {
  const out = new arrays[name](count);
  const used = fillRandom(kind, out, { seed, offset }, -5, 1000);
  return { values: [...out], used };
}

describe.each(combinations)('fillRandom %s %s', (kind, name) => {
  test('the same seed and offset give the same numbers, others do not', () => {
    const { values } = sample(kind, name, 50);
    expect(sample(kind, name, 50).values).toEqual(values);
    expect(sample(kind, name, 50, 2025).values).not.toEqual(values);
    expect(sample(kind, name, 50, 2024, 1).values).not.toEqual(values);
  });

  test('element i does not depend on how many are asked for', () => {
    const { values } = sample(kind, name, 3001);
    for (const count of [0, 1, 2, 3, 5, 511, 512, 513, 1023, 1025, 2049]) {
      expect(sample(kind, name, count).values).toEqual(values.slice(0, count));
    }
  });

  test('a second call that starts at the blocks used continues the first, where that ends with a block', () => {
    const { values } = sample(kind, name, 5000);
    for (const count of [4, 8, 1024, 1028, 4000]) {
      const first = sample(kind, name, count);
      const rest = sample(kind, name, 5000 - count, 2024, first.used);
      expect([...first.values, ...rest.values]).toEqual(values);
    }
  });

  test('blocks used: four words each, rounded up', () => {
    const wordsPerElement = name === 'f64' && kind !== 'integer' ? 2 : 1;
    for (const count of [0, 1, 2, 4, 5, 1023, 4097]) {
      expect(sample(kind, name, count).used).toBe(Math.ceil((count * wordsPerElement) / 4));
    }
  });
});

describe('the numbers follow from the words as documented', () => {
  const bits = new Uint32Array(3000);
  fillBits(bits, 2024, 0);
  const uniform24 = (i: number) => (bits[i]! >>> 8) / 2 ** 24;
  const uniform53 = (i: number) =>
    Number(((BigInt(bits[2 * i]!) >> 5n) << 26n) | (BigInt(bits[2 * i + 1]!) >> 6n)) / 2 ** 53;
  const boxMuller = (uniform: (i: number) => number, i: number) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(i - (i % 2))));
    const angle = 2 * Math.PI * uniform(i - (i % 2) + 1);
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  };

  test.each([
    ['uniform', 'f32', uniform24],
    ['uniform', 'f64', uniform53],
    ['normal', 'f32', (i: number) => Math.fround(boxMuller(uniform24, i))],
    ['normal', 'f64', (i: number) => boxMuller(uniform53, i)],
    ['integer', 'i32', (i: number) => -5 + Number((BigInt(bits[i]!) * 1005n) >> 32n)],
  ] as const)('%s %s', (kind, name, element) => {
    const { values } = sample(kind, name, 1500);
    expect(values).toEqual(values.map((_, i) => element(i)));
  });
});

describe('statistics of 200,000 numbers from a fixed seed', () => {
  const count = 200_000;
  const standardError = 1 / Math.sqrt(count);
  const moment = (values: readonly number[], power: number) => values.reduce((sum, x) => sum + x ** power, 0) / count;
  /** Correlation of neighbours, of values with mean 0 and variance 1. */
  const lag = (values: readonly number[], step: number) =>
    values.reduce((sum, x, i) => sum + x * (values[i + step] ?? 0), 0) / count;

  test.each(['f32', 'f64'] as const)(
    'uniform %s: in [0, 1), mean 1/2, variance 1/12, neighbours independent',
    (name) => {
      const { values } = sample('uniform', name, count);
      expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
      const standard = values.map((x) => (x - 0.5) * Math.sqrt(12));
      expect(Math.abs(moment(standard, 1))).toBeLessThan(4 * standardError);
      expect(Math.abs(moment(standard, 2) - 1)).toBeLessThan(4 * standardError);
      for (const step of [1, 2, 4]) expect(Math.abs(lag(standard, step))).toBeLessThan(4 * standardError);
    },
  );

  test.each(['f32', 'f64'] as const)(
    'normal %s: the first four moments are 0, 1, 0, 3, neighbours independent',
    (name) => {
      const { values } = sample('normal', name, count);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(Math.abs(moment(values, 1))).toBeLessThan(4 * standardError);
      expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2) * standardError);
      expect(Math.abs(moment(values, 3))).toBeLessThan(4 * Math.sqrt(15) * standardError);
      expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96) * standardError);
      for (const step of [1, 2, 4]) expect(Math.abs(lag(values, step))).toBeLessThan(4 * standardError);
      const within = values.filter((x) => Math.abs(x) < 1).length / count;
      expect(within).toBeCloseTo(0.6827, 2);
    },
  );

  test('integers fill [low, high) evenly', () => {
    const out = new Int32Array(count);
    fillRandom('integer', out, { seed: 3, offset: 0 }, -3, 7);
    const seen = new Map<number, number>();
    for (const x of out) seen.set(x, (seen.get(x) ?? 0) + 1);
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3, 4, 5, 6]);
    const chiSquare = [...seen.values()].reduce((sum, n) => sum + (n - count / 10) ** 2 / (count / 10), 0);
    expect(chiSquare).toBeLessThan(27.9); // 9 degrees of freedom, probability 0.001
  });
});

describe('integer ranges', () => {
  test('a range of one value gives that value', () => {
    const out = new Int32Array(5);
    fillRandom('integer', out, { seed: 1, offset: 0 }, 42, 43);
    expect([...out]).toEqual([42, 42, 42, 42, 42]);
  });

  test('the whole range of i32 is the word itself, moved down', () => {
    const out = new Int32Array(6);
    const bits = new Uint32Array(6);
    fillRandom('integer', out, { seed: 1, offset: 0 }, -(2 ** 31), 2 ** 31);
    fillBits(bits, 1, 0);
    expect([...out]).toEqual([...bits].map((word) => word - 2 ** 31));
  });

  test('any range is low + floor(w (high - low) / 2^32)', () => {
    const bound = fc.integer({ min: -(2 ** 31), max: 2 ** 31 });
    fc.assert(
      fc.property(bound, bound, fc.maxSafeNat(), (a, b, seed) => {
        fc.pre(a !== b);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const out = new Int32Array(4);
        const bits = new Uint32Array(4);
        fillRandom('integer', out, { seed, offset: 0 }, low, high);
        fillBits(bits, seed, 0);
        expect([...out]).toEqual([...bits].map((w) => low + Number((BigInt(w) * BigInt(high - low)) >> 32n)));
      }),
    );
  });
});

/** The paper's definition, in exact integers. */
function philoxByDefinition(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}
