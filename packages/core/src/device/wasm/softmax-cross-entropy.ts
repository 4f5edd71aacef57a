/**
 * Softmax cross-entropy of rows of logits, in two passes over each row: its maximum, then the sum of exponentials.
 * C: classes. Its definition is in ops/loss.ts.
 */

import type { FusedKernels } from '../device.ts';
import type { F32, FunctionBuilder, I32, V128 } from './assembler.ts';
import { copy } from './copy.ts';
import { f32, f32x4, i32, v128 } from './instructions.ts';
import { addressOf, allocate, release } from './memory.ts';
import { compileKernels, type Kernel, type KernelBuilder, run } from './runtime.ts';
import { VectorBuilder } from './vector-builder.ts';
import { exp } from './vector-exp.ts';
import { log } from './vector-log.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 8_192;

let kernels: Record<'rows', Kernel> | undefined;

export const softmaxCrossEntropy: NonNullable<FusedKernels['softmaxCrossEntropy']> = (
  logits,
  targets,
  losses,
  largest,
  logTotals,
) => {
  kernels ??= compileKernels(['rows'], emitRows);
  const [N, C] = logits.shape as [number, number];
  const [row, column] = logits.strides as [number, number];
  if (column !== 1 && C > 1) {
    const rows = {
      buffer: allocate('f32', N * C),
      dtype: logits.dtype,
      offset: 0,
      shape: logits.shape,
      strides: [C, 1],
    };
    copy(logits, rows);
    softmaxCrossEntropy(rows, targets, losses, largest, logTotals);
    release(rows.buffer);
    return;
  }
  const places = [logits, targets, losses, largest, logTotals].map(addressOf);
  run(kernels.rows, [...places, 4 * row, 4 * (targets.strides[0] ?? 0), C], N, Math.ceil(GRAIN / Math.max(C, 1)));
};

function emitRows(m: KernelBuilder): void {
  m.kernel('rows', (f, args, from, to) => {
    const [logits, targets, losses, largest, logTotals, stride, targetStride, C] = [0, 1, 2, 3, 4, 5, 6, 7].map((k) =>
      f.local('i32', args.i32(k)),
    ) as unknown as readonly [I32, I32, I32, I32, I32, I32, I32, I32];
    const v = new VectorBuilder(m, f);
    const x = f.local('i32');
    const [shift, total, value] = [f.local('v128'), f.local('v128'), f.local('v128')];
    const [top, rest] = [f.local('f32'), f.local('f32')];
    f.for(from, to, 1, (row) => {
      f.set(x, i32.add(logits, i32.mul(row, stride)));

      f.set(shift, v.float(-Infinity));
      const raise = (load: V128): void => f.set(shift, f32x4.pmax(shift, load));
      elements(f, x, C, raise, (element) => raise(f32x4.splat(element)));
      f.set(top, acrossLanes(shift, f32.max));
      // 0 for +-Infinity, which exp takes care of
      f.if(f32.ne(f32.sub(top, top), f32.const(0)), () => f.set(top, f32.const(0)));
      f.set(shift, f32x4.splat(top));

      f.set(total, v.float(0));
      f.set(rest, f32.const(0));
      const power = (element: V128): void => v.into(value, () => exp(v, f32x4.sub(element, shift)));
      const addAll = (load: V128): void => {
        power(load);
        f.set(total, f32x4.add(total, value));
      };
      elements(f, x, C, addAll, (element) => {
        power(f32x4.splat(element));
        f.set(rest, f32.add(rest, f32x4.lane(value, 0)));
      });
      f.set(total, f32x4.splat(f32.add(rest, acrossLanes(total, f32.add))));
      v.into(value, () => log(v, total));

      const target = i32.load(i32.add(targets, i32.mul(row, targetStride)));
      const chosen = f32.load(i32.add(x, i32.shl(target, i32.const(2))));
      const at = (base: I32): I32 => i32.add(base, i32.shl(row, i32.const(2)));
      f.do(f32.store(at(losses), f32.sub(f32x4.lane(value, 0), f32.sub(chosen, top))));
      f.do(f32.store(at(largest), top));
      f.do(f32.store(at(logTotals), f32x4.lane(value, 0)));
    });
  });
}

/** The C elements from `start` on, four at a time, and what is left one at a time. */
function elements(f: FunctionBuilder, start: I32, C: I32, four: (load: V128) => void, one: (load: F32) => void): void {
  const [at, left] = [f.local('i32', start), f.local('i32', C)];
  f.countDown(left, 4, () => {
    four(v128.load(at));
    f.increment(at, 16);
  });
  f.countDown(left, 1, () => {
    one(f32.load(at));
    f.increment(at, 4);
  });
}

/** Reduces the four lanes to one number. */
function acrossLanes(vector: V128, reduce: (a: F32, b: F32) => F32): F32 {
  const lane = (k: number): F32 => f32x4.lane(vector, k);
  return reduce(reduce(lane(0), lane(1)), reduce(lane(2), lane(3)));
}
