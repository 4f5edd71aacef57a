/** Copies between layouts and dtypes: bytes in a row, transposes in blocks, and everything else by rows. */

import { elementBytes } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { View } from '../device.ts';
import { CASTS, emitCopyRows, SEGMENT } from './cast.ts';
import { copyMemory, i32 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { emitTranspose, TILE } from './transpose.ts';
import { countOf, type Dim, mergeDims, tableOf } from './walk.ts';

/** Bytes that a thread takes at a time, at least. */
const GRAIN_BYTES = 65_536;
/** Bytes in an item of a plain copy. */
const LINE = 64;

export function copy(input: View, output: View): void {
  if (sizeOf(output.shape) === 0) return;
  const bytes = [elementBytes(input.dtype), elementBytes(output.dtype)] as const;
  const dims = mergeDims(output.shape, [input.strides, output.strides], bytes);
  const row = dims.pop() ?? { size: 1, steps: bytes };
  const [from, to] = [addressOf(input), addressOf(output)];
  const adjacent = row.steps[0] === bytes[0] && row.steps[1] === bytes[1];
  if (input.dtype !== output.dtype) copyRows(`${input.dtype}>${output.dtype}`, from, to, dims, row);
  else if (adjacent && dims.length === 0) copyBytes(from, to, row.size * bytes[0]);
  else if (bytes[0] !== 4) copyRows('bools', from, to, dims, row);
  else if (row.steps[1] === 4 && dims.some(isColumn)) copyTransposed(from, to, dims, row);
  else copyRows('words', from, to, dims, row);
}

function copyBytes(from: number, to: number, bytes: number): void {
  run(kernels().bytes!, [from, to, bytes], Math.ceil(bytes / LINE), GRAIN_BYTES / LINE);
}

/** The input steps by one element: with the output's rows it makes a matrix to transpose. */
function isColumn({ size, steps }: Dim): boolean {
  return steps[0] === 4 && size >= 4;
}

function copyTransposed(from: number, to: number, dims: readonly Dim[], row: Dim): void {
  const column = dims.findIndex(isColumn);
  const { size: R, steps } = dims[column]!;
  const batches = dims.toSpliced(column, 1);
  const [tilesDown, tilesAcross] = [Math.ceil(R / TILE), Math.ceil(row.size / TILE)];
  run(
    kernels().transpose!,
    [from, to, R, row.size, row.steps[0]!, steps[1]!, tilesDown, tilesAcross, ...tableOf(batches)],
    countOf(batches) * tilesDown * tilesAcross,
    Math.ceil(GRAIN_BYTES / (4 * TILE * TILE)),
  );
}

function copyRows(name: string, from: number, to: number, dims: readonly Dim[], row: Dim): void {
  const segments = Math.ceil(row.size / SEGMENT);
  run(
    kernels()[name]!,
    [from, to, row.size, ...row.steps, segments, ...tableOf(dims)],
    countOf(dims) * segments,
    Math.ceil(GRAIN_BYTES / 4 / Math.min(row.size, SEGMENT)),
  );
}

let compiled: Record<string, Kernel> | undefined;

function kernels(): Record<string, Kernel> {
  compiled ??= compileKernels(['bytes', 'transpose', ...Object.keys(CASTS)], (m) => {
    m.kernel('bytes', (f, args, from, to) => {
      const start = f.local('i32', i32.mul(from, i32.const(LINE)));
      const end = f.local('i32', i32.mul(to, i32.const(LINE)));
      f.if(i32.ltU(args.i32(2), end), () => f.set(end, args.i32(2)));
      f.do(copyMemory(i32.add(args.i32(1), start), i32.add(args.i32(0), start), i32.sub(end, start)));
    });
    m.kernel('transpose', emitTranspose);
    for (const [name, cast] of Object.entries(CASTS)) m.kernel(name, (...parts) => emitCopyRows(cast, ...parts));
  });
  return compiled;
}
