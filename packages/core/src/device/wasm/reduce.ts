/** Reductions over any dimensions: picks the loop, and cuts what has few outputs into segments that threads can share. */

import { contiguousStrides, sizeOf } from '../../shape.ts';
import type { ReduceOp, View } from '../device.ts';
import { argReduce } from './arg-reduce.ts';
import { copy } from './copy.ts';
import { COLUMNS, emitColumns, emitLines, FOLDS } from './fold.ts';
import { addressOf, allocateView, arrayOf, release } from './memory.ts';
import { compileKernels, type Kernel, run } from './runtime.ts';
import { addDim, countOf, type Dim, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 16_384;
/** With fewer outputs than this, long reductions are done in segments of so many elements. */
const FEW_OUTPUTS = 64;
const SEGMENT = 16_384;
/** Long columns of so many outputs are done in segments of so many rows: processors cannot fetch ahead in more of them. */
const WIDE = 512;
const ROWS = 16;

/** What is left of nothing. */
const EMPTY = { sum: 0, max: -Infinity, min: Infinity };

export function reduce(op: ReduceOp, input: View, dims: readonly number[], output: View): void {
  if (sizeOf(output.shape) === 0) return;
  if (input.dtype === 'bool') reduceBool(op, input, dims, output);
  else if (op === 'argmax' || op === 'argmin') argReduce(op, input, dims[0], output);
  else reduceNumbers(op, input, dims, output);
}

function reduceNumbers(op: keyof typeof EMPTY, input: View, dims: readonly number[], output: View): void {
  const [kept, reduced]: [Dim[], Dim[]] = [[], []];
  for (let d = 0; d < input.shape.length; d++) {
    const [size, step] = [input.shape[d]!, 4 * input.strides[d]!];
    if (size === 1) continue;
    if (dims.includes(d)) addDim(reduced, size, [step]);
    else addDim(kept, size, [step, 4 * output.strides[d]!]);
  }
  if (countOf(reduced) === 0) arrayOf(output.buffer, output.dtype, output.offset, countOf(kept)).fill(EMPTY[op]);
  else fold(`${op} ${input.dtype}`, addressOf(input), addressOf(output), kept, reduced);
}

/** Masks count as i32. */
function reduceBool(op: ReduceOp, input: View, dims: readonly number[], output: View): void {
  const { shape } = input;
  const numbers = allocateView('i32', shape);
  copy(input, numbers);
  reduce(op, numbers, dims, output);
  release(numbers.buffer);
}

/** `kept` dimensions step in input and output, `reduced` ones in the input. */
function fold(name: string, from: number, to: number, kept: readonly Dim[], reduced: readonly Dim[]): void {
  const [outputs, each] = [countOf(kept), countOf(reduced)];
  if (outputs < FEW_OUTPUTS && each >= 2 * SEGMENT) {
    foldInSegments(name, from, to, kept, reduced, SEGMENT);
    return;
  }
  const line = reduced.find(({ steps }) => steps[0] === 4);
  const column = kept.find(({ size, steps }) => size >= 4 && steps[0] === 4 && steps[1] === 4);
  const inner = line ?? longest(reduced) ?? { size: 1, steps: [0] };
  const others = reduced.filter((dim) => dim !== inner);
  const { lines, columns } = kernelsOf(name);
  if (line || !column) {
    const args = [from, to, inner.size, inner.steps[0]!, countOf(others), ...tableOf(kept), ...tableOf(others)];
    run(lines, args, outputs, Math.ceil(GRAIN / each));
  } else if (column.size >= WIDE && each > 2 * ROWS) {
    foldInSegments(name, from, to, kept, reduced, ROWS);
  } else {
    const blocks = Math.ceil(column.size / COLUMNS);
    const rest = kept.filter((dim) => dim !== column);
    const args = [from, to, column.size, inner.size, inner.steps[0]!, countOf(others), blocks];
    run(
      columns,
      [...args, ...tableOf(rest), ...tableOf(others)],
      countOf(rest) * blocks,
      Math.ceil(GRAIN / COLUMNS / each),
    );
  }
}

/**
 * Cuts the longest dimension into segments of so many elements, reduces each to a partial result [segments, outputs], and
 * then those. Where it cuts depends on the shape only, so the result does not depend on the number of threads.
 */
function foldInSegments(
  name: string,
  from: number,
  to: number,
  kept: readonly Dim[],
  reduced: readonly Dim[],
  elements: number,
): void {
  const cut = longest(reduced)!;
  const others = reduced.filter((dim) => dim !== cut);
  const step = cut.steps[0]!;
  const length = Math.ceil(elements / countOf(others));
  const whole = Math.floor(cut.size / length);
  const rest = cut.size - whole * length;
  const segments = whole + (rest > 0 ? 1 : 0);

  const partial = allocateView(name.endsWith('f32') ? 'f32' : 'i32', [segments, countOf(kept)]);
  const at = addressOf(partial);
  const across = 4 * countOf(kept);
  const along = contiguousStrides(kept.map(({ size }) => size));
  const into = kept.map(({ size, steps }, k): Dim => ({ size, steps: [steps[0]!, 4 * along[k]!] }));
  const out = kept.map(({ size, steps }, k): Dim => ({ size, steps: [4 * along[k]!, steps[1]!] }));
  const pieces = { size: whole, steps: [length * step, across] };
  fold(name, from, at, [pieces, ...into], [...others, { size: length, steps: [step] }]);
  if (rest > 0)
    fold(name, from + whole * length * step, at + whole * across, into, [...others, { size: rest, steps: [step] }]);
  fold(name, at, to, out, [{ size: segments, steps: [across] }]);
  release(partial.buffer);
}

function longest(dims: readonly Dim[]): Dim | undefined {
  return dims.reduce<Dim | undefined>((most, dim) => (most && most.size >= dim.size ? most : dim), undefined);
}

type Loops = Record<'lines' | 'columns', Kernel>;
const compiled = new Map<string, Loops>();

function kernelsOf(name: string): Loops {
  let loops = compiled.get(name);
  if (!loops) {
    const parts = FOLDS[name]!;
    loops = compileKernels(['lines', 'columns'], (m) => {
      m.kernel('lines', (f, args, from, to) => emitLines(parts, f, args, from, to));
      m.kernel('columns', (f, args, from, to) => emitColumns(parts, f, args, from, to));
    });
    compiled.set(name, loops);
  }
  return loops;
}
