/** Looks for indices out of range, in order, and stops at the first. */

import { sizeOf } from '../../shape.ts';
import type { FindOutside } from '../find-outside.ts';
import { FOUND } from './control.ts';
import { i32, i32x4, v128 } from './instructions.ts';
import { addressOf, views } from './memory.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

export const findOutside: FindOutside = (indices, low, high) => {
  const total = sizeOf(indices.shape);
  if (total === 0) return undefined;
  const dims = mergeDims(indices.shape, [indices.strides], [4]);
  const row = dims.pop() ?? { size: 1, steps: [4] };
  const first = Math.max(low, -(2 ** 31));
  const width = Math.max(0, Math.min(high, 2 ** 31) - first); // up to 2^32, which only all of i32 needs
  if (width === 2 ** 32) return undefined;
  const args = [addressOf(indices), row.size, row.steps[0]!, first, width, ...tableOf(dims)];
  run(find(), args, countOf(dims), Infinity); // in order, so on one thread
  const [position, value] = views().i32.subarray(FOUND / 4, FOUND / 4 + 2);
  return position! < 0 ? undefined : { position: position!, value: value! };
};

let compiled: Kernel | undefined;

/** Arguments: address, elements and step of a row, low, high - low, and the table of the outer dimensions. */
function find(): Kernel {
  compiled ??= compileKernels(['findOutside'], (m) => {
    m.kernel('findOutside', (f, args, from, to) => {
      const size = f.local('i32', args.i32(1));
      const step = f.local('i32', args.i32(2));
      const low = f.local('i32', args.i32(3));
      const width = f.local('i32', args.i32(4));
      const lows = f.local('v128', i32x4.splat(low));
      const widths = f.local('v128', i32x4.splat(width));
      f.do(i32.store(i32.const(FOUND), i32.const(-1)));
      f.for(from, to, 1, (row) => {
        const x = f.local('i32', args.i32(0));
        const count = f.local('i32', size);
        emitOffsets(f, tableAt(args, 5), row, [x]);
        // low <= x < high is one unsigned comparison: x - low < high - low
        const fourOutside = i32.anyTrue(i32x4.geU(i32x4.sub(v128.load(x), lows), widths));
        const found = f.local('i32', i32.ne(step, i32.const(4)));
        f.while(
          () => i32.and(i32.geS(count, i32.const(4)), i32.eqz(found)),
          () => {
            f.set(found, fourOutside);
            f.if(i32.eqz(found), () => {
              f.increment(x, 16);
              f.increment(count, -4);
            });
          },
        );
        f.countDown(count, 1, () => {
          f.if(i32.geU(i32.sub(i32.load(x), low), width), () => {
            const position = i32.add(i32.mul(row, size), i32.sub(size, count));
            f.do(i32.store(i32.const(FOUND), position));
            f.do(i32.store(i32.const(FOUND), i32.load(x), 4));
            f.return();
          });
          f.increment(x, step);
        });
      });
    });
  }).findOutside;
  return compiled;
}
