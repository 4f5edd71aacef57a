/**
 * Softmax cross-entropy of rows of logits, in two passes over each row: its maximum, then the sum of exponentials; a third
 * one turns these into the gradient, where that is to take the place of the logits.
 * C: classes. Its definition is in ops/loss.ts.
 */

import type { FusedKernels, View } from '../device.ts';
import type { F32, FunctionBuilder, I32, Local, V128 } from './assembler.ts';
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

export const softmaxCrossEntropy: NonNullable<FusedKernels['softmaxCrossEntropy']> = (logits, targets, ...outputs) => {
  const [N, C] = logits.shape as [number, number];
  if (logits.strides[1] === 1 || C === 1) runRows('losses', logits, targets, outputs);
  else {
    const rows = {
      ...{ dtype: logits.dtype, shape: logits.shape },
      buffer: allocate('f32', N * C),
      offset: 0,
      strides: [C, 1],
    };
    copy(logits, rows);
    runRows('losses', rows, targets, outputs);
    release(rows.buffer);
  }
};

/** The losses, and the gradient of sum(scale * losses) in place of the logits, whose rows are contiguous. */
export function replaceByGradient(logits: View, targets: View, losses: View, scale: View): void {
  runRows('gradients', logits, targets, [losses, scale]);
}

const NAMES = ['losses', 'gradients'] as const;
type Name = (typeof NAMES)[number];
let kernels: Record<Name, Kernel> | undefined;

function runRows(name: Name, logits: View, targets: View, others: readonly View[]): void {
  kernels ??= compileKernels(NAMES, (m) => {
    for (const each of NAMES) emitRows(m, each);
  });
  const [N, C] = logits.shape as [number, number];
  const partial = allocate('f32', 4 * VECTORS * N);
  const places = [logits, targets, ...others].flatMap((view) => [addressOf(view), 4 * (view.strides[0] ?? 0)]);
  run(kernels[name], [C, partial.address, ...places], N, Math.ceil(GRAIN / Math.max(C, 1)));
  release(partial);
}

/**
 * Arguments: C; memory for `VECTORS` vectors a row; address and step of logits, targets, losses, and then of largest and
 * logTotals, or of scale.
 */
function emitRows(m: KernelBuilder, name: Name): void {
  m.kernel(name, (f, args, from, to) => {
    const [C, partial] = words(args, 0, 2);
    const entry = (k: number, n: I32): I32 => i32.add(args.i32(2 + 2 * k), i32.mul(n, args.i32(3 + 2 * k)));
    const v = new VectorBuilder(m, f);
    const sweep = rowSweep(v, C);
    const [x, target, scratch] = [f.local('i32'), f.local('i32'), f.local('i32')];
    const [shift, logTotal] = [f.local('v128'), f.local('v128')];
    const [top, chosen, total] = [f.local('f32'), f.local('f32'), f.local('f32')];
    f.for(from, to, 1, (n) => {
      f.set(x, entry(0, n));
      f.set(target, i32.add(x, i32.shl(i32.load(entry(1, n)), i32.const(2))));
      f.set(scratch, i32.add(partial, i32.mul(n, i32.const(16 * VECTORS))));

      f.set(
        top,
        sweep(x, scratch, v.float(-Infinity), f32x4.pmax, f32.max, (load) => load),
      );
      // 0 for +-Infinity, which exp takes care of
      f.if(f32.ne(f32.sub(top, top), f32.const(0)), () => f.set(top, f32.const(0)));
      f.set(shift, f32x4.splat(top));
      f.set(chosen, f32.sub(f32.load(target), top));

      const power = (load: V128): V128 => exp(v, f32x4.sub(load, shift));
      f.set(total, sweep(x, scratch, v.float(0), f32x4.add, f32.add, power, name === 'gradients'));
      f.set(logTotal, f32x4.splat(total));
      v.into(logTotal, () => log(v, logTotal));
      f.do(f32.store(entry(2, n), f32.sub(f32x4.lane(logTotal, 0), chosen)));

      if (name === 'losses') {
        f.do(f32.store(entry(3, n), top));
        f.do(f32.store(entry(4, n), f32x4.lane(logTotal, 0)));
      } else {
        // scale exp(x - top) / total, less scale at the target
        const scale = f.local('f32', f32.load(entry(3, n)));
        multiplyRow(f, x, C, f32.div(scale, total));
        f.do(f32.store(target, f32.sub(f32.load(target), scale)));
      }
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
  replace?: boolean,
) => F32;

/**
 * Combines a value of each of the C elements of a row, which may take the element's place. Elements that come alone lie
 * beside -Infinity, whose exponential is 0. The results of the main loop go through memory: V8 makes registers of 256 bits
 * out of what ends in adjacent stores.
 */
function rowSweep(v: VectorBuilder, C: I32): Sweep {
  const { f } = v;
  const vectors = (): Local<'v128'>[] => Array.from({ length: VECTORS }, () => f.local('v128'));
  const [many, values, one] = [vectors(), vectors(), f.local('v128')];
  const [at, left] = [f.local('i32'), f.local('i32')];
  return (x, scratch, start, combine, combineLanes, value, replace = false) => {
    const take = (into: readonly Local<'v128'>[], load: (u: number) => V128): void => {
      v.together(into.map((_, u) => () => v.set(values[u]!, value(v.keep(load(u))))));
      for (const [u, local] of into.entries()) f.set(local, combine(local, values[u]!));
    };
    for (const local of [...many, one]) f.set(local, start);
    f.set(at, x);
    f.set(left, C);
    for (const into of [many, [one]]) {
      f.countDown(left, 4 * into.length, () => {
        take(into, (u) => v128.load(at, 16 * u));
        if (replace) for (const u of into.keys()) f.do(v128.store(at, values[u]!, 16 * u));
        f.increment(at, 16 * into.length);
      });
      if (into === many) for (const [u, local] of many.entries()) f.do(v128.store(scratch, local, 16 * u));
    }
    f.countDown(left, 1, () => {
      take([one], () => v128.loadLane(at, v.float(-Infinity), 0));
      if (replace) f.do(v128.storeLane(at, values[0]!, 0));
      f.increment(at, 4);
    });
    for (const u of many.keys()) f.set(one, combine(one, v128.load(scratch, 16 * u)));
    const lane = (k: number): F32 => f32x4.lane(one, k);
    return combineLanes(combineLanes(lane(0), lane(1)), combineLanes(lane(2), lane(3)));
  };
}

/** x *= factor */
function multiplyRow(f: FunctionBuilder, x: I32, C: I32, factor: F32): void {
  const [at, left, all] = [f.local('i32', x), f.local('i32', C), f.local('v128', f32x4.splat(factor))];
  for (const vectors of [VECTORS, 1]) {
    f.countDown(left, 4 * vectors, () => {
      const products = Array.from({ length: vectors }, (_, u) =>
        f.local('v128', f32x4.mul(v128.load(at, 16 * u), all)),
      );
      for (const [u, product] of products.entries()) f.do(v128.store(at, product, 16 * u));
      f.increment(at, 16 * vectors);
    });
  }
  f.countDown(left, 1, () => {
    f.do(f32.store(at, f32.mul(f32.load(at), f32x4.lane(all, 0))));
    f.increment(at, 4);
  });
}
