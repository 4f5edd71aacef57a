/**
 * The loops of reductions: along lines, one output at a time, and down columns, 16 adjacent outputs at a time.
 *
 * Sums and products of f32 accumulate in f64, so they are as exact as the reference.
 */

import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { f32x4, f64x2, i32, i32x4, v128 } from './instructions.ts';
import type { Arguments } from './runtime.ts';
import { emitOffsets, nextTable, tableAt } from './walk.ts';

export interface Fold {
  readonly start: readonly [key: string, value: V128];
  /** Four elements as one vector of four lanes, or two of two f64. */
  readonly parts: (x: V128) => readonly V128[];
  readonly combine: (a: V128, b: V128) => V128;
  /** The accumulators of four outputs (or of one, in the first lane) as four elements. */
  readonly finish: (...parts: V128[]) => V128;
}

const upper = (x: V128): V128 => v128.shuffle(x, x, [2, 3, 2, 3]);

const inF64 = (start: number, combine: Fold['combine']): Fold => ({
  start: [`f64 ${start}`, f64x2.const(start)],
  parts: (x) => [f64x2.promote(x), f64x2.promote(upper(x))],
  combine,
  finish: (low, high) =>
    high ? v128.shuffle(f64x2.demote(low!), f64x2.demote(high), [0, 1, 4, 5]) : f64x2.demote(low!),
});

const inLanes = (start: Fold['start'], combine: Fold['combine']): Fold => ({
  start,
  parts: (x) => [x],
  combine,
  finish: (x) => x!,
});

export const FOLDS: Record<string, Fold> = {
  'sum f32': inF64(0, f64x2.add),
  'max f32': inLanes(['-inf', f32x4.const(-Infinity)], f32x4.max),
  'min f32': inLanes(['inf', f32x4.const(Infinity)], f32x4.min),
  'sum i32': inLanes(['i0', i32x4.const(0)], i32x4.add),
  'max i32': inLanes(['lowest', i32x4.const(-(2 ** 31))], i32x4.maxS),
  'min i32': inLanes(['highest', i32x4.const(2 ** 31 - 1)], i32x4.minS),
};

/** Vectors that are in flight at once, so that an addition need not wait for the one before. */
const VECTORS = 4;
/** Outputs in an item of `emitColumns`. */
export const COLUMNS: number = 4 * VECTORS;

/**
 * An item is an output. Arguments: addresses of input and output, elements of a line and the step between them, how many
 * lines make an output, the table of outputs, and the table of lines.
 */
export function emitLines(fold: Fold, f: FunctionBuilder, args: Arguments, from: I32, to: I32): void {
  const lines = f.local('i32', args.i32(4));
  const outputs = f.local('i32', tableAt(args, 5));
  const others = f.local('i32', nextTable(outputs));
  const accumulators = new Accumulators(fold, f, VECTORS);
  f.for(from, to, 1, (item) => {
    const x = f.local('i32', args.i32(0));
    const y = f.local('i32', args.i32(1));
    emitOffsets(f, outputs, item, [x, y]);
    accumulators.reset();
    f.for(i32.const(0), lines, 1, (line) => {
      const at = f.local('i32', x);
      emitOffsets(f, others, line, [at]);
      emitLine(f, accumulators, at, args.i32(2), args.i32(3));
    });
    f.do(v128.storeLane(y, fold.finish(accumulators.total()), 0));
  });
}

/** Takes in `count` elements from `start` on. */
export function emitLine(f: FunctionBuilder, accumulators: Accumulators, start: I32, count: I32, step: I32): void {
  const at = f.local('i32', start);
  const left = f.local('i32', count);
  const by = f.local('i32', step);
  f.if(i32.eq(by, i32.const(4)), () => {
    f.countDown(left, COLUMNS, () => {
      for (let k = 0; k < VECTORS; k++) accumulators.take(k, v128.load(at, 16 * k));
      f.increment(at, 16 * VECTORS);
    });
    f.countDown(left, 4, () => {
      accumulators.take(0, v128.load(at));
      f.increment(at, 16);
    });
  });
  f.countDown(left, 1, () => {
    accumulators.takeOne(v128.loadZero(at));
    f.increment(at, by);
  });
}

/**
 * An item is a block of adjacent outputs. Arguments: addresses of input and output, columns in all, rows and the step
 * between them, how many such runs of rows make an output, blocks of columns, the table of the other outputs, and the
 * table of runs.
 */
