/**
 * Transposes of 32-bit elements, R rows by C columns of the output: in tiles, so that each cache line is read and written
 * once, and within a tile 4 x 4 at a time.
 */

import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { i32, v128 } from './instructions.ts';
import type { Arguments } from './runtime.ts';
import { emitOffsets, tableAt } from './walk.ts';

/** Rows and columns of a tile. */
export const TILE = 32;

/**
 * Arguments: addresses of input and output, R, C, bytes from column to column of the input (its rows are adjacent) and
 * from row to row of the output (its columns are), tiles down and across, and the table of the outer dimensions.
 */
export function emitTranspose(f: FunctionBuilder, args: Arguments, from: Local<'i32'>, to: Local<'i32'>): void {
  const stepIn = f.local('i32', args.i32(4));
  const stepOut = f.local('i32', args.i32(5));
  const across = f.local('i32', args.i32(7));
  const tiles = f.local('i32', i32.mul(args.i32(6), across));
  f.for(from, to, 1, (item) => {
    const tile = f.local('i32', i32.remU(item, tiles));
    const row = f.local('i32', i32.mul(i32.divU(tile, across), i32.const(TILE)));
    const column = f.local('i32', i32.mul(i32.remU(tile, across), i32.const(TILE)));
    const x = f.local('i32', i32.add(args.i32(0), i32.add(i32.mul(column, stepIn), i32.shl(row, i32.const(2)))));
    const y = f.local('i32', i32.add(args.i32(1), i32.add(i32.mul(row, stepOut), i32.shl(column, i32.const(2)))));
    emitOffsets(f, tableAt(args, 8), i32.divU(item, tiles), [x, y]);
    const rows = f.local('i32', atMostTile(f, i32.sub(args.i32(2), row)));
    const columns = f.local('i32', atMostTile(f, i32.sub(args.i32(3), column)));
    f.countDown(rows, 4, () => {
      emitFourRows(f, x, y, columns, stepIn, stepOut);
      f.increment(x, 16);
      f.increment(y, i32.shl(stepOut, i32.const(2)));
    });
    f.countDown(rows, 1, () => {
      emitOneRow(f, x, y, columns, stepIn);
      f.increment(x, 4);
      f.increment(y, stepOut);
    });
  });
}

/** Four rows of the output: four columns at a time, then one. */
function emitFourRows(f: FunctionBuilder, from: I32, to: I32, columns: I32, stepIn: I32, stepOut: I32): void {
  const [x, y, count] = [f.local('i32', from), f.local('i32', to), f.local('i32', columns)];
  f.countDown(count, 4, () => {
    const block = [0, 1, 2, 3].map(() => {
      const column = f.local('v128', v128.load(x));
      f.increment(x, stepIn);
      return column;
    });
    const at = f.local('i32', y);
    for (const row of transposed(f, block)) {
      f.do(v128.store(at, row));
      f.increment(at, stepOut);
    }
    f.increment(y, 16);
  });
  f.countDown(count, 1, () => {
    const at = f.local('i32', y);
    for (let row = 0; row < 4; row++) {
      f.do(i32.store(at, i32.load(x, 4 * row)));
      f.increment(at, stepOut);
    }
    f.increment(x, stepIn);
    f.increment(y, 4);
  });
}

function emitOneRow(f: FunctionBuilder, from: I32, to: I32, columns: I32, stepIn: I32): void {
  const [x, y, count] = [f.local('i32', from), f.local('i32', to), f.local('i32', columns)];
  f.countDown(count, 1, () => {
    f.do(i32.store(y, i32.load(x)));
    f.increment(x, stepIn);
    f.increment(y, 4);
  });
}

/** A 4 x 4 matrix, columns to rows. */
function transposed(f: FunctionBuilder, [a, b, c, d]: readonly V128[]): V128[] {
  const low = [0, 4, 1, 5] as const;
  const high = [2, 6, 3, 7] as const;
  const pairs = [low, high].flatMap((lanes) => [
    f.local('v128', v128.shuffle(a!, b!, lanes)),
    f.local('v128', v128.shuffle(c!, d!, lanes)),
  ]);
  return [0, 2].flatMap((k) => [
    v128.shuffle(pairs[k]!, pairs[k + 1]!, [0, 1, 4, 5]),
    v128.shuffle(pairs[k]!, pairs[k + 1]!, [2, 3, 6, 7]),
  ]);
}

function atMostTile(f: FunctionBuilder, n: I32): I32 {
  const value = f.local('i32', n);
  f.if(i32.gtS(value, i32.const(TILE)), () => f.set(value, i32.const(TILE)));
  return value;
}
