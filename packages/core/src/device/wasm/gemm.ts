/**
 * Matrix products inside WASM: C[M, N] = A[M, K] B[K, N], f32, and what may be added to it.
 *
 * `gemm(m, tile)` adds functions to a module, so that a kernel can multiply as often as it likes. A time loop, for
 * instance, gets its weights packed and then multiplies a few rows in each step:
 *
 * ```ts no-run
 * const { multiply } = gemm(m, tile);
 * m.kernel('steps', (f, args, from, to) => {
 *   // ... in each step, gates = state x weights:
 *   f.do(multiply.call(rows, N, K, state, strideState, packed, gates, strideGates, i32.const(0)));
 * });
 * ```
 *
 * - `packB(N, K, b, strideN, strideK, packed)`: B with any strides, packed into `packedBytes(tile, K, N)` bytes.
 * - `multiply(M, N, K, a, strideM, packed, c, strideC, accumulate)`: A's rows are contiguous and read in place; needs no
 *   other memory. A part of the columns: from column j on, a multiple of `tile.columns`, B is at packed + 4 K j.
 * - `product(M, N, K, a, strideM, strideKa, b, strideKb, strideN, c, strideC, p, strideP, scratch, how)`: any strides.
 *   `how` adds up the flags below; blocks of what is not in place are packed into `scratchBytes` bytes.
 *
 * Sizes count elements, strides bytes; rows of C are contiguous; K = 0 gives zeros. With `accumulate` the product is added
 * to C; p is the address of a matrix with contiguous rows that is added to it, C or another, or 0 for none.
 * Each element is summed up in blocks of k that depend on K alone: however M and N are divided, results are the same.
 */

