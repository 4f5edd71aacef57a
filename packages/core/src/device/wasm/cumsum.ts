/** Running sums along a dimension. Those of f32 accumulate in f64. */

import { sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import type { FunctionBuilder, I32 } from './assembler.ts';
import { f32, f64, f64x2, i32, i32x4, v128 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 16_384;
/** Adjacent lines that are summed at a time. */
const LINES = 4;

export function cumsum(input: View, dim: number, output: View): void {
  if (sizeOf(input.shape) === 0) return;
  const without = (list: readonly number[]): readonly number[] => list.toSpliced(dim, 1);
  const lines = mergeDims(without(input.shape), [without(input.strides), without(output.strides)], [4, 4]);
  const size = input.shape[dim] ?? 1; // a scalar is a line of one
  const steps = [input, output].map(({ strides }) => 4 * (strides[dim] ?? 0));
  const adjacent = lines.at(-1)?.steps.every((step) => step === 4) ? lines.pop()!.size : 1;
  const blocks = Math.ceil(adjacent / LINES);
  run(
    kernels()[input.dtype === 'f32' ? 'floats' : 'integers'],
    [addressOf(input), addressOf(output), size, ...steps, adjacent, blocks, ...tableOf(lines)],
    countOf(lines) * blocks,
    Math.ceil(GRAIN / size / Math.min(adjacent, LINES)),
  );
}

/** Sums one line, or four adjacent ones: `start` sets the sums to 0, `take` adds what lies at x, and stores them at y. */
interface Sums {
  readonly start: () => void;
  readonly take: (x: I32, y: I32) => void;
}

let compiled: Record<'floats' | 'integers', Kernel> | undefined;

function kernels(): Record<'floats' | 'integers', Kernel> {
  compiled ??= compileKernels(['floats', 'integers'], (m) => {
    m.kernel('floats', (f, args, from, to) => emitLines(f, args, from, to, oneFloat(f), fourFloats(f)));
    m.kernel('integers', (f, args, from, to) => emitLines(f, args, from, to, oneInteger(f), fourIntegers(f)));
  });
  return compiled;
}

function oneFloat(f: FunctionBuilder): Sums {
  const sum = f.local('f64');
  return {
    start: () => f.set(sum, f64.const(0)),
    take(x, y) {
      f.set(sum, f64.add(sum, f64.promote(f32.load(x))));
      f.do(f32.store(y, f32.demote(sum)));
    },
  };
}

function fourFloats(f: FunctionBuilder): Sums {
  const [low, high, four] = [f.local('v128'), f.local('v128'), f.local('v128')];
  return {
    start() {
      f.set(low, f64x2.const(0));
      f.set(high, f64x2.const(0));
    },
    take(x, y) {
      f.set(four, v128.load(x));
      f.set(low, f64x2.add(low, f64x2.promote(four)));
      f.set(high, f64x2.add(high, f64x2.promote(v128.shuffle(four, four, [2, 3, 2, 3]))));
      f.do(v128.store(y, v128.shuffle(f64x2.demote(low), f64x2.demote(high), [0, 1, 4, 5])));
    },
  };
}

function oneInteger(f: FunctionBuilder): Sums {
  const sum = f.local('i32');
  return {
    start: () => f.set(sum, i32.const(0)),
    take(x, y) {
      f.set(sum, i32.add(sum, i32.load(x)));
      f.do(i32.store(y, sum));
    },
  };
}

function fourIntegers(f: FunctionBuilder): Sums {
  const sum = f.local('v128');
  return {
    start: () => f.set(sum, i32x4.const(0)),
    take(x, y) {
      f.set(sum, i32x4.add(sum, v128.load(x)));
      f.do(v128.store(y, sum));
    },
  };
}

/**
 * An item is a block of adjacent lines. Arguments: addresses of input and output, elements of a line, the steps between
 * them, how many lines are adjacent, their blocks, and the table of the other lines.
 */
function emitLines(f: FunctionBuilder, args: Arguments, from: I32, to: I32, one: Sums, four: Sums): void {
  const stepIn = f.local('i32', args.i32(3));
  const stepOut = f.local('i32', args.i32(4));
  const blocks = f.local('i32', args.i32(6));
  f.for(from, to, 1, (item) => {
    const block = f.local('i32', i32.remU(item, blocks));
    const x = f.local('i32', i32.add(args.i32(0), i32.shl(block, i32.const(4))));
    const y = f.local('i32', i32.add(args.i32(1), i32.shl(block, i32.const(4))));
    emitOffsets(f, tableAt(args, 7), i32.divU(item, blocks), [x, y]);
    const emitLine = ({ start, take }: Sums): void => {
      const [at, to, left] = [f.local('i32', x), f.local('i32', y), f.local('i32', args.i32(2))];
      start();
      f.countDown(left, 1, () => {
        take(at, to);
        f.increment(at, stepIn);
        f.increment(to, stepOut);
      });
    };
    const lines = f.local('i32', i32.sub(args.i32(5), i32.mul(block, i32.const(LINES))));
    f.if(
      i32.geS(lines, i32.const(LINES)),
      () => emitLine(four),
      () =>
        f.countDown(lines, 1, () => {
          emitLine(one);
          f.increment(x, 4);
          f.increment(y, 4);
        }),
    );
  });
}
