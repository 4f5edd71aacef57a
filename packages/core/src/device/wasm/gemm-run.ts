/**
 * Matrix products between matrices in the device's memory, spread over the threads: what `matmul` and the fused kernels
 * call from JavaScript. (Kernels that multiply on their own use `gemm.ts`.)
 *
 * A matrix that is multiplied often is packed once: `const w = packMatrix(b); multiplyPacked({ a, c }, w); release(w.buffer);`
 *
 * An item of work is a rectangle of C. It packs what it needs into memory of its own, so that threads never wait for each
 * other; the few per cent of packing that are done twice cost less.
 */

import { COLUMNS_IN_PLACE, COLUMNS_PACKED, gemm, packedBytes, ROWS_IN_PLACE, scratchBytes, smaller } from './gemm.ts';
import { isAdjacent, type Matrix, type Product, words } from './gemm-matrix.ts';
import { multiplyThin } from './gemm-thin.ts';
import { currentTile, type Tile } from './gemm-tile.ts';
import { i32 } from './instructions.ts';
import { allocate, release, type WasmBuffer } from './memory.ts';
import { compileKernels, type Kernel, type KernelBuilder, run } from './runtime.ts';
import { threadInfo } from './threads.ts';
import { countOf, emitOffsets, tableAt, tableOf } from './walk.ts';

/** Up to so many columns, rows of A are as fast in place as packed; fewer where their pointers slow the arithmetic. */
const MOST_COLUMNS = 512;
const MOST_COLUMNS_WITHOUT_FMA = 32;
/** Up to so many rows, columns of B are; and up to so many if a row is short. */
const FEW_ROWS = 16;
const MOST_ROWS = 64;
const SHORT_ROW = 512;

type Operands = Pick<Product, 'a' | 'c' | 'plus'> & Partial<Pick<Product, 'batch'>>;

/** C = A B, or C = A B + P. */
export function multiply({ a, b, c, plus, batch = [] }: Operands & Pick<Product, 'b'>): void {
  const product = { a, b, c, plus, batch };
  if (multiplyThin(product)) return;
  const few = c.rows <= FEW_ROWS || (c.rows <= MOST_ROWS && c.columns <= SHORT_ROW);
  start(product, few && isAdjacent(b.strideColumn, b.columns) ? COLUMNS_IN_PLACE : 0);
}

/** A packed B, to be multiplied often. */
export interface PackedMatrix {
  readonly buffer: WasmBuffer;
  readonly rows: number;
  readonly columns: number;
}

/** The same with a B that is packed. */
export function multiplyPacked({ a, c, plus, batch = [] }: Operands, { buffer, rows, columns }: PackedMatrix): void {
  const [strideRow, strideColumn] = [4 * currentTile().columns, 4 * rows];
  const b = { address: buffer.address, rows, columns, strideRow, strideColumn };
  start({ a, b, c, plus, batch }, COLUMNS_PACKED);
}

/** Packs a matrix; its buffer goes back with `release`. */
export function packMatrix({ address, rows, columns, strideRow, strideColumn }: Matrix): PackedMatrix {
  const tile = currentTile();
  const buffer = allocate('f32', packedBytes(tile, rows, columns) / 4);
  const items = Math.ceil(columns / tile.columns / PANELS);
  const args = [columns, rows, address, strideColumn, strideRow, buffer.address];
  run(kernels().pack, args, items, Math.ceil(PACK_GRAIN / (PANELS * tile.columns * (rows + 1))));
  return { buffer, rows, columns };
}

/** Panels in an item of packing, and elements that a thread packs at a time. */
const PANELS = 4;
const PACK_GRAIN = 16_384;

const ITEMS_PER_THREAD = 4;
/** Multiplications below which a product is not worth dividing. */
const SMALLEST_ITEM = 2 ** 18;

function start({ a, b, c, plus, batch }: Product, columnsHow: number): void {
  const [M, N, K] = [c.rows, c.columns, a.columns];
  if (M === 0 || N === 0) return;
  const [tile, threads] = [currentTile(), threadInfo().count];
  const rowsInPlace = N <= (tile.fma ? MOST_COLUMNS : MOST_COLUMNS_WITHOUT_FMA) && isAdjacent(a.strideColumn, K);
  const [rows, columns] = divide({ M, N, K, batches: countOf(batch), rowsInPlace });
  const [down, across] = [Math.ceil(M / rows), Math.ceil(N / columns)];
  const items = countOf(batch) * down * across;
  const grain = Math.ceil(items / (ITEMS_PER_THREAD * threads));
  const slotBytes = scratchBytes(tile, columns, K, columnsHow);
  const slots = threads === 1 ? 1 : Math.ceil(items / grain);
  const how = columnsHow + (rowsInPlace ? ROWS_IN_PLACE : 0);
  const args = [M, N, K, a.address, a.strideRow, a.strideColumn, b.address, b.strideRow, b.strideColumn];
  args.push(c.address, c.strideRow, plus?.address ?? 0, plus?.strideRow ?? 0, scratch(slots * slotBytes), how);
  args.push(rows, columns, down, across, grain, slotBytes, ...tableOf(batch));
  run(kernels().product, args, items, grain);
}

