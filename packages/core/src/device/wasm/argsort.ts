/**
 * The positions that sort a line: a merge sort from short runs to long ones, which keeps the order of equals. The
 * positions move between the output and a line of scratch memory; the elements stay where they are.
 */

import { contiguousStrides, sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import type { FunctionBuilder, I32 } from './assembler.ts';
import { f32, i32 } from './instructions.ts';
import { addressOf, allocate, release } from './memory.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 4096;

export function argsort(input: View, descending: boolean, output: View): void {
  const { shape } = input;
  const size = shape.at(-1) ?? 1;
  const buffer = allocate('i32', sizeOf(shape));
  const scratch: View = { buffer, dtype: 'i32', offset: 0, shape, strides: contiguousStrides(shape) };
  const kernel = kernelFor(`${input.dtype === 'f32' ? 'f32' : 'i32'} ${descending ? 'down' : 'up'}`);
  run(
    kernel,
    [addressOf(input), addressOf(output), addressOf(scratch), size],
    sizeOf(shape) / size,
    Math.ceil(GRAIN / size),
  );
  release(buffer);
}

type Order = `${'f32' | 'i32'} ${'up' | 'down'}`;
const compiled = new Map<Order, Kernel>();

function kernelFor(order: Order): Kernel {
  const known = compiled.get(order);
  if (known) return known;
  const { lines } = compileKernels(['lines'], (m) => {
    m.kernel('lines', (f, args, from, to) => emitLines(f, args, from, to, order));
  });
  compiled.set(order, lines);
  return lines;
}

/** Whether the element at address a comes before the one at b. NaN is the largest. */
function comesBefore(order: Order, a: I32, b: I32): I32 {
  const [x, y] = order.endsWith('up') ? [a, b] : [b, a];
  if (order.startsWith('i32')) return i32.ltS(i32.load(x), i32.load(y));
  const [lower, upper] = [f32.load(x), f32.load(y)];
  return i32.or(f32.lt(lower, upper), i32.and(f32.eq(lower, lower), f32.ne(upper, upper)));
}

/** An item is a line. Arguments: addresses of elements, output and scratch, elements of a line. */
function emitLines(f: FunctionBuilder, args: Arguments, from: I32, to: I32, order: Order): void {
  const size = f.local('i32', args.i32(3));
  const at = (base: I32, index: I32): I32 => i32.add(base, i32.shl(index, i32.const(2)));
  f.for(from, to, 1, (item) => {
    const before = f.local('i32', i32.mul(item, size));
    const keys = f.local('i32', at(args.i32(0), before));
    const output = f.local('i32', at(args.i32(1), before));
    const runs = f.local('i32', output);
    const merged = f.local('i32', at(args.i32(2), before));
    const keyOf = (index: I32): I32 => at(keys, i32.load(at(runs, index)));
    f.for(i32.const(0), size, 1, (k) => f.do(i32.store(at(output, k), k)));

    const width = f.local('i32', i32.const(1));
    const [left, right, write] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const [middle, end, takesRight] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const atMost = (place: typeof left, value: I32): void => {
      f.set(place, value);
      f.if(i32.gtS(place, size), () => f.set(place, size));
    };
    f.while(
      () => i32.ltS(width, size),
      () => {
        f.set(write, i32.const(0));
        f.while(
          () => i32.ltS(write, size),
          () => {
            f.set(left, write);
            atMost(middle, i32.add(write, width));
            atMost(end, i32.add(i32.add(write, width), width));
            f.set(right, middle);
            f.while(
              () => i32.ltS(write, end),
              () => {
                f.set(takesRight, i32.ltS(right, end));
                f.if(i32.and(takesRight, i32.ltS(left, middle)), () =>
                  f.set(takesRight, comesBefore(order, keyOf(right), keyOf(left))),
                );
                const take = (place: typeof left): void => {
                  f.do(i32.store(at(merged, write), i32.load(at(runs, place))));
                  f.increment(place, 1);
                };
                f.if(
                  takesRight,
                  () => take(right),
                  () => take(left),
                );
                f.increment(write, 1);
              },
            );
          },
        );
        const swapped = f.local('i32', runs);
        f.set(runs, merged);
        f.set(merged, swapped);
        f.set(width, i32.shl(width, i32.const(1)));
      },
    );
    f.if(i32.ne(runs, output), () =>
      f.for(i32.const(0), size, 1, (k) => f.do(i32.store(at(output, k), i32.load(at(runs, k))))),
    );
  });
}
