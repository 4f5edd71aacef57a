/** Thin products, with few rows or few columns: which of them need no packing, and their kernels. */

import { AXPY_COLUMNS, AXPY_MAX_K, axpyKernel } from './gemm-axpy.ts';
import { DOT_LINES, dotsKernel } from './gemm-dots.ts';
import { isAdjacent, type Product } from './gemm-matrix.ts';
import { currentTile } from './gemm-tile.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, type Dim, tableOf } from './walk.ts';

/** Up to so many rows or columns a product is thin. */
const FEW = 8;
/** A row of fewer elements is not worth a call for each k. */
const SHORTEST_ROW = 32;
/** Elements of the larger operand that a thread takes at a time. */
const GRAIN = 16_384;

/** Computes a product that is thin; false if it is not, or not laid out for it. */
export function multiplyThin(product: Product): boolean {
  return !product.accumulate && (byDots(product) || byRows(product));
}

/** Both operands are contiguous along k. */
function byDots({ a, b, c, batch }: Product): boolean {
  const K = a.columns;
  if (!isAdjacent(a.strideColumn, K) || !isAdjacent(b.strideRow, K)) return false;
  if (Math.min(c.rows, c.columns) > FEW) return false;
  const rows = { address: a.address, count: c.rows, stride: a.strideRow, step: c.strideRow };
  const columns = { address: b.address, count: c.columns, stride: b.strideColumn, step: c.strideColumn };
  const fewRows = c.rows < c.columns;
  const [lines, few] = fewRows ? [columns, rows] : [rows, columns];
  const items = Math.ceil(lines.count / DOT_LINES);
  const args = [lines.count, few.count, K, lines.address, lines.stride, few.address, few.stride];
  args.push(c.address, lines.step, few.step, items, ...tableOf(fewRows ? batch.map(swapped) : batch));
  run(kernels().dots, args, items * countOf(batch), Math.ceil(GRAIN / (DOT_LINES * (K + 1))));
  return true;
}

/** One row times a matrix with contiguous rows, or the transpose of that: contiguous columns times one column. */
function byRows({ a, b, c, batch }: Product): boolean {
  const [N, K] = [Math.max(c.rows, c.columns), a.columns];
  if (K > AXPY_MAX_K || N < SHORTEST_ROW) return false;
  const args = [N, K];
  if (c.rows === 1 && b.strideColumn === 4) args.push(a.address, a.strideColumn, b.address, b.strideRow);
  else if (c.columns === 1 && a.strideRow === 4 && c.strideRow === 4)
    args.push(b.address, b.strideRow, a.address, a.strideColumn);
  else return false;
  const items = Math.ceil(N / AXPY_COLUMNS);
  args.push(c.address, items, ...tableOf(c.rows === 1 ? batch : batch.map(swapped)));
  run(kernels().axpy, args, items * countOf(batch), Math.ceil(GRAIN / (Math.min(N, AXPY_COLUMNS) * (K + 1))));
  return true;
}

function swapped({ size, steps: [a, b, c] }: Dim): Dim {
  return { size, steps: [b!, a!, c!] };
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
