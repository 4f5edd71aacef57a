/** Comparing: the tolerances of the vectors' README, at both sides of each. */

import { describe, expect, test } from 'vitest';
import { Checker, type Numbers } from './compare.ts';

const numbers = (dtype: string, ...data: number[]): Numbers => ({ dtype, shape: [data.length], data });
const differs = (given: Numbers, expected: Numbers): string | undefined => {
  const check = new Checker();
  check.numbers('out', given, expected);
  return check.mismatches[0]?.text;
};

describe('close enough is', () => {
  test.each([
    ['f64', [1], [1 + 1.05e-9], [1 + 1.2e-9]], // 1e-10 + 1e-9 |b|
    ['f64', [0], [9e-11], [1.1e-10]],
    ['f32', [0], [9e-6], [1.1e-5]], // 1e-5 + 1e-4 |b|
    ['f32', [1], [1.000109], [1.000112]],
    ['f32', [0, 1000], [0.009, 1000.1], [0.011, 1000]], // 1e-5 of the largest
    ['i32', [3], [3], [4]],
    ['bool', [1, 0], [1, 0], [1, 1]],
    ['f64', [NaN, Infinity, -Infinity], [NaN, Infinity, -Infinity], [NaN, Infinity, Infinity]],
    ['f64', [NaN], [NaN], [0]],
    ['f32', [1], [1], [NaN]],
    ['f32', [1], [1], [Infinity]],
  ])('%s: %j as %j, not as %j', (dtype, expected, good, bad) => {
    expect(differs(numbers(dtype, ...good), numbers(dtype, ...expected))).toBeUndefined();
    expect(differs(numbers(dtype, ...bad), numbers(dtype, ...expected))).toMatch(/^largest error at element \d/);
  });
});

test('what one side has in f32 is compared as f32', () => {
  expect(differs(numbers('f64', 1.0001), numbers('f32', 1))).toBeUndefined();
  expect(differs(numbers('f32', 1.0001), numbers('f64', 1))).toBeUndefined();
  expect(differs(numbers('f64', 1.0001), numbers('f64', 1))).toBeDefined();
});

test('shapes and kinds of dtypes must be the same', () => {
  expect(differs({ dtype: 'f32', shape: [], data: [1] }, numbers('f32', 1))).toBe('shape [], expected [1]');
  expect(differs(numbers('f32', 1), numbers('bool', 1))).toBe('dtype f32, expected bool');
  expect(differs(numbers('f32'), { dtype: 'f32', shape: [0, 2], data: [] })).toBe('shape [0], expected [0, 2]');
});

test('the largest error is named', () => {
  expect(differs(numbers('f64', 1, 2.5, 3.1), numbers('f64', 1, 2, 3))).toBe(
    'largest error at element 1: 2.5, expected 2, 2.38e+8 times the tolerance',
  );
});
