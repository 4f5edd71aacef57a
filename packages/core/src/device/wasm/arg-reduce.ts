/**
 * The first position of the largest or smallest element. Along a line it looks for the extreme, then for where it is;
 * down columns it keeps both, four columns at a time.
 */

import type { View } from '../device.ts';
import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { Accumulators, emitLine, FOLDS } from './fold.ts';
import { f32x4, i32, i32x4, v128 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';
import { countOf, emitOffsets, mergeDims, tableAt, tableOf } from './walk.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 16_384;
const COLUMNS = 4;

/** `dim` is undefined for a scalar. NaN counts as the extreme. */
export function argReduce(op: 'argmax' | 'argmin', input: View, dim: number | undefined, output: View): void {
  const along = dim === undefined || input.shape.length === 0 ? undefined : dim;
  const without = (list: readonly number[]): readonly number[] =>
    along === undefined ? list : list.toSpliced(along, 1);
  const lines = mergeDims(without(input.shape), [without(input.strides), without(output.strides)], [4, 4]);
  const [size, step] = along === undefined ? [1, 4] : [input.shape[along]!, 4 * input.strides[along]!];
  const { positions, columns } = kernelsOf(`${op === 'argmax' ? 'max' : 'min'} ${input.dtype}`);
  const common = [addressOf(input), addressOf(output), size, step];
  const last = lines.at(-1);
  if (step !== 4 && last && last.size % COLUMNS === 0 && last.steps.every((s) => s === 4)) {
    const blocks = [...lines.slice(0, -1), { size: last.size / COLUMNS, steps: [4 * COLUMNS, 4 * COLUMNS] }];
    run(columns, [...common, ...tableOf(blocks)], countOf(blocks), Math.ceil(GRAIN / COLUMNS / size));
  } else run(positions, [...common, ...tableOf(lines)], countOf(lines), Math.ceil(GRAIN / size));
}

type Loops = Record<'positions' | 'columns', Kernel>;
const compiled = new Map<string, Loops>();

function kernelsOf(name: string): Loops {
  let loops = compiled.get(name);
  if (!loops) {
    loops = compileKernels(['positions', 'columns'], (m) => {
      m.kernel('positions', (f, args, from, to) => emitPositions(name, f, args, from, to));
      m.kernel('columns', (f, args, from, to) => emitColumns(name, f, args, from, to));
    });
    compiled.set(name, loops);
  }
  return loops;
}

/** Arguments of both: addresses of input and output, elements of a line and the step between them, and a table. */
function emitPositions(name: string, f: FunctionBuilder, args: Arguments, from: I32, to: I32): void {
  const size = f.local('i32', args.i32(2));
  const step = f.local('i32', args.i32(3));
  const accumulators = new Accumulators(FOLDS[name]!, f, 4);
  f.for(from, to, 1, (item) => {
    const x = f.local('i32', args.i32(0));
    const y = f.local('i32', args.i32(1));
    emitOffsets(f, tableAt(args, 4), item, [x, y]);
    accumulators.reset();
    emitLine(f, accumulators, x, size, step);
    const extreme = f.local('v128', accumulators.total());
    f.set(extreme, v128.shuffle(extreme, extreme, [0, 0, 0, 0]));
    const left = f.local('i32', size);
    const found = f.local('i32', i32.ne(step, i32.const(4)));
    const at = f.local('v128');
    // Where the extreme is NaN the first NaN is it, and where it is not there is none.
    const isExtreme = name.endsWith('f32') ? v128.or(f32x4.eq(at, extreme), f32x4.ne(at, at)) : i32x4.eq(at, extreme);
    const search = (elements: number, load: V128, advance: I32): void =>
      f.while(
        () => i32.and(i32.geS(left, i32.const(elements)), i32.eqz(found)),
        () => {
          f.set(at, load);
          f.set(found, i32.anyTrue(isExtreme));
          f.if(i32.eqz(found), () => {
            f.increment(x, advance);
            f.increment(left, -elements);
          });
        },
      );
    search(4, v128.load(x), i32.const(16));
    f.set(found, i32.const(0));
    search(1, v128.loadSplat(x), step);
    f.do(i32.store(y, i32.sub(size, left)));
  });
}

/** An item is four adjacent columns. */
function emitColumns(name: string, f: FunctionBuilder, args: Arguments, from: I32, to: I32): void {
  const step = f.local('i32', args.i32(3));
  const one = f.constant('i1', i32x4.const(1));
  f.for(from, to, 1, (item) => {
    const x = f.local('i32', args.i32(0));
    const y = f.local('i32', args.i32(1));
    emitOffsets(f, tableAt(args, 4), item, [x, y]);
    const best = f.local('v128', v128.load(x));
    const position = f.local('v128', i32x4.const(0));
    const row = f.local('v128', i32x4.const(0));
    const at = f.local('v128');
    const left = f.local('i32', i32.sub(args.i32(2), i32.const(1)));
    f.countDown(left, 1, () => {
      f.increment(x, step);
      f.set(row, i32x4.add(row, one));
      f.set(at, v128.load(x));
      const wins = f.local('v128', winsOver(name, at, best));
      f.set(best, v128.select(at, best, wins));
      f.set(position, v128.select(row, position, wins));
    });
    f.do(v128.store(y, position));
  });
}

/** Whether a later element takes the place of the best so far; a NaN does, but not that of another one. */
function winsOver(name: string, x: Local<'v128'>, best: Local<'v128'>): V128 {
  if (name.endsWith('i32')) return name.startsWith('max') ? i32x4.gtS(x, best) : i32x4.ltS(x, best);
  const exceeds = name.startsWith('max') ? f32x4.gt(x, best) : f32x4.lt(x, best);
  return v128.or(exceeds, v128.andNot(f32x4.ne(x, x), f32x4.ne(best, best)));
}
