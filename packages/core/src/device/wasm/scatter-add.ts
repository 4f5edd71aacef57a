/**
 * Adding at indices along a dimension, the transpose of gather.
 *
 * Lines along the dimension never meet, so threads share lines, or blocks of adjacent columns; along a line sources are
 * added in order. So the sums are the same on any number of threads, and the same as on the cpu device.
 */

import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import { ADD_F32, ADD_I32, type Addition, emitAddRow } from './add-row.ts';
import type { FunctionBuilder, Local } from './assembler.ts';
import { i32 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 8192;
/** Columns in an item: a cache line. */
const COLUMNS = 16;

export const scatterAdd: Kernels['scatterAdd'] = (source, dim, indices, output) => {
  if (sizeOf(indices.shape) === 0) return;
  const without = (list: readonly number[]): readonly number[] => list.toSpliced(dim, 1);
  const strides = [output, indices, source].map((view) => without(view.strides));
  const dims = mergeDims(without(indices.shape), strides, [4, 4, 4]);
  const size = indices.shape[dim] ?? 1;
  const along = [output, indices, source].map((view) => 4 * (view.strides[dim] ?? 0));
  const common = [...[output, indices, source].map(addressOf), size, ...along];
  const column = dims.at(-1);
  if (column && column.steps.join() === '4,0,4') {
    const blocks = Math.ceil(column.size / COLUMNS);
    const others = dims.slice(0, -1);
    const items = countOf(others) * blocks;
    run(
      kernels()[source.dtype]!.columns,
      [...common, column.size, blocks, ...tableOf(others)],
      items,
      Math.ceil(GRAIN / COLUMNS / size),
    );
  } else {
    run(kernels()[source.dtype]!.lines, [...common, ...tableOf(dims)], countOf(dims), Math.ceil(GRAIN / size));
  }
};

type Loops = Record<'lines' | 'columns', Kernel>;
let compiled: Record<string, Loops> | undefined;

function kernels(): Record<string, Loops> {
  compiled ??= { f32: loopsOf(ADD_F32), i32: loopsOf(ADD_I32) };
  return compiled;
}

/** Arguments of both: addresses of output, indices and source, elements along the dimension, and the steps along it. */
function loopsOf(addition: Addition): Loops {
  return compileKernels(['lines', 'columns'], (m) => {
    m.kernel('lines', (f, args, from, to) =>
      f.for(from, to, 1, (line) => {
        const start = [0, 1, 2].map((k) => f.local('i32', args.i32(k)));
        emitOffsets(f, tableAt(args, 7), line, start);
        emitSources(f, args, start, (y, x) => f.do(addition.one(y, x)));
      }),
    );
    // Then: columns of a line, blocks of columns, and the table of lines.
    m.kernel('columns', (f, args, from, to) => {
      const blocks = f.local('i32', args.i32(8));
      const item = f.local('i32', from);
      f.while(
        () => i32.ltS(item, to),
        () => {
          const block = f.local('i32', i32.remU(item, blocks));
          const end = f.local('i32', i32.add(block, i32.sub(to, item)));
          f.if(i32.gtS(end, blocks), () => f.set(end, blocks));
          const column = i32.mul(block, i32.const(COLUMNS));
          const width = f.local('i32', i32.mul(i32.sub(end, block), i32.const(COLUMNS)));
          const most = f.local('i32', i32.sub(args.i32(7), column));
          f.if(i32.gtS(width, most), () => f.set(width, most));
          const first = i32.mul(column, i32.const(4));
          const start = [0, 1, 2].map((k) => f.local('i32', k === 1 ? args.i32(k) : i32.add(args.i32(k), first)));
          emitOffsets(f, tableAt(args, 9), i32.divU(item, blocks), start);
          emitSources(f, args, start, (y, x) => emitAddRow(f, y, x, width, addition));
          f.increment(item, i32.sub(end, block));
        },
      );
    });
  });
}

/** Goes along a line: `add` puts what lies at `x` to what lies at `y`. */
function emitSources(
  f: FunctionBuilder,
  args: Arguments,
  start: readonly Local<'i32'>[],
  add: (y: Local<'i32'>, x: Local<'i32'>) => void,
): void {
  const [output, index, source] = start as [Local<'i32'>, Local<'i32'>, Local<'i32'>];
  const along = f.local('i32', args.i32(4));
  const stepIndex = f.local('i32', args.i32(5));
  const stepSource = f.local('i32', args.i32(6));
  const left = f.local('i32', args.i32(3));
  f.countDown(left, 1, () => {
    add(f.local('i32', i32.add(output, i32.mul(i32.load(index), along))), source);
    f.increment(index, stepIndex);
    f.increment(source, stepSource);
  });
}
