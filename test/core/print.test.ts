/** Printing against PyTorch's own text: test/golden/print.py made the cases. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { arrayTypes, type DType } from '../../packages/core/src/dtype.ts';
import { formatTensor } from '../../packages/core/src/print.ts';

interface PrintCase {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Numbers; 'inf', '-inf' and 'nan' are strings, since JSON has no such numbers. */
  readonly data: readonly (number | string)[];
  readonly requiresGrad?: boolean;
  readonly gradFn?: string;
  readonly expected: string;
}

const file = new URL('../golden/print.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly PrintCase[] };

const named: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };

describe('a tensor prints as PyTorch prints it', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const data = arrayTypes[c.dtype].from(c.data.map((value) => (typeof value === 'string' ? named[value]! : value)));
    expect(formatTensor(data, c.shape, c.dtype, c)).toBe(c.expected);
  });

  test('the cases cover every dtype and rank 0 to 5', () => {
    expect(new Set(cases.map((c) => c.dtype))).toEqual(new Set(['f32', 'f64', 'i32', 'bool']));
    expect(new Set(cases.map((c) => c.shape.length))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(cases.length).toBeGreaterThan(100);
  });
});