import type { Callable, FunctionBuilder, I32, Local } from './assembler.ts';
import { type Microkernel, microkernels, type Source } from './gemm-micro.ts';
import { type Pack, packColumns, packRows, paddedWidth, panelRows } from './gemm-pack.ts';
import { i32s, type Tile } from './gemm-tile.ts';
import { i32 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';

export interface Gemm {
  readonly packB: Pack;
  readonly multiply: Callable<Multiply>;
  readonly product: Callable<Product>;
}

type Multiply = readonly [
  ...[M: 'i32', N: 'i32', K: 'i32', a: 'i32', strideM: 'i32', packed: 'i32', c: 'i32', strideC: 'i32'],
  accumulate: 'i32',
];
type Product = readonly [
  ...[M: 'i32', N: 'i32', K: 'i32', a: 'i32', strideM: 'i32', strideKa: 'i32', b: 'i32', strideKb: 'i32'],
  ...[strideN: 'i32', c: 'i32', strideC: 'i32', p: 'i32', strideP: 'i32', scratch: 'i32', how: 'i32'],
];

/** A's rows are contiguous and not worth packing. */
export const ROWS_IN_PLACE = 1;
/** B's rows are contiguous and not worth packing, but for the last columns. */
export const COLUMNS_IN_PLACE = 2;
/** B is packed as a whole; strideN is 4 K and strideKb 4 `tile.columns`. */
export const COLUMNS_PACKED = 4;

/**
 * Block sizes. MC x KC elements of A (240 KiB) stay in the second cache, a block of B (1 MiB) in the second or third. Of a
 * panel of B not all need stay in the first, since it is read in order: a long K gains more, as it loads and stores C less
 * often. MC is a multiple of the rows of any tile, KC of 16.
 */
const KC = 512;
const MC = 120;
const B_BLOCK = 2 ** 18;
/** A block of B is as wide as if it had so many k at least. */
const LEAST_K = 64;

/** Bytes of a packed [K, N] matrix. */
export function packedBytes(tile: Tile, K: number, N: number): number {
  return 4 * K * Math.ceil(N / tile.columns) * tile.columns;
}

/** Bytes that `product` packs its blocks in, at most. */
export function scratchBytes(tile: Tile, N: number, K: number, how: number): number {
  if (how & COLUMNS_PACKED) return A_BLOCK;
  const width = B_BLOCK / Math.min(Math.max(K, LEAST_K), KC);
  return A_BLOCK + packedBytes(tile, Math.min(K, KC), Math.min(N, width));
}

const A_BLOCK = 4 * MC * KC;

/** The functions are added when they are first asked for. */
export function gemm(m: KernelBuilder, tile: Tile): Gemm {
  const packB = once(() => packColumns(m, tile));
  const fromRows = once(() => panelProduct(m, tile, 'rows'));
  const fromPanels = once(() => panelProduct(m, tile, 'panel'));
  const multiply = once(() => multiplyPacked(m, tile, fromRows()));
  const anyProduct = once(() => product(m, tile, packB(), rowBlocks(m, tile, fromRows(), fromPanels())));
  return {
    get packB() {
      return packB();
    },
    get multiply() {
      return multiply();
    },
    get product() {
      return anyProduct();
    },
  };
}

function multiplyPacked(m: KernelBuilder, tile: Tile, fromRows: Callable<PanelProduct>): Gemm['multiply'] {
  return m.helper(undefined, i32s<Multiply>(9), [], (f, M, N, K, a, strideM, packed, c, strideC, accumulate) => {
    const [strideK, strideN] = [i32.const(4 * tile.columns), i32.shl(K, i32.const(2))];
    blocks(f, K, i32.const(KC), 8, (k, depth) => {
      const b = i32.add(packed, i32.mul(k, strideK));
      blocks(f, M, i32.const(MC), tile.rows, (i, height) => {
        const from = i32.add(a, i32.add(i32.mul(i, strideM), i32.shl(k, i32.const(2))));
        const to = f.local('i32', i32.add(c, i32.mul(i, strideC)));
        const added = i32.select(to, i32.const(0), i32.or(accumulate, k));
        f.do(fromRows.call(height, N, depth, from, strideM, b, strideK, strideN, to, strideC, added, strideC));
      });
    });
  });
}

function product(m: KernelBuilder, tile: Tile, packB: Pack, multiplyRows: Gemm['product']): Gemm['product'] {
  const step = i32.const(4 * tile.columns);
  return m.helper(
    undefined,
    i32s<Product>(15),
    [],
    (f, M, N, K, a, strideM, strideKa, b, strideKb, strideN, c, strideC, p, strideP, scratch, how) => {
      const panels = f.local('i32', i32.add(scratch, i32.const(A_BLOCK)));
      const [aNow, bNow, cNow] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const [ready, pNow, strideNow] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const depth = smaller(larger(K, i32.const(LEAST_K)), i32.const(KC));
      const most = i32.and(i32.divU(i32.const(B_BLOCK), depth), i32.const(-tile.columns));
      blocks(f, N, most, tile.columns, (j, width) => {
        blocks(f, K, i32.const(KC), 8, (k, depth) => {
          const multiplyBy = (b: I32, strideK: I32, strideN: I32): void => {
            const [A, B, C] = [
              [aNow, strideM, strideKa],
              [b, strideK, strideN],
              [cNow, strideC, pNow, strideNow],
            ] as const;
            f.do(multiplyRows.call(M, ready, depth, ...A, ...B, ...C, scratch, how));
          };
          f.set(aNow, i32.add(a, i32.mul(k, strideKa)));
          f.set(bNow, i32.add(b, i32.add(i32.mul(j, strideN), i32.mul(k, strideKb))));
          f.set(cNow, i32.add(c, i32.shl(j, i32.const(2))));
          f.set(pNow, i32.select(cNow, atOffset(p, i32.shl(j, i32.const(2))), k));
          f.set(strideNow, i32.select(strideC, strideP, k));
          const fullPanels = i32.sub(width, i32.remU(width, i32.const(tile.columns)));
          const inPlace = i32.select(fullPanels, i32.const(0), i32.and(how, i32.const(COLUMNS_IN_PLACE)));
          f.set(ready, i32.select(width, inPlace, i32.and(how, i32.const(COLUMNS_PACKED))));
          f.if(ready, () => multiplyBy(bNow, strideKb, strideN));
          f.if(i32.ltS(ready, width), () => {
            f.set(bNow, i32.add(bNow, i32.mul(ready, strideN)));
            f.set(pNow, atOffset(pNow, i32.shl(ready, i32.const(2))));
            f.set(cNow, i32.add(cNow, i32.shl(ready, i32.const(2))));
            f.set(ready, i32.sub(width, ready));
            f.do(packB.call(ready, depth, bNow, strideN, strideKb, panels));
            multiplyBy(panels, step, i32.shl(depth, i32.const(2)));
          });
        });
      });
    },
  );
}

/** `product` with B in panels or in place; it packs blocks of A, if need be. */
function rowBlocks(
  m: KernelBuilder,
  tile: Tile,
  fromRows: Callable<PanelProduct>,
  fromPanels: Callable<PanelProduct>,
): Gemm['product'] {
  const packA = packRows(m, tile);
  return m.helper(
    undefined,
    i32s<Product>(15),
    [],
    (f, M, N, K, a, strideM, strideKa, b, strideKb, strideN, c, strideC, p, strideP, scratch, how) => {
      blocks(f, M, i32.const(MC), tile.rows, (i, height) => {
        const from = i32.add(a, i32.mul(i, strideM));
        const [B, C] = [
          [b, strideKb, strideN],
          [i32.add(c, i32.mul(i, strideC)), strideC, atOffset(p, i32.mul(i, strideP)), strideP],
        ] as const;
        f.if(
          i32.and(how, i32.const(ROWS_IN_PLACE)),
          () => f.do(fromRows.call(height, N, K, from, strideM, ...B, ...C)),
          () => {
            f.do(packA.call(height, K, from, strideM, strideKa, scratch));
            f.do(fromPanels.call(height, N, K, scratch, i32.shl(K, i32.const(2)), ...B, ...C));
          },
        );
      });
    },
  );
}

type PanelProduct = readonly [
  ...[M: 'i32', N: 'i32', K: 'i32', a: 'i32', strideM: 'i32', b: 'i32', strideKb: 'i32', strideN: 'i32'],
  ...[c: 'i32', strideC: 'i32', p: 'i32', strideP: 'i32'],
];

/** Both operands are ready. In panels, lines of A are 4 K bytes apart. */
function panelProduct(m: KernelBuilder, tile: Tile, source: Source): Callable<PanelProduct> {
  const { full, tails } = microkernels(m, tile, source);
  return m.helper(
    undefined,
    i32s<PanelProduct>(12),
    [],
    (f, M, N, K, a, strideM, b, strideKb, strideN, c, strideC, p, strideP) => {
      const [aNow, cNow, pNow] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const [rest, height] = [f.local('i32'), f.local('i32')];
      const downTheRows = (byRows: readonly Microkernel[]): void => {
        f.set(aNow, a);
        f.set(cNow, c);
        f.set(pNow, p);
        f.set(rest, M);
        f.while(
          () => i32.gtS(rest, i32.const(0)),
          () => {
            f.set(height, panelRows(tile, rest));
            byNumber(f, height, byRows.length, (rows) =>
              f.do(byRows[rows - 1]!.call(K, aNow, strideM, b, strideKb, cNow, strideC, pNow, strideP, N)),
            );
            f.set(aNow, i32.add(aNow, i32.mul(height, strideM)));
            f.set(cNow, i32.add(cNow, i32.mul(height, strideC)));
            f.set(pNow, atOffset(pNow, i32.mul(height, strideP)));
            f.set(rest, i32.sub(rest, height));
          },
        );
      };
      f.countDown(N, tile.columns, () => {
        downTheRows(full);
        f.set(b, i32.add(b, i32.mul(strideN, i32.const(tile.columns))));
        f.increment(c, 4 * tile.columns);
        f.set(p, atOffset(p, i32.const(4 * tile.columns)));
      });
      f.if(N, () => {
        const width = f.local('i32', paddedWidth(tile, N));
        for (const { columns, byRows } of tails) {
          f.if(i32.eq(width, i32.const(columns)), () => downTheRows(byRows));
        }
      });
    },
  );
}

/** The address so many bytes further; 0 remains 0. */
export function atOffset(address: I32, bytes: I32): I32 {
  return i32.select(i32.add(address, bytes), i32.const(0), address);
}

export function smaller(a: I32, b: I32): I32 {
  return i32.select(a, b, i32.ltS(a, b));
}

function larger(a: I32, b: I32): I32 {
  return i32.select(b, a, i32.ltS(a, b));
}

/** Calls `then` for the value of `n`, 1...max; the largest is the usual one and tried first. */
function byNumber(f: FunctionBuilder, n: I32, max: number, then: (value: number) => void): void {
  if (max === 1) then(1);
  else
    f.if(
      i32.eq(n, i32.const(max)),
      () => then(max),
      () => byNumber(f, n, max - 1, then),
    );
}

/** Goes through `total` in nearly equal blocks of at most `most`, a multiple of `multiple`; once where it is 0. */
function blocks(
  f: FunctionBuilder,
  total: I32,
  most: I32,
  multiple: number,
  body: (start: Local<'i32'>, size: Local<'i32'>) => void,
): void {
  const roundUp = (n: I32, by: I32): I32 => i32.divU(i32.sub(i32.add(n, by), i32.const(1)), by);
  const start = f.local('i32', i32.const(0));
  const count = f.local('i32', i32.add(roundUp(total, most), i32.eqz(total)));
  const each = roundUp(roundUp(total, count), i32.const(multiple));
  const block = f.local('i32', i32.mul(each, i32.const(multiple)));
  const size = f.local('i32');
  f.loop(
    () => {
      const left = i32.sub(total, start);
      f.set(size, i32.select(left, block, i32.ltS(left, block)));
      body(start, size);
      f.set(start, i32.add(start, block));
    },
    () => i32.ltS(start, total),
  );
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
