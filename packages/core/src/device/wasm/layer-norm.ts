/**
 * Layer normalisation of rows, forward and back; definition: ops/layer-norm.ts. N: rows, D: elements of a row.
 *
 *   y = n weight + bias,   n = (x - m - s) r,   m = mean x,   s = mean (x - m),   r = 1 / sqrt(mean (x - m - s)^2 + eps)
 *   gx = r (g - mean g - n mean (g n)),   g = gy weight
 *
 * f32 cannot tell the mean m of large numbers well, so what is left of it is taken out too (s). Several passes over a row
 * cost little: it stays in the first cache.
 */

import type { FusedKernels } from '../device.ts';
import type { F32, I32, V128 } from './assembler.ts';
import { words } from './gemm-matrix.ts';
import { f32, f32x4, i32, v128 } from './instructions.ts';
import { addressOf } from './memory.ts';
import { compileKernels, floatBits, type Kernel, type KernelBuilder, run } from './runtime.ts';
import { VectorBuilder } from './vector-builder.ts';

/** Elements that a thread takes at a time, at least. */
const GRAIN = 8192;

export const layerNorm: NonNullable<FusedKernels['layerNorm']> = ({ x, weight, bias }, eps, { y, statistics }) => {
  const [N, D] = x.shape as [number, number];
  const places = [x, weight, bias, y, statistics].map(addressOf);
  run(kernels().forward, [...places, D, floatBits(eps)], N, Math.ceil(GRAIN / D));
};

export const layerNormBackward: NonNullable<FusedKernels['layerNormBackward']> = (inputs, { gx, gWeight, gBias }) => {
  const { gy, x, weight, statistics } = inputs;
  const [N, D] = x.shape as [number, number];
  const parts = gWeight.shape[0]!;
  const rows = Math.ceil(N / parts);
  const places = [gy, x, weight, statistics, gx, gWeight, gBias].map(addressOf);
  run(kernels().backward, [...places, D, N, rows], parts, Math.ceil(GRAIN / (rows * D)));
};

let compiled: Record<'forward' | 'backward', Kernel> | undefined;

function kernels(): Record<'forward' | 'backward', Kernel> {
  compiled ??= compileKernels(['forward', 'backward'], (m) => {
    emitForward(m);
    emitBackward(m);
  });
  return compiled;
}

/** Items are rows. */
function emitForward(m: KernelBuilder): void {
  m.kernel('forward', (f, args, from, to) => {
    const [x, weight, bias, y, statistics, D] = words(args, 0, 6).map((word) => f.local('i32', word));
    const eps = args.f32(6);
    const v = new VectorBuilder(m, f);
    const row = rowOf(v, D!);
    const [mean, rest, scale] = [f.local('v128'), f.local('v128'), f.local('v128')];
    const [at, out] = [f.local('i32'), f.local('i32')];
    f.for(from, to, 1, (index) => {
      const start = i32.mul(index, i32.shl(D!, i32.const(2)));
      f.set(at, i32.add(x!, start));
      f.set(out, i32.add(y!, start));
      const centred = (load: V128): V128 => f32x4.sub(f32x4.sub(load, mean), rest);
      const [first] = row.means(1, [at], ({ load }) => [load(0)]);
      f.set(mean, f32x4.splat(first!));
      const [second] = row.means(1, [at], ({ load }) => [f32x4.sub(load(0), mean)]);
      f.set(rest, f32x4.splat(second!));
      const [variance] = row.means(1, [at], ({ load }) => {
        const c = v.keep(centred(load(0)));
        return [f32x4.mul(c, c)];
      });
      f.set(scale, f32x4.splat(f32.div(f32.const(1), f32.sqrt(f32.add(variance!, eps)))));
      row.each([at, weight!, bias!, out], ({ load, store }) => {
        store(3, f32x4.add(f32x4.mul(v.keep(f32x4.mul(centred(load(0)), scale)), load(1)), load(2)));
      });
      const entry = f.local('i32', i32.add(statistics!, i32.mul(index, i32.const(12))));
      for (const [k, value] of [mean, rest, scale].entries()) f.do(f32.store(entry, f32x4.lane(value, 0), 4 * k));
    });
  });
}

