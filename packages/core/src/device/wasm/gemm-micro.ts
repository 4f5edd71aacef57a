/**
 * Microkernels: a tile of C in registers, multiplied along K.
 *
 *   C[rows, columns] = A[rows, K] B[K, columns] (+ P[rows, columns])
 *
 * For each k a row of B is loaded and each element of the column of A is spread over a vector: rows x vectors
 * multiply-adds, none of which waits for another. A function for each number of rows, so that M needs no padding; each is
 * a function of its own because engines replace a running baseline function only at its next call.
 */

import type { Callable, F32, FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { i32s, multiplyAddOf, type Tile, tailWidths } from './gemm-tile.ts';
import { f32, f32x4, i32, v128 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';

/**
 * Where A comes from: `panel` packed, `rows` elements a step of k; or `rows` in place, each row contiguous along k.
 * B always has its columns side by side: packed, or in place where the matrix is so.
 */
export type Source = 'panel' | 'rows';

/** Strides in bytes; K may be 0; P may be C, or at address 0, which means none; `columns` counts only in the tails. */
export type Microkernel = Callable<MicroParams>;

type MicroParams = readonly [
  ...[K: 'i32', a: 'i32', strideM: 'i32', b: 'i32', strideKb: 'i32', c: 'i32', strideC: 'i32', p: 'i32'],
  ...[strideP: 'i32', columns: 'i32'],
];

export interface Microkernels {
  /** Full width, by rows. */
  readonly full: readonly Microkernel[];
  /** The last columns, by width in vectors and rows; they store as many columns as are asked for. */
  readonly tails: readonly { readonly columns: number; readonly byRows: readonly Microkernel[] }[];
}

export function microkernels(m: KernelBuilder, tile: Tile, source: Source): Microkernels {
  const storePart = partialStore(m);
  const byRows = (vectors: number, partial: boolean): Microkernel[] =>
    Array.from({ length: tile.rows }, (_, r) =>
      m.helper(
        undefined,
        i32s<MicroParams>(10),
        [],
        (f, k, a, strideM, b, strideKb, c, strideC, p, strideP, columns) => {
          const sums = multiply(f, tile, source, r + 1, vectors, { k, a, strideM, b, strideKb });
          const store = (added: Local<'i32'> | undefined): void =>
            sums.forEach((line, i) => {
              if (partial) storePartial(f, storePart, line, c, added, columns);
              else storeFull(f, line, c, added);
              if (i === r) return;
              f.increment(c, strideC);
              if (added) f.increment(added, strideP);
            });
          f.if(
            p,
            () => store(p),
            () => store(undefined),
          );
        },
      ),
    );
  return {
    full: byRows(tile.columns / 4, false),
    tails: tailWidths(tile).map((columns) => ({ columns, byRows: byRows(columns / 4, true) })),
  };
}

interface Operands {
  readonly k: Local<'i32'>;
  readonly a: Local<'i32'>;
  readonly strideM: Local<'i32'>;
  readonly b: Local<'i32'>;
  readonly strideKb: Local<'i32'>;
}

function multiply(
  f: FunctionBuilder,
  tile: Tile,
  source: Source,
  rows: number,
  vectors: number,
  { k, a, strideM, b, strideKb }: Operands,
): Local<'v128'>[][] {
  const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')));
  const row = Array.from({ length: vectors }, () => f.local('v128'));
  const element = f.local('v128');
  const multiplyAdd = multiplyAddOf(tile);
  const starts = [a];
  if (source === 'rows') {
    for (let i = 1; i < rows; i++) starts.push(f.local('i32', i32.add(starts[i - 1]!, strideM)));
  }
  const elementAt = (i: number, u: number): V128 =>
    source === 'rows' ? v128.loadSplat(starts[i]!, 4 * u) : v128.loadSplat(a, 4 * (u * rows + i));
  const steps = (unroll: number): void => {
    for (let u = 0; u < unroll; u++) {
      row.forEach((vector, j) => {
        f.set(vector, v128.load(b, 16 * j));
      });
      f.increment(b, strideKb);
      sums.forEach((line, i) => {
        f.set(element, elementAt(i, u));
        line.forEach((sum, j) => {
          f.set(sum, multiplyAdd(element, row[j]!, sum));
        });
      });
    }
    for (const start of starts) f.increment(start, 4 * unroll * (source === 'rows' ? 1 : rows));
  };
  f.countDown(k, tile.unroll, () => steps(tile.unroll));
  if (tile.unroll > 1) f.if(k, () => steps(1));
  return sums;
}

function storeFull(f: FunctionBuilder, line: Local<'v128'>[], c: Local<'i32'>, added: Local<'i32'> | undefined): void {
  line.forEach((sum, j) => {
    f.do(v128.store(c, added ? f32x4.add(v128.load(added, 16 * j), sum) : sum, 16 * j));
  });
}

type PartialStore = Callable<readonly ['i32', 'i32', 'v128', 'i32']>;

function storePartial(
  f: FunctionBuilder,
  store: PartialStore,
  line: Local<'v128'>[],
  c: Local<'i32'>,
  added: Local<'i32'> | undefined,
  columns: Local<'i32'>,
): void {
  line.forEach((sum, j) => {
    const at = (base: Local<'i32'>): I32 => i32.add(base, i32.const(16 * j));
    f.do(store.call(at(c), added ? at(added) : i32.const(0), sum, i32.sub(columns, i32.const(4 * j))));
  });
}

/** (address, added, vector, count): stores the vector's first `count` lanes, at most four, plus what lies at `added`. */
function partialStore(m: KernelBuilder): PartialStore {
  return m.helper(undefined, ['i32', 'i32', 'v128', 'i32'], [], (f, address, added, vector, count) => {
    for (let lane = 0; lane < 4; lane++) {
      const value: F32 = f32x4.lane(vector, lane);
      f.if(i32.gtS(count, i32.const(lane)), () =>
        f.if(
          added,
          () => f.do(f32.store(address, f32.add(f32.load(added, 4 * lane), value), 4 * lane)),
          () => f.do(f32.store(address, value, 4 * lane)),
        ),
      );
    }
  });
}
