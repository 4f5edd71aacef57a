/** The tile of C that a microkernel holds in registers, and which one this engine gets. */

import type { V128 } from './assembler.ts';
import { type Features, features } from './features.ts';
import { f32x4 } from './instructions.ts';

/** What fits into the registers: rows x columns of C, a row of B and an element of A. */
export interface Tile {
  readonly rows: number;
  readonly columns: 8 | 16;
  /** Steps of k in one turn of the loop. */
  readonly unroll: 1 | 2;
  /** One instruction for multiply and add, or two and a register in between. */
  readonly fma: boolean;
}

/**
 * 15 vector registers are free. With FMA 12 hold sums, 2 a row of B, 1 an element of A; without, a product takes one too.
 * Wide: pairs of vectors become registers of 256 bits (V8 with --experimental-wasm-revectorize). More loop turns at a time
 * gain nothing else, and Node 20 then spills.
 */
export function tileFor({ relaxedSimd: fma, wideSimd }: Pick<Features, 'relaxedSimd' | 'wideSimd'>): Tile {
  if (!fma) return { rows: 5, columns: 8, unroll: 1, fma };
  return wideSimd ? { rows: 6, columns: 16, unroll: 2, fma } : { rows: 6, columns: 8, unroll: 1, fma };
}

let chosen: Tile | undefined;

/** The tile in use. */
export function currentTile(): Tile {
  chosen ??= tileFor(features());
  return chosen;
}

/** Computes with another tile from now on, for tests; what was packed before must not be used any more. */
export function useTile(tile: Tile | undefined): void {
  chosen = tile;
}

/** The last columns are padded to one of these: 4, 8, (16). */
export function tailWidths(tile: Tile): number[] {
  return [4, 8, 16].filter((width) => width <= tile.columns);
}

/** x y + sum */
export function multiplyAddOf({ fma }: Pick<Tile, 'fma'>): (x: V128, y: V128, sum: V128) => V128 {
  return fma ? f32x4.fma : (x, y, sum) => f32x4.add(sum, f32x4.mul(x, y));
}

/** The parameters of a function that takes nothing but i32. */
export function i32s<P extends readonly 'i32'[]>(count: P['length']): P {
  return Array.from({ length: count }, () => 'i32') as unknown as P;
}
