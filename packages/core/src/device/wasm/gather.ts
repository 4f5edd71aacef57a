/** Reading at indices along a dimension. Where the index is the same along a row (an embedding), rows are copied whole. */

import { elementBytes } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import type { Effect, FunctionBuilder, I32, Local } from './assembler.ts';
import { i32, v128 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 16_384;
/** Elements of a row that make an item of the index space. */
const SEGMENT = 4096;

export const gather: Kernels['gather'] = (source, dim, indices, output) => {
  if (sizeOf(indices.shape) === 0) return;
  const bytes = elementBytes(source.dtype);
  const table = source.strides.map((stride, d) => (d === dim ? 0 : stride)); // where along `dim`, the index says
  const dims = mergeDims(indices.shape, [table, indices.strides, output.strides], [bytes, 4, bytes]);
  const row = dims.pop() ?? { size: 1, steps: [0, 0, 0] };
  const segments = Math.ceil(row.size / SEGMENT);
  const along = bytes * (source.strides[dim] ?? 0);
  const addresses = [source, indices, output].map(addressOf);
  run(
    bytes === 4 ? kernels().words : kernels().bools,
    [...addresses, row.size, ...row.steps, along, segments, ...tableOf(dims)],
    countOf(dims) * segments,
    Math.ceil(GRAIN / Math.min(row.size, SEGMENT)),
  );
};

let compiled: Record<'words' | 'bools', Kernel> | undefined;

function kernels(): Record<'words' | 'bools', Kernel> {
  compiled ??= compileKernels(['words', 'bools'], (m) => {
    const copyWord = (from: I32, to: I32): Effect => i32.store(to, i32.load(from));
    const copyByte = (from: I32, to: I32): Effect => i32.store8(to, i32.load8(from));
    m.kernel('words', (f, args, from, to) => emitGather(f, args, from, to, 4, copyWord));
    m.kernel('bools', (f, args, from, to) => emitGather(f, args, from, to, 1, copyByte));
  });
  return compiled;
}

/**
 * Arguments: addresses of source, indices and output, elements of a row and their steps in the three, bytes between
 * neighbours along the dimension, segments of a row, and the table of the outer dimensions.
 */
function emitGather(
  f: FunctionBuilder,
  args: Arguments,
  from: Local<'i32'>,
  to: Local<'i32'>,
  bytes: number,
  copyOne: (from: I32, to: I32) => Effect,
): void {
  const stepIn = f.local('i32', args.i32(4));
  const stepIndex = f.local('i32', args.i32(5));
  const stepOut = f.local('i32', args.i32(6));
  const along = f.local('i32', args.i32(7));
  const segments = f.local('i32', args.i32(8));
  const adjacent = i32.and(i32.eq(stepIn, i32.const(bytes)), i32.eq(stepOut, i32.const(bytes)));
  f.for(from, to, 1, (item) => {
    const first = f.local('i32', i32.mul(i32.remU(item, segments), i32.const(SEGMENT)));
    const left = f.local('i32', i32.sub(args.i32(3), first));
    f.if(i32.gtS(left, i32.const(SEGMENT)), () => f.set(left, i32.const(SEGMENT)));
    const x = f.local('i32', i32.add(args.i32(0), i32.mul(first, stepIn)));
    const index = f.local('i32', i32.add(args.i32(1), i32.mul(first, stepIndex)));
    const y = f.local('i32', i32.add(args.i32(2), i32.mul(first, stepOut)));
    emitOffsets(f, tableAt(args, 9), i32.divU(item, segments), [x, index, y]);
    f.if(
      i32.eqz(stepIndex),
      () => {
        f.increment(x, i32.mul(i32.load(index), along));
        const copyVectors = (count: number): void =>
          f.countDown(left, (16 * count) / bytes, () => {
            for (let k = 0; k < count; k++) f.do(v128.store(y, v128.load(x, 16 * k), 16 * k));
            f.increment(x, 16 * count);
            f.increment(y, 16 * count);
          });
        f.if(adjacent, () => {
          copyVectors(4);
          copyVectors(1);
        });
        f.countDown(left, 1, () => {
          f.do(copyOne(x, y));
          f.increment(x, stepIn);
          f.increment(y, stepOut);
        });
      },
      () =>
        f.countDown(left, 1, () => {
          f.do(copyOne(i32.add(x, i32.mul(i32.load(index), along)), y));
          f.increment(x, stepIn);
          f.increment(index, stepIndex);
          f.increment(y, stepOut);
        }),
    );
  });
}
