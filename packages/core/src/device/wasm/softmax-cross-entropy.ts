/**
 * Softmax cross-entropy of rows of logits, in two passes over each row: its maximum, then the sum of exponentials.
 * C: classes. Its definition is in ops/loss.ts.
 */

import type { FusedKernels } from '../device.ts';
import type { F32, I32, Local, V128 } from './assembler.ts';
import { copy } from './copy.ts';
import { words } from './gemm-matrix.ts';
import { f32, f32x4, i32, v128 } from './instructions.ts';
import { addressOf, allocate, release } from './memory.ts';
import { compileKernels, type Kernel, type KernelBuilder, run } from './runtime.ts';
import { VectorBuilder } from './vector-builder.ts';
import { exp } from './vector-exp.ts';
import { log } from './vector-log.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 8_192;
/** Vectors at a time: constants are loaded once for all of them, and nothing waits for one sum. */
const VECTORS = 4;

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
  const partial = allocate('f32', 4 * VECTORS * N);
  const args = [...places, partial.address, 4 * row, 4 * (targets.strides[0] ?? 0), C];
  run(kernels.rows, args, N, Math.ceil(GRAIN / Math.max(C, 1)));
  release(partial);
};

function emitRows(m: KernelBuilder): void {
  m.kernel('rows', (f, args, from, to) => {
    const [logits, targets, losses, largest, logTotals] = words(args, 0, 5);
    const [partial, stride, targetStride, C] = words(args, 5, 4);
    const v = new VectorBuilder(m, f);
    const sweep = rowSweep(v, C);
    const [x, scratch] = [f.local('i32'), f.local('i32')];
    const [shift, logTotal] = [f.local('v128'), f.local('v128')];
    const top = f.local('f32');
    f.for(from, to, 1, (row) => {
      f.set(x, i32.add(logits, i32.mul(row, stride)));
      f.set(scratch, i32.add(partial, i32.mul(row, i32.const(16 * VECTORS))));

      f.set(
        top,
        sweep(x, scratch, v.float(-Infinity), f32x4.pmax, f32.max, (load) => load),
      );
      // 0 for +-Infinity, which exp takes care of
      f.if(f32.ne(f32.sub(top, top), f32.const(0)), () => f.set(top, f32.const(0)));
      f.set(shift, f32x4.splat(top));

      const total = sweep(x, scratch, v.float(0), f32x4.add, f32.add, (load) => exp(v, f32x4.sub(load, shift)));
      f.set(logTotal, f32x4.splat(total));
      v.into(logTotal, () => log(v, logTotal));

      const target = i32.load(i32.add(targets, i32.mul(row, targetStride)));
      const chosen = f32.load(i32.add(x, i32.shl(target, i32.const(2))));
      const at = (base: I32): I32 => i32.add(base, i32.shl(row, i32.const(2)));
      f.do(f32.store(at(losses), f32.sub(f32x4.lane(logTotal, 0), f32.sub(chosen, top))));
      f.do(f32.store(at(largest), top));
      f.do(f32.store(at(logTotals), f32x4.lane(logTotal, 0)));
    });
  });
}

type Sweep = (
  x: I32,
  scratch: I32,
  start: V128,
  combine: (a: V128, b: V128) => V128,
  combineLanes: (a: F32, b: F32) => F32,
  value: (load: V128) => V128,
) => F32;

/**
 * Combines a value of each of the C elements of a row. Elements that come alone lie beside -Infinity, whose exponential is
 * 0. The results of the main loop go through memory: V8 makes registers of 256 bits out of what ends in adjacent stores.
 */
function rowSweep(v: VectorBuilder, C: I32): Sweep {
  const { f } = v;
  const vectors = (): Local<'v128'>[] => Array.from({ length: VECTORS }, () => f.local('v128'));
  const [many, values, one] = [vectors(), vectors(), f.local('v128')];
  const [at, left] = [f.local('i32'), f.local('i32')];
  return (x, scratch, start, combine, combineLanes, value) => {
    const take = (into: readonly Local<'v128'>[], load: (u: number) => V128): void => {
      v.together(into.map((_, u) => () => v.set(values[u]!, value(v.keep(load(u))))));
      for (const [u, local] of into.entries()) f.set(local, combine(local, values[u]!));
    };
    for (const local of [...many, one]) f.set(local, start);
    f.set(at, x);
    f.set(left, C);
    f.countDown(left, 4 * VECTORS, () => {
      take(many, (u) => v128.load(at, 16 * u));
      f.increment(at, 16 * VECTORS);
    });
    for (const [u, local] of many.entries()) f.do(v128.store(scratch, local, 16 * u));
    f.countDown(left, 4, () => {
      take([one], () => v128.load(at));
      f.increment(at, 16);
    });
    f.countDown(left, 1, () => {
      take([one], () => v128.loadLane(at, v.float(-Infinity), 0));
      f.increment(at, 4);
    });
    for (const u of many.keys()) f.set(one, combine(one, v128.load(scratch, 16 * u)));
    const lane = (k: number): F32 => f32x4.lane(one, k);
    return combineLanes(combineLanes(lane(0), lane(1)), combineLanes(lane(2), lane(3)));
  };
}