/** Rows in place are not divided into fewer: each part would pack B again, where columns cost nothing to divide. */
const UNDIVIDED_ROWS = 400;

interface Sizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly batches: number;
  readonly rowsInPlace: boolean;
}

/** Rows and columns of C in an item: as square as can be, and enough of them for all threads. */
function divide({ M, N, K, batches, rowsInPlace }: Sizes): [rows: number, columns: number] {
  const [tile, threads] = [currentTile(), threadInfo().count];
  const wanted = threads === 1 ? 1 : Math.min((threads * ITEMS_PER_THREAD) / batches, (M * N * K) / SMALLEST_ITEM);
  const fewest = rowsInPlace ? UNDIVIDED_ROWS : 0;
  let [down, across] = [1, 1];
  while (down * across < wanted) {
    const tall = M / down > Math.max(N / across, fewest);
    if (tall || N / across < 2 * tile.columns) down *= 2;
    else across *= 2;
  }
  const part = (total: number, parts: number, multiple: number): number =>
    Math.ceil(total / parts / multiple) * multiple;
  return [part(M, down, tile.rows), part(N, across, tile.columns)];
}

let blocks: WasmBuffer | undefined;

/** Memory for packed blocks: kept, and replaced when it is too small. */
function scratch(bytes: number): number {
  if (!blocks || blocks.bytes < bytes) {
    if (blocks) release(blocks);
    blocks = allocate('f32', bytes / 4);
  }
  return blocks.address;
}

const NAMES = ['product', 'pack'] as const;
const compiled = new Map<Tile, Record<(typeof NAMES)[number], Kernel>>();

function kernels(): Record<(typeof NAMES)[number], Kernel> {
  const tile = currentTile();
  const known = compiled.get(tile) ?? compileKernels(NAMES, (m) => productKernels(m, tile));
  compiled.set(tile, known);
  return known;
}

function productKernels(m: KernelBuilder, tile: Tile): void {
  const { packB, product } = gemm(m, tile);
  m.kernel('pack', (f, args, from, to) => {
    const [N, K, b, strideN, strideK, packed] = words(args, 0, 6);
    const width = i32.const(PANELS * tile.columns);
    const start = f.local('i32', i32.mul(from, width));
    const count = smaller(i32.sub(N, start), i32.mul(i32.sub(to, from), width));
    const target = i32.add(packed, i32.shl(i32.mul(start, K), i32.const(2)));
    f.do(packB.call(count, K, i32.add(b, i32.mul(start, strideN)), strideN, strideK, target));
  });
  m.kernel('product', (f, args, from, to) => {
    const [M, N, K, a, strideM, strideKa, b, strideKb, strideN] = words(args, 0, 9);
    const [c, strideC, p, strideP, scratch, how] = words(args, 9, 6);
    const [rows, columns, down, across, grain, slotBytes] = words(args, 15, 6);
    const slot = f.local('i32', i32.add(scratch, i32.mul(i32.divU(from, grain), slotBytes)));
    const [row, column, rest] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const [aNow, bNow, cNow, pNow] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    f.for(from, to, 1, (item) => {
      f.set(row, i32.mul(i32.remU(item, down), rows));
      f.set(rest, i32.divU(item, down));
      f.set(column, i32.mul(i32.remU(rest, across), columns));
      f.set(aNow, i32.add(a, i32.mul(row, strideM)));
      f.set(bNow, i32.add(b, i32.mul(column, strideN)));
      f.set(cNow, i32.add(c, i32.add(i32.mul(row, strideC), i32.shl(column, i32.const(2)))));
      f.set(pNow, i32.add(p, i32.add(i32.mul(row, strideP), i32.shl(column, i32.const(2)))));
      emitOffsets(f, tableAt(args, 21), i32.divU(rest, across), [aNow, bNow, cNow, pNow]);
      f.set(pNow, i32.select(pNow, i32.const(0), p));
      const [height, width] = [smaller(rows, i32.sub(M, row)), smaller(columns, i32.sub(N, column))];
      const [A, B, C] = [
        [aNow, strideM, strideKa],
        [bNow, strideKb, strideN],
        [cNow, strideC, pNow, strideP],
      ] as const;
      f.do(product.call(height, width, K, ...A, ...B, ...C, slot, how));
    });
  });
}
