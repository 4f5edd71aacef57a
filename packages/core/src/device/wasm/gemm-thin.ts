/** Thin products, with few rows or few columns: which of them need no packing, and their kernels. */

import { AXPY_MAX_COLUMNS, AXPY_MAX_K, AXPY_MIN_COLUMNS, axpyKernel } from './gemm-axpy.ts';
import { DOT_LINES, dotsKernel } from './gemm-dots.ts';
import { isAdjacent, type Product } from './gemm-matrix.ts';
import { currentTile } from './gemm-tile.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { threadInfo } from './threads.ts';
import { countOf, type Dim, tableOf } from './walk.ts';

/** Up to so many rows or columns, dot products are faster than packing. */
const DOTTED_LINES = { 8: 16, 16: 8 };
/** Up to so many rows, adding rows is. */
const ADDED_ROWS = 3;
/** A row of fewer elements is not worth a call for each k. */
const SHORTEST_ROW = 32;
/** Elements of the larger operand that a thread takes at a time. */
const GRAIN = 16_384;

/** Computes a product that is thin; false if it is not, or not laid out for it. */
export function multiplyThin(product: Product): boolean {
  return byDots(product) || byRows(product);
}

/** Both operands are contiguous along k. */
function byDots({ a, b, c, plus, batch }: Product): boolean {
  const K = a.columns;
  if (!isAdjacent(a.strideColumn, K) || !isAdjacent(b.strideRow, K)) return false;
  if (Math.min(c.rows, c.columns) > DOTTED_LINES[currentTile().columns]) return false;
  const rows = { address: a.address, count: c.rows, stride: a.strideRow, step: c.strideRow };
  const columns = { address: b.address, count: c.columns, stride: b.strideColumn, step: c.strideColumn };
  const fewRows = c.rows < c.columns;
  const [lines, few] = fewRows ? [columns, rows] : [rows, columns];
  const items = Math.ceil(lines.count / DOT_LINES);
  const args = [lines.count, few.count, K, lines.address, lines.stride, few.address, few.stride];
  const [alongRows, alongColumns] = plus ? [plus.strideRow, plus.strideColumn] : [0, 0];
  args.push(c.address, lines.step, few.step, plus?.address ?? 0);
  args.push(...(fewRows ? [alongColumns, alongRows] : [alongRows, alongColumns]));
  args.push(items, ...tableOf(fewRows ? batch.map(swapped) : batch));
  run(kernels().dots, args, items * countOf(batch), Math.ceil(GRAIN / (DOT_LINES * (K + 1))));
  return true;
}

/** Few rows times a matrix with contiguous rows, or the transpose of that: contiguous columns times one column. */
function byRows({ a, b, c, plus, batch }: Product): boolean {
  const [few, N, K] = [Math.min(c.rows, c.columns), Math.max(c.rows, c.columns), a.columns];
  if (few > ADDED_ROWS || K > AXPY_MAX_K || N < SHORTEST_ROW) return false;
  const args = [few, N, K];
  const fewRows = c.rows === few && b.strideColumn === 4;
  if (fewRows) args.push(a.address, a.strideRow, a.strideColumn, b.address, b.strideRow, c.address, c.strideRow);
  else if (c.columns === 1 && a.strideRow === 4 && c.strideRow === 4 && (plus?.strideRow ?? 4) === 4)
    args.push(b.address, 0, b.strideRow, a.address, a.strideColumn, c.address, 0);
  else return false;
  const share = 8 * Math.ceil(N / threadInfo().count / 8);
  const columns = Math.max(AXPY_MIN_COLUMNS, Math.min(AXPY_MAX_COLUMNS, share));
  const items = Math.ceil(N / columns);
  args.push(plus?.address ?? 0, fewRows ? (plus?.strideRow ?? 0) : 0);
  args.push(columns, items, ...tableOf(fewRows ? batch : batch.map(swapped)));
  run(kernels().axpy, args, items * countOf(batch), Math.ceil(GRAIN / (columns * (K + 1))));
  return true;
}

function swapped({ size, steps: [a, b, ...rest] }: Dim): Dim {
  return { size, steps: [b!, a!, ...rest] };
}

const NAMES = ['dots', 'axpy'] as const;
const compiled = new Map<boolean, Record<(typeof NAMES)[number], Kernel>>();

function kernels(): Record<(typeof NAMES)[number], Kernel> {
  const tile = currentTile();
  let known = compiled.get(tile.fma);
  if (!known) {
    known = compileKernels(NAMES, (m) => {
      dotsKernel(m, tile);
      axpyKernel(m, tile);
    });
    compiled.set(tile.fma, known);
  }
  return known;
}
