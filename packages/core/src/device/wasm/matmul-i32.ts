/** Products of integer matrices, modulo 2^32: an element of the output at a time. */

import { sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import { i32 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Multiplications that a thread does at a time. */
const GRAIN = 65_536;

export function multiplyIntegers(a: View, b: View, output: View): void {
  const K = a.shape.at(-1)!;
  const onRows = a.strides.with(-1, 0); // does not depend on the column
  const onColumns = b.strides.with(-2, 0);
  const dims = mergeDims(output.shape, [onRows, onColumns, output.strides], [4, 4, 4]);
  const args = [addressOf(a), addressOf(b), addressOf(output), K, 4 * a.strides.at(-1)!, 4 * b.strides.at(-2)!];
  run(kernel(), [...args, ...tableOf(dims)], sizeOf(output.shape), Math.ceil(GRAIN / (K + 1)));
}

let compiled: Kernel | undefined;

function kernel(): Kernel {
  compiled ??= compileKernels(['multiplyIntegers'], (m) => {
    m.kernel('multiplyIntegers', (f, args, from, to) => {
      const [x, y, z] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const [sum, rest] = [f.local('i32'), f.local('i32')];
      f.for(from, to, 1, (item) => {
        f.set(x, args.i32(0));
        f.set(y, args.i32(1));
        f.set(z, args.i32(2));
        emitOffsets(f, tableAt(args, 6), item, [x, y, z]);
        f.set(sum, i32.const(0));
        f.set(rest, args.i32(3));
        f.countDown(rest, 1, () => {
          f.set(sum, i32.add(sum, i32.mul(i32.load(x), i32.load(y))));
          f.set(x, i32.add(x, args.i32(4)));
          f.set(y, i32.add(y, args.i32(5)));
        });
        f.do(i32.store(z, sum));
      });
    });
  }).multiplyIntegers;
  return compiled;
}