/** Items are parts of the rows, each with sums of its own. */
function emitBackward(m: KernelBuilder): void {
  m.kernel('backward', (f, args, from, to) => {
    const [gy, x, weight, statistics, gx, gWeight, gBias] = words(args, 0, 7).map((word) => f.local('i32', word));
    const [D, N, rows] = words(args, 7, 3).map((word) => f.local('i32', word));
    const v = new VectorBuilder(m, f);
    const row = rowOf(v, D!);
    const [mean, rest, scale] = [f.local('v128'), f.local('v128'), f.local('v128')];
    const [gMean, gSlope] = [f.local('v128'), f.local('v128')];
    const bytes = f.local('i32', i32.shl(D!, i32.const(2)));
    f.for(from, to, 1, (part) => {
      const [toWeight, toBias] = [gWeight, gBias].map((base) => f.local('i32', i32.add(base!, i32.mul(part, bytes))));
      row.each([toWeight!, toBias!], ({ store }) => {
        store(0, v.float(0));
        store(1, v.float(0));
      });
      const first = f.local('i32', i32.mul(part, rows!));
      const last = f.local('i32', i32.add(first, rows!));
      f.if(i32.gtS(last, N!), () => f.set(last, N!));
      f.for(first, last, 1, (index) => {
        const entry = f.local('i32', i32.add(statistics!, i32.mul(index, i32.const(12))));
        for (const [k, value] of [mean, rest, scale].entries()) f.set(value, v128.loadSplat(entry, 4 * k));
        const [atG, atX, atOut] = [gy, x, gx].map((base) => f.local('i32', i32.add(base!, i32.mul(index, bytes))));
        const normal = (load: V128): V128 => f32x4.mul(f32x4.sub(f32x4.sub(load, mean), rest), scale);
        const [one, two] = row.means(2, [atG!, atX!, weight!, toWeight!, toBias!], ({ load, store }) => {
          const [gy, n] = [load(0), v.keep(normal(load(1)))];
          const g = v.keep(f32x4.mul(gy, load(2)));
          store(3, f32x4.add(load(3), f32x4.mul(gy, n)));
          store(4, f32x4.add(load(4), gy));
          return [g, f32x4.mul(g, n)];
        });
        f.set(gMean, f32x4.splat(one!));
        f.set(gSlope, f32x4.splat(two!));
        row.each([atG!, atX!, weight!, atOut!], ({ load, store }) => {
          const g = f32x4.sub(f32x4.mul(load(0), load(2)), gMean);
          store(3, f32x4.mul(scale, f32x4.sub(g, f32x4.mul(normal(load(1)), gSlope))));
        });
      });
    });
  });
}

/** A vector of each row that is walked; `k` is the row's place among them. */
interface Vectors {
  load(k: number): V128;
  store(k: number, value: V128): void;
}

interface Row {
  /** Goes along rows side by side, several vectors at a time. */
  each(starts: readonly I32[], body: (at: Vectors) => void): void;
  /** The same; means of the values that the body returns, so many of them. */
  means(count: number, starts: readonly I32[], body: (at: Vectors) => readonly V128[]): F32[];
}

/** Vectors at a time, so that none waits for the sum of the one before; and sums that are open at a time. */
const VECTORS = 4;

/** Rows of D elements. What is left behind the last four elements comes alone, in the first lane of a vector. */
function rowOf(v: VectorBuilder, D: I32): Row {
  const { f } = v;
  const each = (starts: readonly I32[], body: (at: Vectors, u: number, alone: boolean) => void): void => {
    const pointers = starts.map((start) => f.local('i32', start));
    const left = f.local('i32', D);
    const turn = (elements: number): void =>
      f.countDown(left, elements, () => {
        const alone = elements === 1;
        const at = (u: number): Vectors => ({
          load: (k) => v.keep(alone ? v128.loadZero(pointers[k]!) : v128.load(pointers[k]!, 16 * u)),
          store: (k, value) =>
            v.statement(() =>
              f.do(alone ? v128.storeLane(pointers[k]!, value, 0) : v128.store(pointers[k]!, value, 16 * u)),
            ),
        });
        v.together(Array.from({ length: Math.max(1, elements / 4) }, (_, u) => () => body(at(u), u, alone)));
        for (const pointer of pointers) f.increment(pointer, 4 * elements);
      });
    for (const elements of [4 * VECTORS, 4, 1]) turn(elements);
  };
  return {
    each,
    means(count, starts, body) {
      const open = Array.from({ length: VECTORS / count }, () => f.local('v128'));
      const sums = Array.from({ length: count }, () => ({
        many: open.map(() => f.local('v128')),
        one: f.local('v128'),
      }));
      for (const { many, one } of sums) for (const sum of [...many, one]) f.set(sum, v.float(0));
      each(starts, (at, u, alone) => {
        for (const [k, value] of body(at).entries()) {
          const sum = alone ? sums[k]!.one : sums[k]!.many[u % open.length]!;
          v.set(sum, f32x4.add(sum, value));
        }
      });
      const size = f32.fromI32(D);
      return sums.map(({ many, one }) => f32.div(f32.add(acrossLanes(many), f32x4.lane(one, 0)), size));
    },
  };
}

/** The sum of all lanes. */
function acrossLanes([first, ...others]: readonly V128[]): F32 {
  const all = others.reduce((sum, other) => f32x4.add(sum, other), first!);
  const half = f32x4.add(all, v128.shuffle(all, all, [2, 3, 0, 1]));
  return f32.add(f32x4.lane(half, 0), f32x4.lane(half, 1));
}
