/** Copying rows of any steps, from dtype to dtype. A row here is an element's way in, and four at a time. */

import { elementBytes } from '../../dtype.ts';
import type { Effect, F32, FunctionBuilder, I32, Local } from './assembler.ts';
import { f32, f32x4, i32, i32x4, v128 } from './instructions.ts';
import type { Arguments } from './runtime.ts';
import { emitOffsets, tableAt } from './walk.ts';

/** Elements of a row that make an item of the index space. */
export const SEGMENT = 16_384;

interface Cast {
  /** Bytes of an element, read and written. */
  readonly bytes: readonly [number, number];
  readonly one: (from: I32, to: I32) => Effect;
  /** Four adjacent elements. */
  readonly four: (f: FunctionBuilder, from: I32, to: I32) => void;
}

const [WORD, BYTE] = [elementBytes('i32'), elementBytes('bool')];

// biome-ignore-start format: a table is read row by row
/** `words` and `bools` copy bits; the others are named after their dtypes. */
export const CASTS: Record<string, Cast> = {
  words: {
    bytes: [WORD, WORD],
    one: (from, to) => i32.store(to, i32.load(from)),
    four: (f, from, to) => f.do(v128.store(to, v128.load(from))),
  },
  bools: {
    bytes: [BYTE, BYTE],
    one: (from, to) => i32.store8(to, i32.load8(from)),
    four: (f, from, to) => f.do(i32.store(to, i32.load(from))),
  },
  'f32>i32': {
    bytes: [WORD, WORD],
    one: (from, to) => i32.store(to, toInt32(f32.load(from))),
    four: (f, from, to) => {
      const x = f.local('v128', v128.load(from));
      const wide = i32.anyTrue(f32x4.ge(f32x4.abs(x), f.constant('2^31', f32x4.const(2 ** 31))));
      f.if(
        wide,
        () => {
          for (let lane = 0; lane < 4; lane++) f.do(i32.store(to, toInt32(f32x4.lane(x, lane)), WORD * lane));
        },
        () => f.do(v128.store(to, i32x4.truncF32(x))),
      );
    },
  },
  'f32>bool': {
    bytes: [WORD, BYTE],
    one: (from, to) => i32.store8(to, f32.ne(f32.load(from), f32.const(0))),
    four: (f, from, to) => {
      const truth = f32x4.ne(v128.load(from), f.constant('0', f32x4.const(0)));
      const ones = f.local('v128', v128.and(truth, f.constant('i1', i32x4.const(1))));
      f.do(v128.storeLane(to, i32x4.toBytes(ones), 0));
    },
  },
  'i32>f32': {
    bytes: [WORD, WORD],
    one: (from, to) => f32.store(to, f32.fromI32(i32.load(from))),
    four: (f, from, to) => f.do(v128.store(to, f32x4.fromI32(v128.load(from)))),
  },
  'i32>bool': {
    bytes: [WORD, BYTE],
    one: (from, to) => i32.store8(to, i32.ne(i32.load(from), i32.const(0))),
    four: (f, from, to) => {
      const truth = i32x4.ne(v128.load(from), f.constant('i0', i32x4.const(0)));
      const ones = f.local('v128', v128.and(truth, f.constant('i1', i32x4.const(1))));
      f.do(v128.storeLane(to, i32x4.toBytes(ones), 0));
    },
  },
  'bool>f32': {
    bytes: [BYTE, WORD],
    one: (from, to) => f32.store(to, f32.fromI32(i32.load8(from))),
    four: (f, from, to) => f.do(v128.store(to, f32x4.fromI32(i32x4.fromBytes(v128.loadZero(from))))),
  },
  'bool>i32': {
    bytes: [BYTE, WORD],
    one: (from, to) => i32.store(to, i32.load8(from)),
    four: (f, from, to) => f.do(v128.store(to, i32x4.fromBytes(v128.loadZero(from)))),
  },
};
// biome-ignore-end format: a table is read row by row

/**
 * Arguments: addresses of input and output, elements of a row, their steps in bytes, segments of a row, and the table of
 * the outer dimensions. An item is a segment of a row.
 */
export function emitCopyRows(
  { bytes, one, four }: Cast,
  f: FunctionBuilder,
  args: Arguments,
  from: Local<'i32'>,
  to: Local<'i32'>,
): void {
  const stepIn = f.local('i32', args.i32(3));
  const stepOut = f.local('i32', args.i32(4));
  const segments = f.local('i32', args.i32(5));
  const adjacent = i32.and(i32.eq(stepIn, i32.const(bytes[0])), i32.eq(stepOut, i32.const(bytes[1])));
  f.for(from, to, 1, (item) => {
    const first = f.local('i32', i32.mul(i32.remU(item, segments), i32.const(SEGMENT)));
    const count = f.local('i32', i32.sub(args.i32(2), first));
    f.if(i32.gtS(count, i32.const(SEGMENT)), () => f.set(count, i32.const(SEGMENT)));
    const x = f.local('i32', i32.add(args.i32(0), i32.mul(first, stepIn)));
    const y = f.local('i32', i32.add(args.i32(1), i32.mul(first, stepOut)));
    emitOffsets(f, tableAt(args, 6), i32.divU(item, segments), [x, y]);
    f.if(adjacent, () =>
      f.countDown(count, 4, () => {
        four(f, x, y);
        f.increment(x, 4 * bytes[0]);
        f.increment(y, 4 * bytes[1]);
      }),
    );
    f.countDown(count, 1, () => {
      f.do(one(x, y));
      f.increment(x, stepIn);
      f.increment(y, stepOut);
    });
  });
}

/** JavaScript's x | 0: the value modulo 2^32. From 2^63 on it is 0, since floats that large are multiples of 2^32. */
function toInt32(x: F32): I32 {
  const inRange = i32.sub(i32.const(0), f32.lt(x, f32.const(2 ** 63)));
  return i32.and(i32.wrapF32(x), inRange);
}
