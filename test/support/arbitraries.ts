/** Random shapes, tensors and layouts for property tests. Values are multiples of 1/8, so that sums of them are exact. */

import { fc } from '@fast-check/vitest';
import { type Shape, type Tensor, tensor } from '@tapegrad/core';
import { scattered } from './inputs.ts';

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

export function shapes({ min = 1, max = 4, rank = 4 } = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min, max }), { maxLength: rank });
}

/** f64 tensors of a shape. */
export function tensorsOf(shape: Shape): fc.Arbitrary<Tensor> {
  const n = sizeOf(shape);
  return fc
    .array(fc.integer({ min: -64, max: 64 }), { minLength: n, maxLength: n })
    .map((values) => tensor(Float64Array.from(values, (v) => v / 8)).reshape(shape) as Tensor);
}

/** The same values in another arrangement of memory. */
export function arranged(x: Tensor): fc.Arbitrary<Tensor> {
  return fc.boolean().map((elsewhere) => (elsewhere ? scattered(x) : x));
}

/** A shape that broadcasts to `target`: leading dimensions may be missing, any size may be 1. */
export function broadcastableTo(target: Shape): fc.Arbitrary<number[]> {
  return fc
    .tuple(fc.integer({ min: 0, max: target.length }), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }))
    .map(([missing, single]) => target.slice(missing).map((n, d) => (single[d] ? 1 : n)));
}

/** A dense array, as views see it: what a chain of views must read. */
export interface Dense {
  readonly shape: Shape;
  readonly data: readonly number[];
}

export interface ViewStep {
  readonly name: string;
  readonly apply: (x: Tensor) => Tensor;
  /** The same on the dense array. */
  readonly model: (x: Dense) => Dense;
}

/** A step that fits the shape it is given. */
export type StepMaker = (shape: Shape) => ViewStep;

/** Random views: a list of makers, since what fits depends on the shape that the steps before leave. */
export const viewChains: fc.Arbitrary<StepMaker[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom('permute', 'reshape', 'flip', 'slice', 'expand', 'select', 'unsqueeze'),
      fc.nat(),
      fc.nat(),
      fc.nat(),
    )
    .map(
      ([kind, a, b, c]): StepMaker =>
        (shape) =>
          stepOf(kind, shape, a, b, c),
    ),
  { minLength: 1, maxLength: 6 },
);

function stepOf(kind: string, shape: Shape, a: number, b: number, c: number): ViewStep {
  const rank = shape.length;
  const d = rank > 0 ? a % rank : 0;
  const n = shape[d] ?? 1;
  switch (kind) {
    case 'permute': {
      const order = shape.map((_, k) => k);
      for (let k = rank - 1; k > 0; k--) {
        const j = (a * (k + 7) + b) % (k + 1);
        [order[k], order[j]] = [order[j]!, order[k]!];
      }
      return step(
        `permute ${order}`,
        (x) => x.permute(order),
        order.map((k) => shape[k]!),
        (index) => {
          const from: number[] = [];
          for (const [k, axis] of order.entries()) from[axis] = index[k]!;
          return from;
        },
      );
    }
    case 'reshape': {
      const shapesThere = factorings(sizeOf(shape));
      const target = shapesThere[b % shapesThere.length]!;
      return {
        name: `reshape ${target}`,
        apply: (x) => x.reshape(target),
        model: ({ data }) => ({ shape: target, data }),
      };
    }
    case 'flip':
      return step(
        `flip ${d}`,
        (x) => x.flip(rank > 0 ? [d] : []),
        shape,
        (index) => index.map((i, k) => (k === d ? n - 1 - i : i)),
      );
    case 'slice': {
      if (rank === 0) break;
      const start = b % n;
      const end = start + 1 + (c % (n - start));
      const by = 1 + (a % 2);
      return step(
        `slice ${d} ${start}:${end}:${by}`,
        (x) => x.slice(d, start, end, by),
        shape.with(d, Math.ceil((end - start) / by)),
        (index) => index.map((i, k) => (k === d ? start + i * by : i)),
      );
    }
    case 'expand': {
      const target = [1 + (b % 2), ...shape.map((size) => (size === 1 ? 1 + (c % 3) : size))];
      return step(
        `expand ${target}`,
        (x) => x.expand(target),
        target,
        (index) => index.slice(1).map((i, k) => (shape[k] === 1 ? 0 : i)),
      );
    }
    case 'select': {
      if (rank === 0) break;
      const at = b % n;
      return step(
        `select ${d} ${at}`,
        (x) => x.select(d, at),
        shape.toSpliced(d, 1),
        (index) => index.toSpliced(d, 0, at),
      );
    }
    case 'unsqueeze': {
      const at = b % (rank + 1);
      return {
        name: `unsqueeze ${at}`,
        apply: (x) => x.unsqueeze(at),
        model: ({ data }) => ({ shape: shape.toSpliced(at, 0, 1), data }),
      };
    }
  }
  return { name: 'nothing', apply: (x) => x, model: (x) => x };
}

/** A view whose element at an index is its origin's element at `origin(index)`. */
function step(
  name: string,
  apply: (x: Tensor) => Tensor,
  target: Shape,
  origin: (index: number[]) => number[],
): ViewStep {
  return {
    name,
    apply,
    model: ({ shape, data }) => ({
      shape: target,
      data: Array.from({ length: sizeOf(target) }, (_, k) => {
        const from = origin(unravel(k, target));
        return data[from.reduce((at, i, d) => at * shape[d]! + i, 0)]!;
      }),
    }),
  };
}

function unravel(position: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = position % shape[d]!;
    position = Math.floor(position / shape[d]!);
  }
  return index;
}

/** Shapes with n elements. */
function factorings(n: number): number[][] {
  const divisors = Array.from({ length: n }, (_, k) => k + 1).filter((k) => n % k === 0);
  return [
    [n],
    ...divisors.map((k) => [k, n / k]),
    ...divisors.flatMap((k) => factorings2(n / k).map((rest) => [k, 1, ...rest])),
  ];
}

function factorings2(n: number): number[][] {
  return Array.from({ length: n }, (_, k) => k + 1)
    .filter((k) => n % k === 0)
    .map((k) => [k, n / k]);
}
