/** Values at the edges, for the tests of every device. */

/** Of each dtype, what a cast to another may get wrong. */
export const COPIED: Readonly<Record<'f32' | 'i32' | 'bool', readonly number[]>> = {
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

/** Rows of logits, for cross-entropy. */
export const EDGES_OF_LOGITS: [what: string, row: number[]][] = [
  ['logits of 1e4', [1e4, -1e4, 0]],
  ['a masked class', [1, Number.NEGATIVE_INFINITY, 2]],
  ['a class that is certain', [Number.POSITIVE_INFINITY, 0, 0]],
  ['all masked', [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  ['NaN', [Number.NaN, 1, 2]],
];
