/** The same in plain JavaScript: what rows expect. Matrices are lists of their elements, row by row. */

export const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

export const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

/** The columns of a matrix of `n` columns. */
export const columns = (x: readonly number[], n: number): number[][] =>
  Array.from({ length: n }, (_, j) => x.filter((__, i) => i % n === j));

/** The rows of a matrix of `n` columns. */
export const rows = (x: readonly number[], n: number): number[][] =>
  Array.from({ length: x.length / n }, (_, i) => x.slice(i * n, (i + 1) * n));
