/** Adding one row of numbers to another. */

import type { Effect, FunctionBuilder, I32, V128 } from './assembler.ts';
import { f32, f32x4, i32, i32x4, v128 } from './instructions.ts';

/** How elements of a dtype are added. */
export interface Addition {
  /** What lies at x to what lies at y. */
  readonly one: (y: I32, x: I32) => Effect;
  readonly four: (y: V128, x: V128) => V128;
}

export const ADD_F32: Addition = {
  one: (y, x) => f32.store(y, f32.add(f32.load(y), f32.load(x))),
  four: f32x4.add,
};
export const ADD_I32: Addition = {
  one: (y, x) => i32.store(y, i32.add(i32.load(y), i32.load(x))),
  four: i32x4.add,
};

/** Elements a turn of the loop: a cache line. */
const ELEMENTS = 16;

/** y[i] += x[i] for `count` adjacent elements of four bytes. */
export function emitAddRow(f: FunctionBuilder, to: I32, from: I32, count: I32, { one, four }: Addition): void {
  const [y, x, left] = [f.local('i32', to), f.local('i32', from), f.local('i32', count)];
  const advance = (bytes: number): void => {
    f.increment(y, bytes);
    f.increment(x, bytes);
  };
  f.countDown(left, ELEMENTS, () => {
    for (let k = 0; k < 4; k++) f.do(v128.store(y, four(v128.load(y, 16 * k), v128.load(x, 16 * k)), 16 * k));
    advance(4 * ELEMENTS);
  });
  f.countDown(left, 1, () => {
    f.do(one(y, x));
    advance(4);
  });
}
