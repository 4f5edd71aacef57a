/** The first position of the largest or smallest element: looks for the extreme, then for where it is. */

import type { View } from '../device.ts';
import { Accumulators, emitLine, FOLDS, type Fold } from './fold.ts';
import { f32x4, i32, i32x4, v128 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 16_384;

/** `dim` is undefined for a scalar. NaN counts as the extreme. */
export function argReduce(op: 'argmax' | 'argmin', input: View, dim: number | undefined, output: View): void {
  const line = dim === undefined || input.shape.length === 0 ? { size: 1, step: 4 } : lineOf(input, dim);
  const without = (list: readonly number[]): readonly number[] => (dim === undefined ? list : list.toSpliced(dim, 1));
  const lines = mergeDims(without(input.shape), [without(input.strides), without(output.strides)], [4, 4]);
  run(
    kernelOf(`${op === 'argmax' ? 'max' : 'min'} ${input.dtype}`),
    [addressOf(input), addressOf(output), line.size, line.step, ...tableOf(lines)],
    countOf(lines),
    Math.ceil(GRAIN / line.size),
  );
}

function lineOf({ shape, strides }: View, dim: number): { size: number; step: number } {
  return { size: shape[dim]!, step: 4 * strides[dim]! };
}

const compiled = new Map<string, Kernel>();

function kernelOf(name: string): Kernel {
  let kernel = compiled.get(name);
  if (!kernel) {
    kernel = positionKernel(FOLDS[name]!, name.endsWith('f32'));
    compiled.set(name, kernel);
  }
  return kernel;
}

/** Arguments: addresses of input and output, elements of a line and the step between them, and the table of lines. */
function positionKernel(fold: Fold, isFloat: boolean): Kernel {
  return compileKernels(['position'], (m) => {
    m.kernel('position', (f, args, from, to) => {
      const size = f.local('i32', args.i32(2));
      const step = f.local('i32', args.i32(3));
      const accumulators = new Accumulators(fold, f, 4);
      f.for(from, to, 1, (item) => {
        const x = f.local('i32', args.i32(0));
        const y = f.local('i32', args.i32(1));
        emitOffsets(f, tableAt(args, 4), item, [x, y]);
        accumulators.reset();
        emitLine(f, accumulators, x, size, step);
        const extreme = f.local('v128', accumulators.total());
        f.set(extreme, v128.shuffle(extreme, extreme, [0, 0, 0, 0]));
        // Where the extreme is NaN the first NaN is it, and where it is not there is none.
        const at = f.local('v128');
        const isExtreme = isFloat ? v128.or(f32x4.eq(at, extreme), f32x4.ne(at, at)) : i32x4.eq(at, extreme);
        const left = f.local('i32', size);
        const found = f.local('i32', i32.ne(step, i32.const(4)));
        f.while(
          () => i32.and(i32.geS(left, i32.const(4)), i32.eqz(found)),
          () => {
            f.set(at, v128.load(x));
            f.set(found, i32.anyTrue(isExtreme));
            f.if(i32.eqz(found), () => {
              f.increment(x, 16);
              f.increment(left, -4);
            });
          },
        );
        f.set(found, i32.const(0));
        f.while(
          () => i32.and(i32.geS(left, i32.const(1)), i32.eqz(found)),
          () => {
            f.set(at, v128.loadSplat(x));
            f.set(found, i32.anyTrue(isExtreme));
            f.if(i32.eqz(found), () => {
              f.increment(x, step);
              f.increment(left, -1);
            });
          },
        );
        f.do(i32.store(y, i32.sub(size, left)));
      });
    });
  }).position;
}
