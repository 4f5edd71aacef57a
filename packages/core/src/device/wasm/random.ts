/** Random numbers: words of Philox, turned into uniforms, integers or normals as `device/philox.ts` defines. */

import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import type { FunctionBuilder, V128 } from './assembler.ts';
import { emitNormals } from './box-muller.ts';
import { LAST_LINE } from './control.ts';
import { copyMemory, f32x4, i32, i32x4, v128 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { emitBlocks, emitProduct } from './philox.ts';
import { type Arguments, compileKernels, type Kernel, run } from './runtime.ts';

/** Numbers in an item: four blocks of four words. */
const ITEM = 16;
/** Items that a thread takes at a time, at least. */
const GRAIN = 512;

export const random: Kernels['random'] = (distribution, { seed, offset }, output) => {
  const count = sizeOf(output.shape);
  const { low, high } = distribution.kind === 'integer' ? distribution : { low: 0, high: 1 };
  const name = distribution.kind === 'integer' ? (`integer ${output.dtype}` as Name) : distribution.kind;
  const range = high - low; // up to 2^32, which wraps to 0
  const words = [seed, seed / 2 ** 32, offset, offset / 2 ** 32].map((value) => Math.floor(value) % 2 ** 32);
  const whole = range === 2 ** 32 ? -1 : 0;
  const args = [addressOf(output), count, ...words, low, range, whole];
  run(kernels()[name], args, Math.ceil(count / ITEM), GRAIN);
  return Math.ceil(count / 4);
};

type Name = 'uniform' | 'normal' | 'integer i32' | 'integer f32';
/** Four words to four numbers. */
type Conversion = (f: FunctionBuilder, args: Arguments, words: V128) => V128;

const integers: Conversion = (f, args, words) => {
  const [, high] = emitProduct(f, words, args.splat(7)); // floor(word * range / 2^32)
  return i32x4.add(args.splat(6), v128.or(high, v128.and(words, args.splat(8))));
};

const CONVERSIONS: Record<Name, Conversion> = {
  uniform: (f, _, words) =>
    f32x4.mul(f32x4.fromI32(i32x4.shrU(words, i32.const(8))), f.constant('2^-24', f32x4.const(2 ** -24))),
  normal: (f, _, words) => emitNormals(f, words),
  'integer i32': integers,
  'integer f32': (f, args, words) => f32x4.fromI32(integers(f, args, words)),
};

let compiled: Record<Name, Kernel> | undefined;

/**
 * Arguments: address of the output, how many numbers, the words of seed and offset, and for integers low, the size of the
 * range, and -1 where that is all of i32.
 */
function kernels(): Record<Name, Kernel> {
  const names = Object.keys(CONVERSIONS) as Name[];
  compiled ??= compileKernels(names, (m) => {
    for (const name of names) {
      m.kernel(name, (f, args, from, to) => {
        const key = [f.local('v128', args.splat(2)), f.local('v128', args.splat(3))] as const;
        const offset = [f.local('i32', args.i32(4)), f.local('i32', args.i32(5))] as const;
        f.for(from, to, 1, (item) => {
          const target = f.local('i32', i32.add(args.i32(0), i32.shl(item, i32.const(6))));
          const left = f.local('i32', i32.sub(args.i32(1), i32.mul(item, i32.const(ITEM))));
          const isCut = i32.ltS(left, i32.const(ITEM));
          const y = f.local('i32', i32.select(i32.const(LAST_LINE), target, isCut));
          emitBlocks(f, { key, offset }, i32.shl(item, i32.const(2))).forEach((words, k) => {
            const four = f.local('v128', words);
            f.do(v128.store(y, CONVERSIONS[name](f, args, four), 16 * k));
          });
          f.if(isCut, () => f.do(copyMemory(target, i32.const(LAST_LINE), i32.shl(left, i32.const(2)))));
        });
      });
    }
  });
  return compiled;
}
