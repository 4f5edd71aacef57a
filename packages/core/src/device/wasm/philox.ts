/**
 * Philox4x32-10 four blocks at a time, a lane each: the same bits as `device/philox.ts`, whose comments hold here too.
 */

import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { i32, i32x4, i64x2, v128 } from './instructions.ts';

export interface Counter {
  /** Lower and upper half of the key. */
  readonly key: readonly [V128, V128];
  /** Lower and upper half of the number of block 0. */
  readonly offset: readonly [I32, I32];
}

/** Words of blocks block...block + 4 in order, four vectors of four. */
export function emitBlocks(f: FunctionBuilder, { key, offset }: Counter, block: I32): V128[] {
  const first = i32x4.splat(offset[0]);
  const low = i32x4.add(i32x4.splat(i32.add(offset[0], block)), f.constant('0123', i32x4.lanes(0, 1, 2, 3)));
  const c = [low, low, i32x4.const(0), i32x4.const(0)].map((value) => f.local('v128', value));
  const [c0, c1, c2, c3] = c as [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>];
  f.set(c1, i32x4.sub(i32x4.splat(offset[1]), i32x4.ltU(c0, first))); // a comparison is -1 where the sum wrapped
  const k0 = f.local('v128', key[0]);
  const k1 = f.local('v128', key[1]);
  const [m0, m1] = [f.constant('M0', i32x4.const(M0)), f.constant('M1', i32x4.const(M1))];
  const [w0, w1] = [f.constant('W0', i32x4.const(W0)), f.constant('W1', i32x4.const(W1))];
  for (let round = 0; round < 10; round++) {
    const [low0, high0] = emitProduct(f, c0, m0);
    const [low1, high1] = emitProduct(f, c2, m1);
    f.set(c0, v128.xor(v128.xor(high1, c1), k0));
    f.set(c1, low1);
    f.set(c2, v128.xor(v128.xor(high0, c3), k1));
    f.set(c3, low0);
    f.set(k0, i32x4.add(k0, w0));
    f.set(k1, i32x4.add(k1, w1));
  }
  const [a, b] = [
    f.local('v128', v128.shuffle(c0, c1, [0, 4, 1, 5])),
    f.local('v128', v128.shuffle(c0, c1, [2, 6, 3, 7])),
  ];
  const [d, e] = [
    f.local('v128', v128.shuffle(c2, c3, [0, 4, 1, 5])),
    f.local('v128', v128.shuffle(c2, c3, [2, 6, 3, 7])),
  ];
  return [
    v128.shuffle(a, d, [0, 1, 4, 5]),
    v128.shuffle(a, d, [2, 3, 6, 7]),
    v128.shuffle(b, e, [0, 1, 4, 5]),
    v128.shuffle(b, e, [2, 3, 6, 7]),
  ];
}

/** Lower and upper words of the 64-bit products of unsigned lanes. */
export function emitProduct(f: FunctionBuilder, a: V128, b: V128): [low: V128, high: V128] {
  const [left, right] = [f.local('v128', i64x2.productLow(a, b)), f.local('v128', i64x2.productHigh(a, b))];
  const high = f.local('v128', v128.shuffle(left, right, [1, 3, 5, 7]));
  return [f.local('v128', v128.shuffle(left, right, [0, 2, 4, 6])), high];
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9; // the golden ratio
const W1 = 0xbb67ae85; // sqrt(3) - 1
