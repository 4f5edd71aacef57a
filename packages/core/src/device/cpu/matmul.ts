/**
 * Matrix product. M: rows of a, K: inner size, N: columns of b.
 *
 * Both operands are packed into panels of 4 rows (columns), so that any strides are fine and the innermost loop reads
 * memory in order; a 4x4 tile of the result stays in 16 local variables. Panels and sums are f64, whatever the dtype.
 */

import type { TypedArray } from '../../dtype.ts';
import type { View } from '../device.ts';
import { arrayOf } from './buffer.ts';
import { forEachRow } from './walk.ts';

const TILE = 4;
/** Rows of `a` that are packed at a time: bounds the scratch memory, and repacking b costs 1/256 of the arithmetic. */
const BLOCK = 128;

export function matmul(a: View, b: View, output: View, { plus }: { readonly plus?: View | undefined } = {}): void {
  const rank = output.shape.length;
  const [M, N] = [output.shape[rank - 2]!, output.shape[rank - 1]!];
  const K = a.shape[rank - 1]!;
  const [x, y, z] = [matrixOf(a), matrixOf(b), matrixOf(output)];
  const p = plus && matrixOf(plus);
  const batch = (view: View): { offset: number; strides: number[] } => ({
    offset: view.offset,
    strides: [...view.strides.slice(0, -2), 0],
  });
  const rows = new Float64Array(Math.min(BLOCK, roundUp(M)) * K);
  const columns = new Float64Array(TILE * K);
  const tile = new Float64Array(TILE * TILE);
  forEachRow([...output.shape.slice(0, -2), 1], [a, b, output, plus ?? output].map(batch), ([atA, atB, atC, atP]) => {
    for (let i0 = 0; i0 < M; i0 += BLOCK) {
      const block = Math.min(BLOCK, M - i0);
      for (let i = 0; i < block; i += TILE)
        pack(rows, i * K, x.array, atA! + (i0 + i) * x.row, x.row, x.column, Math.min(TILE, block - i), K);
      for (let j = 0; j < N; j += TILE) {
        const width = Math.min(TILE, N - j);
        pack(columns, 0, y.array, atB! + j * y.column, y.column, y.row, width, K);
        for (let i = 0; i < block; i += TILE) {
          multiplyTile(tile, rows, i * K, columns, K);
          const height = Math.min(TILE, block - i);
          for (let r = 0; r < height; r++) {
            const to = atC! + (i0 + i + r) * z.row + j * z.column;
            const from = p ? atP! + (i0 + i + r) * p.row + j * p.column : 0;
            for (let c = 0; c < width; c++)
              z.array[to + c * z.column] = (p ? p.array[from + c * p.column]! : 0) + tile[r * TILE + c]!;
          }
        }
      }
    }
  });
}

interface Matrix {
  readonly array: TypedArray;
  readonly row: number;
  readonly column: number;
}

function matrixOf(view: View): Matrix {
  return { array: arrayOf(view), row: view.strides.at(-2)!, column: view.strides.at(-1)! };
}

function roundUp(n: number): number {
  return Math.ceil(n / TILE) * TILE;
}

/** panel[k * 4 + t] = array[from + t * across + k * along], with zeros for the lines that the matrix lacks. */
function pack(
  panel: Float64Array,
  at: number,
  array: TypedArray,
  from: number,
  across: number,
  along: number,
  lines: number,
  K: number,
): void {
  for (let t = 0; t < TILE; t++) {
    const start = from + t * across;
    if (t < lines) for (let k = 0; k < K; k++) panel[at + k * TILE + t] = array[start + k * along]!;
    else for (let k = 0; k < K; k++) panel[at + k * TILE + t] = 0;
  }
}

/** tile[r, c] = sum over k of rows[k, r] * columns[k, c]. */
function multiplyTile(tile: Float64Array, rows: Float64Array, at: number, columns: Float64Array, K: number): void {
  let [c00, c01, c02, c03] = [0, 0, 0, 0];
  let [c10, c11, c12, c13] = [0, 0, 0, 0];
  let [c20, c21, c22, c23] = [0, 0, 0, 0];
  let [c30, c31, c32, c33] = [0, 0, 0, 0];
  for (let k = 0, p = at, q = 0; k < K; k++, p += TILE, q += TILE) {
    const a0 = rows[p]!;
    const a1 = rows[p + 1]!;
    const a2 = rows[p + 2]!;
    const a3 = rows[p + 3]!;
    const b0 = columns[q]!;
    const b1 = columns[q + 1]!;
    const b2 = columns[q + 2]!;
    const b3 = columns[q + 3]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  tile.set([c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33]);
}
