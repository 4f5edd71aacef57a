/** Random tensors: one seed, the same numbers; and the distributions that their names promise. */

import {
  ArgumentError,
  arange,
  defaultGenerator,
  dropout,
  Generator,
  manualSeed,
  multinomial,
  rand,
  randint,
  randn,
  randperm,
  ShapeError,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import { beforeEach, describe, expect, test } from 'vitest';

const values = (x: Pick<Tensor, 'dataSync'>): number[] => [...x.dataSync()];

/** sum (observed - expected)^2 / expected, which exceeds 40 once in 10^5 for the degrees of freedom here (up to 9). */
const LIMIT = 40;
function chiSquare(draws: readonly number[], probabilities: readonly number[]): number {
  return probabilities.reduce((sum, p, k) => {
    const expected = p * draws.length;
    return sum + (draws.filter((v) => v === k).length - expected) ** 2 / expected;
  }, 0);
}

beforeEach(() => {
  manualSeed(7);
});

describe('a seed', () => {
  const everything = (): number[][] => [
    values(rand([5])),
    values(randn([5])),
    values(randint(0, 100, [5])),
    values(randperm(6)),
    values(dropout(tensor([1, 2, 3, 4]), 0.5)),
    values(multinomial(tensor([1, 2, 3]), 2)),
  ];

  test('gives the same numbers again, for all that is random', () => {
    const first = everything();
    manualSeed(7);
    expect(everything()).toEqual(first);
    manualSeed(8);
    expect(everything()).not.toEqual(first);
  });

  test('goes on with new numbers at each call', () => {
    const draws = [rand([3]), rand([3]), rand([3])].map((x) => values(x).join());
    expect(new Set(draws).size).toBe(3);
  });

  test('gives a state that is plain data, and continues from it', () => {
    rand([10]);
    const saved = JSON.parse(JSON.stringify(defaultGenerator.state));
    const first = everything();
    defaultGenerator.state = saved;
    expect(everything()).toEqual(first);
  });

  test('of a generator of its own leaves the default one alone', () => {
    const before = defaultGenerator.state;
    const own = new Generator(3);
    const first = values(randn([4], { generator: own }));
    dropout(tensor([1, 2]), 0.5, { generator: own });
    multinomial(tensor([1, 2]), 1, { generator: own });
    randperm(3, { generator: own });
    expect(defaultGenerator.state).toEqual(before);
    expect(values(randn([4], { generator: new Generator(3) }))).toEqual(first);
    expect(values(randn([4], { generator: own.manualSeed(3) }))).toEqual(first);
  });

  test.each([-1, 0.5, NaN, 2 ** 53])('%d is refused', (seed) => {
    expect(() => manualSeed(seed)).toThrow(ArgumentError);
    expect(() => manualSeed(seed)).toThrow(/expected a whole number from 0 to 2\^53 - 1; given/);
  });
});

describe('rand, randn and randint', () => {
  test('have the mean and variance of their distributions', () => {
    const [u, n] = [rand([20_000]), randn([20_000])];
    expect(u.mean().itemSync()).toBeCloseTo(0.5, 1.9);
    expect(u.var().itemSync()).toBeCloseTo(1 / 12, 2);
    expect(Math.abs(n.mean().itemSync())).toBeLessThan(0.03);
    expect(Math.abs(n.var().itemSync() - 1)).toBeLessThan(0.04);
    expect(u.amin().itemSync()).toBeGreaterThanOrEqual(0);
    expect(u.amax().itemSync()).toBeLessThan(1);
  });

  test('draw each integer as often, from low to high - 1', () => {
    const draws = values(randint(0, 10, [10_000]));
    expect(
      chiSquare(
        draws,
        Array.from({ length: 10 }, () => 0.1),
      ),
    ).toBeLessThan(LIMIT);
    expect(values(randint(-3, -2, [4]))).toEqual([-3, -3, -3, -3]);
    expect(randint(0, 2, [1]).dtype).toBe('i32');
    expect(randint(0, 2, [1], { dtype: 'f32' }).dtype).toBe('f32');
  });

  test('refuse ranges and shapes that make no sense', () => {
    expect(() => randint(2, 2, [1])).toThrow(/expected whole numbers low < high; given low 2, high 2/);
    expect(() => randint(0, 2 ** 33, [1])).toThrow(
      /^randint: expected numbers that are i32; given low 0, high 8589934592/,
    );
    expect(() => rand([-1])).toThrow(ShapeError);
    expect(() => rand(3 as unknown as number[])).toThrow(/rand: expected a shape such as \[2, 3\]/);
  });
});

describe('randperm', () => {
  test('holds each number once', () => {
    expect(values(randperm(100)).sort((a, b) => a - b)).toEqual(values(arange(100)));
  });

  test('puts each number in each place as often', () => {
    const firsts = Array.from({ length: 4000 }, () => randperm(5).dataSync()[0]!);
    expect(chiSquare(firsts, [0.2, 0.2, 0.2, 0.2, 0.2])).toBeLessThan(LIMIT);
  });
});

describe('multinomial', () => {
  const weights = [1, 3, 0, 4, 2];

  test('draws classes in proportion to their weights, with replacement', () => {
    const draws = values(multinomial(tensor(weights), 10_000, { replacement: true }));
    expect(draws).not.toContain(2);
    const possible = draws.map((k) => [0, 1, NaN, 2, 3][k]!);
    expect(chiSquare(possible, [0.1, 0.3, 0.4, 0.2])).toBeLessThan(LIMIT);
  });

  test('draws the first of several in proportion too, without replacement, and no class twice', () => {
    const rows = tensor([weights]).expand([4000, 5]);
    const draws = multinomial(rows, 4);
    expect(draws.shape).toEqual([4000, 4]);
    const firsts = values(draws.select(1, 0)).map((k) => [0, 1, NaN, 2, 3][k]!);
    expect(chiSquare(firsts, [0.1, 0.3, 0.4, 0.2])).toBeLessThan(LIMIT);
    for (const row of draws.toArraySync() as number[][]) expect([...row].sort()).toEqual([0, 1, 3, 4]);
  });

  test('draws the second as if the first were not there', () => {
    const draws = multinomial(tensor([[1, 1, 2]]).expand([4000, 3]), 2).toArraySync() as number[][];
    const seconds = draws.filter(([first]) => first === 2).map(([, second]) => second!);
    expect(chiSquare(seconds, [0.5, 0.5])).toBeLessThan(LIMIT);
  });
});

describe('dropout', () => {
  test('keeps the expectation: zeros with probability p, the rest divided by 1 - p', () => {
    const y = dropout(tensor([2]).expand([20_000]), 0.25);
    const found = values(y);
    expect(new Set(found.map((v) => v.toFixed(4)))).toEqual(new Set(['0.0000', (2 / 0.75).toFixed(4)]));
    expect(Math.abs(found.filter((v) => v === 0).length / found.length - 0.25)).toBeLessThan(0.02);
    expect(Math.abs(y.mean().itemSync() - 2)).toBeLessThan(0.05);
  });

  test('is the tensor itself in evaluation and at p = 0', () => {
    const x = tensor([1, 2]);
    expect(dropout(x, 0.5, { training: false })).toBe(x);
    expect(dropout(x, 0)).toBe(x);
  });

  test('lets the gradient through where the value went through', () => {
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], { requiresGrad: true });
    const y = dropout(x, 0.5);
    y.sum().backward();
    expect(values(x.grad!)).toEqual(values(y).map((v) => (v === 0 ? 0 : 2)));
  });
});