export function emitColumns(fold: Fold, f: FunctionBuilder, args: Arguments, from: I32, to: I32): void {
  const rows = f.local('i32', args.i32(3));
  const step = f.local('i32', args.i32(4));
  const runs = f.local('i32', args.i32(5));
  const blocks = f.local('i32', args.i32(6));
  const outputs = f.local('i32', tableAt(args, 7));
  const others = f.local('i32', nextTable(outputs));
  const accumulators = new Accumulators(fold, f, VECTORS);
  f.for(from, to, 1, (item) => {
    const column = f.local('i32', i32.mul(i32.remU(item, blocks), i32.const(COLUMNS)));
    const x = f.local('i32', i32.add(args.i32(0), i32.shl(column, i32.const(2))));
    const y = f.local('i32', i32.add(args.i32(1), i32.shl(column, i32.const(2))));
    emitOffsets(f, outputs, i32.divU(item, blocks), [x, y]);
    const left = f.local('i32', i32.sub(args.i32(2), column));
    f.if(i32.gtS(left, i32.const(COLUMNS)), () => f.set(left, i32.const(COLUMNS)));
    const sweep = (takeRow: (at: Local<'i32'>) => void): void => {
      accumulators.reset();
      f.for(i32.const(0), runs, 1, (run) => {
        const at = f.local('i32', x);
        emitOffsets(f, others, run, [at]);
        const count = f.local('i32', rows);
        f.countDown(count, 1, () => {
          takeRow(at);
          f.increment(at, step);
        });
      });
    };
    const advance = (columns: number): void => {
      f.increment(x, 4 * columns);
      f.increment(y, 4 * columns);
    };
    f.countDown(left, COLUMNS, () => {
      sweep((at) => {
        for (let k = 0; k < VECTORS; k++) accumulators.take(k, v128.load(at, 16 * k));
      });
      for (let k = 0; k < VECTORS; k++) f.do(v128.store(y, fold.finish(...accumulators.vector(k)), 16 * k));
      advance(COLUMNS);
    });
    f.countDown(left, 4, () => {
      sweep((at) => accumulators.take(0, v128.load(at)));
      f.do(v128.store(y, fold.finish(...accumulators.vector(0))));
      advance(4);
    });
    f.countDown(left, 1, () => {
      sweep((at) => accumulators.takeOne(v128.loadZero(at)));
      f.do(v128.storeLane(y, fold.finish(accumulators.total()), 0));
      advance(1);
    });
  });
}

/** Several vectors of four elements, and one for elements that come alone, of which only the first lane counts. */
export class Accumulators {
  readonly #fold: Fold;
  readonly #f: FunctionBuilder;
  readonly #vectors: readonly (readonly Local<'v128'>[])[];
  readonly #single: Local<'v128'>;
  readonly #start: V128;

  constructor(fold: Fold, f: FunctionBuilder, vectors: number) {
    this.#fold = fold;
    this.#f = f;
    this.#start = f.constant(...fold.start);
    const local = (): Local<'v128'> => f.local('v128');
    this.#vectors = Array.from({ length: vectors }, () => fold.parts(this.#start).map(local));
    this.#single = local();
  }

  reset(): void {
    for (const local of [...this.#vectors.flat(), this.#single]) this.#f.set(local, this.#start);
  }

  /** Takes four elements into vector k. */
  take(k: number, elements: V128): void {
    const x = this.#f.local('v128', elements);
    this.#fold.parts(x).forEach((part, i) => {
      const local = this.#vectors[k]![i]!;
      this.#f.set(local, this.#fold.combine(local, part));
    });
  }

  /** Takes the element in the first lane. */
  takeOne(element: V128): void {
    const [part] = this.#fold.parts(element);
    this.#f.set(this.#single, this.#fold.combine(this.#single, part!));
  }

  vector(k: number): readonly V128[] {
    return this.#vectors[k]!;
  }

  /** All of them combined, in the first lane. */
  total(): V128 {
    const { combine } = this.#fold;
    const [first, ...rest] = this.#vectors.flat() as [Local<'v128'>, ...Local<'v128'>[]];
    for (const local of rest) this.#f.set(first, combine(first, local));
    const isF64 = this.#vectors[0]!.length === 2;
    this.#f.set(first, combine(first, upper(first)));
    if (!isF64) this.#f.set(first, combine(first, v128.shuffle(first, first, [1, 0, 3, 2])));
    return combine(first, this.#single);
  }
}
