/** Packing a panel whose lines are contiguous along k: a transpose, in squares of 4 x 4. */

import type { Callable, FunctionBuilder, Local } from './assembler.ts';
import { i32s } from './gemm-tile.ts';
import { f32, i32, v128 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';

/** Strides in bytes. */
export type TransposePanel = readonly [K: 'i32', source: 'i32', strideLine: 'i32', target: 'i32'];

/**
 * One panel of `width` lines. 64 bytes of four lines at a time: where lines are a power of two apart, few of them fit
 * into the cache together, so each piece is used up at once.
 */
export function transposePanel(m: KernelBuilder, width: number): Callable<TransposePanel> {
  return m.helper(undefined, i32s<TransposePanel>(4), [], (f, K, source, strideLine, target) => {
    const square = squareOf(f, target, width);
    const line = f.local('i32');
    const lines = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    for (const step of [16, 4]) {
      f.countDown(K, step, () => {
        f.set(line, source);
        for (let x = 0; x < width; x += 4) {
          const present = lines.slice(0, width - x);
          for (const start of present) {
            f.set(start, line);
            f.set(line, i32.add(line, strideLine));
          }
          for (let k = 0; k < step; k += 4) square(present, k, x);
        }
        f.increment(source, 4 * step);
        f.increment(target, 4 * step * width);
      });
    }
    f.countDown(K, 1, () => {
      f.set(line, source);
      for (let x = 0; x < width; x++) {
        f.do(f32.store(target, f32.load(line), 4 * x));
        f.set(line, i32.add(line, strideLine));
      }
      f.increment(source, 4);
      f.increment(target, 4 * width);
    });
  });
}

/** Writes elements k...k + 4 of one, two or four lines to columns x... of the panel's rows k...k + 4. */
function squareOf(
  f: FunctionBuilder,
  target: Local<'i32'>,
  width: number,
): (lines: readonly Local<'i32'>[], k: number, x: number) => void {
  const vectors = (): Local<'v128'>[] => [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  const [rows, [low01, high01, low23, high23]] = [vectors(), vectors()];
  const [r0, r1, r2, r3] = rows;
  return (lines, k, x) => {
    const at = (row: number): number => 4 * ((k + row) * width + x);
    lines.forEach((line, i) => {
      f.set(rows[i]!, v128.load(line, 4 * k));
    });
    if (lines.length === 1) {
      for (let i = 0; i < 4; i++) f.do(v128.storeLane(target, r0!, i, at(i)));
      return;
    }
    f.set(low01!, v128.shuffle(r0!, r1!, [0, 4, 1, 5]));
    f.set(high01!, v128.shuffle(r0!, r1!, [2, 6, 3, 7]));
    if (lines.length < 4) {
      for (let i = 0; i < 4; i++) f.do(v128.storeHalf(target, i < 2 ? low01! : high01!, i % 2, at(i)));
      return;
    }
    f.set(low23!, v128.shuffle(r2!, r3!, [0, 4, 1, 5]));
    f.set(high23!, v128.shuffle(r2!, r3!, [2, 6, 3, 7]));
    f.do(v128.store(target, v128.shuffle(low01!, low23!, [0, 1, 4, 5]), at(0)));
    f.do(v128.store(target, v128.shuffle(low01!, low23!, [2, 3, 6, 7]), at(1)));
    f.do(v128.store(target, v128.shuffle(high01!, high23!, [0, 1, 4, 5]), at(2)));
    f.do(v128.store(target, v128.shuffle(high01!, high23!, [2, 3, 6, 7]), at(3)));
  };
}
