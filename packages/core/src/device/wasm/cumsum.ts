/** Running sums along a dimension. Those of f32 accumulate in f64. */

import { sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import type { FunctionBuilder, I32 } from './assembler.ts';
import { f32, f64, i32 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 16_384;

export function cumsum(input: View, dim: number, output: View): void {
  if (sizeOf(input.shape) === 0) return;
  const without = (list: readonly number[]): readonly number[] => list.toSpliced(dim, 1);
  const lines = mergeDims(without(input.shape), [without(input.strides), without(output.strides)], [4, 4]);
  const size = input.shape[dim] ?? 1; // a scalar is a line of one
  const steps = [input, output].map(({ strides }) => 4 * (strides[dim] ?? 0));
  const kernel = input.dtype === 'f32' ? kernels().floats : kernels().integers;
  const args = [addressOf(input), addressOf(output), size, ...steps, ...tableOf(lines)];
  run(kernel, args, countOf(lines), Math.ceil(GRAIN / size));
}

let compiled: Record<'floats' | 'integers', Kernel> | undefined;

function kernels(): Record<'floats' | 'integers', Kernel> {
  compiled ??= compileKernels(['floats', 'integers'], (m) => {
    m.kernel('floats', (f, args, from, to) => {
      const sum = f.local('f64');
      emitLines(f, args, from, to, {
        start: () => f.set(sum, f64.const(0)),
        take: (x, y) => {
          f.set(sum, f64.add(sum, f64.promote(f32.load(x))));
          f.do(f32.store(y, f32.demote(sum)));
        },
      });
    });
    m.kernel('integers', (f, args, from, to) => {
      const sum = f.local('i32');
      emitLines(f, args, from, to, {
        start: () => f.set(sum, i32.const(0)),
        take: (x, y) => {
          f.set(sum, i32.add(sum, i32.load(x)));
          f.do(i32.store(y, sum));
        },
      });
    });
  });
  return compiled;
}

/** Arguments: addresses of input and output, elements of a line, the steps between them, and the table of lines. */
function emitLines(
  f: FunctionBuilder,
  args: Arguments,
  from: I32,
  to: I32,
  { start, take }: { start: () => void; take: (x: I32, y: I32) => void },
): void {
  const stepIn = f.local('i32', args.i32(3));
  const stepOut = f.local('i32', args.i32(4));
  f.for(from, to, 1, (item) => {
    const x = f.local('i32', args.i32(0));
    const y = f.local('i32', args.i32(1));
    emitOffsets(f, tableAt(args, 5), item, [x, y]);
    const left = f.local('i32', args.i32(2));
    start();
    f.countDown(left, 1, () => {
      take(x, y);
      f.increment(x, stepIn);
      f.increment(y, stepOut);
    });
  });
}
