/**
 * Thin products, by adding rows: a few rows times a matrix whose rows are contiguous.
 *
 *   y[m, n] = sum over k of x[m, k] B[k, n] (+ p[m, n])
 *
 * Rows of B are read from start to end, four at a time, so that it runs as fast as memory delivers them.
 */

import type { Callable, V128 } from './assembler.ts';
import { words } from './gemm-matrix.ts';
import { i32s, multiplyAddOf, type Tile } from './gemm-tile.ts';
import { copyMemory, f32, f32x4, fillMemory, i32, v128 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';
import { emitOffsets, tableAt } from './walk.ts';

/** Elements of y in an item of the kernel, at most: they stay in the first cache. And at least: memory is read in runs. */
export const AXPY_MAX_COLUMNS = 1024;
export const AXPY_MIN_COLUMNS = 256;
/** Beyond so many k the rounding errors of adding row to row are too large. */
export const AXPY_MAX_K: number = 2 ** 15;

/**
 * The kernel 'axpy': an item is some columns of all rows of y. Arguments: M, N, K; address and strides (bytes) of x along
 * rows and k; address of B and stride along k; address of y and stride along rows; those of p, or 0; columns of an item;
 * items in a batch entry; the table of batches.
 */
export function axpyKernel(m: KernelBuilder, tile: Tile): void {
  const addFour = addRows(m, tile, 4);
  const addOne = addRows(m, tile, 1);
  m.kernel('axpy', (f, args, from, to) => {
    const [M, N, K, x, stepX, strideX, b, strideB, y, stepY] = words(args, 0, 10);
    const [p, stepP, columns, perBatch] = words(args, 10, 4);
    const [xStart, bNow, yStart, pNow] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    const [xNow, yNow, row] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const [first, count, rest] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const eachRow = (body: () => void): void => {
      f.set(row, M);
      f.set(xNow, xStart);
      f.set(yNow, yStart);
      f.countDown(row, 1, () => {
        body();
        f.set(xNow, i32.add(xNow, stepX));
        f.set(yNow, i32.add(yNow, stepY));
      });
    };
    f.for(from, to, 1, (item) => {
      f.set(first, i32.mul(i32.remU(item, perBatch), columns));
      f.set(count, i32.sub(N, first));
      f.if(i32.ltS(columns, count), () => f.set(count, columns));
      f.set(xStart, x);
      f.set(bNow, i32.add(b, i32.shl(first, i32.const(2))));
      f.set(yStart, i32.add(y, i32.shl(first, i32.const(2))));
      f.set(pNow, i32.add(p, i32.shl(first, i32.const(2))));
      emitOffsets(f, tableAt(args, 14), i32.divU(item, perBatch), [xStart, bNow, yStart, pNow]);
      const bytes = i32.shl(count, i32.const(2));
      f.if(
        p,
        () =>
          eachRow(() => {
            f.do(copyMemory(yNow, pNow, bytes));
            f.set(pNow, i32.add(pNow, stepP));
          }),
        () => eachRow(() => f.do(fillMemory(yNow, i32.const(0), bytes))),
      );
      f.set(rest, K);
      for (const [rows, add] of [
        [4, addFour],
        [1, addOne],
      ] as const) {
        f.countDown(rest, rows, () => {
          eachRow(() => f.do(add.call(count, xNow, strideX, bNow, strideB, yNow)));
          f.set(xStart, i32.add(xStart, i32.mul(strideX, i32.const(rows))));
          f.set(bNow, i32.add(bNow, i32.mul(strideB, i32.const(rows))));
        });
      }
    });
  });
}

type AddRows = readonly [N: 'i32', x: 'i32', strideX: 'i32', b: 'i32', strideB: 'i32', y: 'i32'];

/** y += x[0] B[0] + x[1] B[1] + ... */
function addRows(m: KernelBuilder, tile: Tile, rows: number): Callable<AddRows> {
  const multiplyAdd = multiplyAddOf(tile);
  return m.helper(undefined, i32s<AddRows>(6), [], (f, N, x, strideX, b, strideB, y) => {
    const sources = [b];
    for (let r = 1; r < rows; r++) sources.push(f.local('i32', i32.add(sources[r - 1]!, strideB)));
    const factors = sources.map(() => {
      const factor = f.local('v128', v128.loadSplat(x));
      f.set(x, i32.add(x, strideX));
      return factor;
    });
    const advance = (bytes: number): void => {
      for (const pointer of [...sources, y]) f.increment(pointer, bytes);
    };
    const total = (at: number): V128 =>
      sources.reduce<V128>((sum, source, r) => multiplyAdd(factors[r]!, v128.load(source, at), sum), v128.load(y, at));
    const [low, high] = [f.local('v128'), f.local('v128')];
    f.countDown(N, 8, () => {
      f.set(low, total(0));
      f.set(high, total(16));
      f.do(v128.store(y, low));
      f.do(v128.store(y, high, 16));
      advance(32);
    });
    f.countDown(N, 1, () => {
      const sum = sources.reduce<V128>(
        (s, source, r) => multiplyAdd(factors[r]!, v128.loadZero(source), s),
        v128.loadZero(y),
      );
      f.do(f32.store(y, f32x4.lane(sum, 0)));
      advance(4);
    });
  });
}
