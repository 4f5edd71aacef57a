/** Laws that hold for all shapes, layouts and values. */

import { fc } from '@fast-check/vitest';
import {
  type AnyTensor,
  add,
  cat,
  DTypeError,
  type FloatDType,
  grad,
  logSoftmax,
  mul,
  ones,
  ShapeError,
  softmax,
  softmaxCrossEntropy,
  split,
  sub,
  type Tensor,
  tensor,
  where,
} from '@tapegrad/core';
import { worstDifference } from '@tapegrad/core/testing';
import { describe, expect, test } from 'vitest';
import { broadcastShapes } from '../../packages/core/src/shape.ts';
import type { OpCase } from '../cases/row.ts';
import { opCases } from '../ops.cases.ts';
import {
  arranged,
  broadcastableTo,
  type Dense,
  shapes,
  sizeOf,
  tensorsOf,
  viewChains,
} from '../support/arbitraries.ts';

const values = (x: AnyTensor): number[] => [...x.dataSync()];
const leaf = (x: Tensor): Tensor => {
  const y = x.detach();
  y.requiresGrad = true;
  return y;
};

function expectClose(found: AnyTensor, wanted: AnyTensor, tolerance = 1e-9): void {
  expect(found.shape).toEqual(wanted.shape);
  const { excess, index } = worstDifference(found.dataSync(), wanted.dataSync(), { rtol: tolerance, atol: tolerance });
  expect(excess, `element ${index} of\n${found}\nand\n${wanted}`).toBeLessThanOrEqual(0);
}

describe('broadcasting', () => {
  const operands = shapes()
    .chain((target) => fc.tuple(fc.constant(target), broadcastableTo(target), broadcastableTo(target)))
    .chain(([target, a, b]) =>
      fc.tuple(fc.constant(target), tensorsOf(a).chain(arranged), tensorsOf(b).chain(arranged)),
    );

  test('is expanding first', () => {
    fc.assert(
      fc.property(operands, ([, a, b]) => {
        const target = broadcastShapes('test', [a.shape, b.shape]);
        for (const op of [add, sub, mul]) {
          expect(values(op(a, b))).toEqual(values(op(a.expand(target), b.expand(target))));
          expect(op(a, b).shape).toEqual(target);
        }
        const mask = a.gt(b);
        expect(values(where(mask, a, b))).toEqual(values(where(mask, a.expand(target), b.expand(target))));
      }),
    );
  });

  test('gives an operand the sum of the gradients of its repetitions', () => {
    fc.assert(
      fc.property(operands, ([target, a, b]) => {
        const [x, y] = [leaf(a), leaf(b)];
        const wide = leaf(a.expand(target).contiguous());
        const g = grad(mul(x, y).expand(target).sum(), x);
        const gWide = grad(mul(wide, y).sum(), wide);
        const lead = target.length - a.rank;
        const repeated = target.flatMap((n, d) => (d < lead || (a.shape[d - lead] === 1 && n !== 1) ? [d] : []));
        const summed = repeated.length > 0 ? gWide.sum({ dim: repeated }) : gWide; // of no dimensions is of all
        expectClose(g, summed.reshape(a.shape));
      }),
    );
  });

  test('of shapes is commutative and associative, and refuses what does not fit in either order', () => {
    const result = (...list: number[][]): string => {
      try {
        return String(list.reduce((a, b) => [...broadcastShapes('test', [a, b])]));
      } catch (error) {
        expect(error).toBeInstanceOf(ShapeError);
        return 'refused';
      }
    };
    fc.assert(
      fc.property(shapes({ min: 0, max: 3 }), shapes({ min: 0, max: 3 }), shapes({ min: 0, max: 3 }), (a, b, c) => {
        expect(result(a, b)).toBe(result(b, a));
        expect(result(a, b, c)).toBe(result(c, b, a));
      }),
      { numRuns: 300 },
    );
  });
});

describe('views', () => {
  const tensors = shapes().chain(tensorsOf).chain(arranged);
  const chains = fc.tuple(tensors, viewChains);

  /** Runs a chain on a tensor and on the dense model of it. */
  function run([x, makers]: [Tensor, typeof viewChains extends fc.Arbitrary<infer M> ? M : never], data: number[]) {
    let [y, model]: [Tensor, Dense] = [x, { shape: x.shape, data }];
    const names: string[] = [];
    for (const make of makers) {
      const step = make(y.shape);
      if (sizeOf(step.model(model).shape) > 400) break;
      names.push(step.name);
      [y, model] = [step.apply(y), step.model(model)];
    }
    return { y, model, names };
  }

  test('read what a dense array would give, in any order and number', () => {
    fc.assert(
      fc.property(chains, ([x, makers]) => {
        const { y, model, names } = run([x, makers], values(x));
        expect(y.shape, names.join()).toEqual(model.shape);
        expect(values(y), names.join()).toEqual(model.data);
      }),
      { numRuns: 500 },
    );
  });

  test('send the gradient of each element back to where it came from', () => {
    fc.assert(
      fc.property(chains, fc.nat(), ([x, makers], seed) => {
        const source = leaf(x);
        const { y, model } = run(
          [source, makers],
          Array.from({ length: x.size }, (_, i) => i),
        );
        const cotangent = Float64Array.from({ length: y.size }, (_, i) => ((i * 7 + seed) % 31) - 15);
        const g = grad(y, source, { gradOutputs: tensor(cotangent).reshape(y.shape) as Tensor });
        const wanted = new Float64Array(x.size);
        model.data.forEach((from, i) => {
          wanted[from] = wanted[from]! + cotangent[i]!;
        });
        expect(values(g)).toEqual([...wanted]);
      }),
      { numRuns: 300 },
    );
  });

  test('permute and its inverse give the tensor back', () => {
    fc.assert(
      fc.property(tensors, fc.nat(), (x, seed) => {
        const order = x.shape.map((_, d) => d).sort((a, b) => ((a * 5 + seed) % 7) - ((b * 5 + seed) % 7) || a - b);
        const back = x.permute(order).permute(order.map((_, d) => order.indexOf(d)));
        expect([back.shape, back.strides]).toEqual([x.shape, x.strides]);
        expect(values(back)).toEqual(values(x));
      }),
    );
  });

  test('flip twice, reshape and back, unsqueeze and squeeze, pad and cut give the tensor back', () => {
    fc.assert(
      fc.property(tensors, fc.nat(), (x, n) => {
        const dims = x.shape.flatMap((_, d) => ((n >> d) % 2 ? [d] : []));
        expect(x.flip(dims).flip(dims).toArraySync()).toEqual(x.toArraySync());
        expect(x.reshape([-1]).reshape(x.shape).toArraySync()).toEqual(x.toArraySync());
        const at = n % (x.rank + 1);
        expect(x.unsqueeze(at).squeeze(at).toArraySync()).toEqual(x.toArraySync());
        const around = dims.flatMap(() => [1, 2]);
        expect(
          x
            .pad(around, 9)
            .pad(around.map((k) => -k))
            .toArraySync(),
        ).toEqual(x.toArraySync());
      }),
    );
  });

  test('what is split and joined again is the same', () => {
    const cuts = tensors
      .filter((x) => x.rank > 0)
      .chain((x) =>
        fc.tuple(fc.constant(x), fc.nat({ max: x.rank - 1 }), fc.nat({ max: 4 }), fc.integer({ min: 1, max: 4 })),
      );
    fc.assert(
      fc.property(cuts, ([x, dim, cut, size]) => {
        const n = x.shape[dim]!;
        const first = Math.min(cut, n);
        expect(cat(split(x, [first, n - first], dim), dim).toArraySync()).toEqual(x.toArraySync());
        expect(cat(split(x, size, dim), dim).toArraySync()).toEqual(x.toArraySync());
      }),
    );
  });

  test('slice takes positions as Python does', () => {
    const position = fc.integer({ min: -7, max: 7 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        position,
        fc.option(position, { nil: Infinity }),
        fc.integer({ min: 1, max: 3 }),
        (n, start, end, step) => {
          const list = Array.from({ length: n }, (_, i) => i);
          const wanted = list.slice(start, end).filter((_, i) => i % step === 0);
          expect(values(tensor(list).slice(0, start, end, step))).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('gradients', () => {
  const differentiable = opCases.filter((c) => {
    const inputs = c.inputs.map((make, k) => make(k));
    const isFloat = (x: AnyTensor): boolean => x.dtype === 'f64';
    return c.op !== 'dropout' && inputs.some(isFloat) && ([c.run(...inputs)].flat() as AnyTensor[]).some(isFloat);
  });

  test.each(differentiable.map((c): [string, OpCase] => [`${c.op} ${c.what}`, c]))(
    'are linear in the cotangent: %s',
    (_, c) => {
      const inputs = c.inputs.map((make, k) => make(k));
      for (const x of inputs) if (x.dtype === 'f64') x.requiresGrad = true;
      const sources = inputs.filter((x) => x.requiresGrad) as Tensor[];
      const outputs = ([c.run(...inputs)].flat() as Tensor[]).filter((y) => y.requiresGrad);
      if (outputs.length === 0) return;
      const cotangents = (step: number): Tensor[] =>
        outputs.map((y, k) => {
          const data = Float64Array.from({ length: y.size }, (__, i) => (((i + k) * step) % 13) / 4 - 1.5);
          return tensor(data).reshape(y.shape) as Tensor;
        });
      const pull = (gradOutputs: Tensor[]): (Tensor | null)[] =>
        grad(outputs, sources, { gradOutputs, retainGraph: true, allowUnused: true });
      const [u, v] = [cotangents(3), cotangents(5)];
      const [gu, gv] = [pull(u), pull(v)];
      const both = pull(u.map((x, k) => x.mul(2).sub(v[k]!.mul(0.5))));
      both.forEach((g, k) => {
        if (g) expectClose(g, gu[k]!.mul(2).sub(gv[k]!.mul(0.5)));
      });
    },
  );

  test('of gather is scatterAdd: both read the same inner product', () => {
    const cases = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }))
      .chain(([rows, columns, n]) =>
        fc.tuple(
          tensorsOf([rows, columns]).chain(arranged),
          tensorsOf([rows, n]).chain(arranged),
          fc.array(fc.nat({ max: columns - 1 }), { minLength: rows * n, maxLength: rows * n }),
        ),
      );
    fc.assert(
      fc.property(cases, ([x, y, positions]) => {
        const indices = tensor(Int32Array.from(positions)).reshape(y.shape);
        const there = x.gather(1, indices).mul(y).sum();
        const back = x.mul(x.mul(0).scatterAdd(1, indices, y)).sum();
        expect(there.itemSync()).toBe(back.itemSync());
      }),
    );
  });
});

describe('dtypes', () => {
  const floats: readonly FloatDType[] = ['f32', 'f64'];

  test('a plain number takes the dtype of the tensor beside it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...floats, 'i32' as const), fc.integer({ min: -9, max: 9 }), (dtype, number) => {
        const x = tensor([1, 2], { dtype: dtype as FloatDType });
        for (const y of [x.add(number), sub(number, x), x.mul(number), x.maximum(number), where(x.gt(1), x, number)])
          expect(y.dtype).toBe(dtype);
        expect(x.lt(number).dtype).toBe('bool');
      }),
    );
  });

  test('two dtypes do not mix, and the error names the cast', () => {
    const dtypes = ['f32', 'f64', 'i32'] as const;
    const ops = [add, sub, mul] as readonly ((a: Tensor, b: Tensor) => unknown)[];
    for (const a of dtypes) {
      for (const b of dtypes) {
        const [x, y] = [a, b].map((dtype) => tensor([1, 2], { dtype: dtype as FloatDType })) as [Tensor, Tensor];
        for (const op of ops) {
          if (a === b) expect((op(x, y) as Tensor).dtype).toBe(a);
          else {
            expect(() => op(x, y)).toThrow(DTypeError);
            expect(() => op(x, y)).toThrow(`given ${a} and ${b}; use .cast('${a === 'i32' ? b : a}')`);
          }
        }
      }
    }
  });

  test('a mask is no number, and the error names the cast', () => {
    expect(() => tensor([1]).add(tensor([true]) as unknown as Tensor)).toThrow(
      /argument 1 is bool: use \.cast\('f32'\)/,
    );
  });

  test('results keep the dtype of their inputs', () => {
    for (const dtype of floats) {
      const x = tensor([[1, 2]], { dtype });
      for (const y of [x.exp(), x.matmul(x.T), x.sum(), x.softmax(-1), x.T, x.pad([1, 1]), cat([x, x]), x.cumsum(0)])
        expect(y.dtype).toBe(dtype);
    }
    expect(tensor(Int32Array.of(1, 2)).sum().dtype).toBe('i32');
  });
});

describe('softmax', () => {
  const rows = fc.array(
    fc.array(fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(1e4, -1e4, 9_999.5, 0, -Infinity)), {
      minLength: 3,
      maxLength: 3,
    }),
    { minLength: 1, maxLength: 4 },
  );
  const open = rows.filter((list) => list.every((row) => row.some(Number.isFinite)));

  test.each(['f32', 'f64'] as const)('rows sum to 1, at logits of 1e4 and with -Infinity masks too (%s)', (dtype) => {
    const tolerance = dtype === 'f32' ? 1e-6 : 1e-12;
    fc.assert(
      fc.property(open, (list) => {
        const x = tensor(list, { dtype });
        const wanted = ones([list.length], { dtype });
        expectClose(softmax(x, 1).sum({ dim: 1 }), wanted, tolerance);
        expectClose(logSoftmax(x, 1).exp().sum({ dim: 1 }), wanted, tolerance);
      }),
    );
  });

  test('logSoftmax and softmax of f32 agree with f64 to f32 precision at large logits', () => {
    fc.assert(
      fc.property(open, (list) => {
        const rounded = tensor(list, { dtype: 'f32' });
        for (const f of [softmax, logSoftmax]) {
          expectClose(f(rounded, 1).cast('f64'), f(rounded.cast('f64'), 1), 1e-6);
        }
      }),
    );
  });

  test('logSumExp moves along with a shift of its inputs', () => {
    fc.assert(
      fc.property(open, fc.double({ min: -50, max: 50, noNaN: true }), (list, shift) => {
        const x = tensor(list, { dtype: 'f64' });
        expectClose(x.add(shift).logSumExp({ dim: 1 }), x.logSumExp({ dim: 1 }).add(shift));
      }),
    );
  });
});

describe('cross-entropy', () => {
  const C = 4;
  const probabilities = fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: C, maxLength: C })
    .map((weights) => tensor(weights, { dtype: 'f64' }))
    .map((weights) => weights.div(weights.sum()));
  const logits = fc
    .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 2 * C, maxLength: 2 * C })
    .map((list) => tensor(list, { dtype: 'f64' }).reshape([2, C]));
  const targets = fc.tuple(fc.nat({ max: C - 1 }), fc.nat({ max: C - 1 })).map((list) => tensor(Int32Array.from(list)));
  /** H(p, q) = - sum p log q, in nats. */
  const crossEntropy = (p: Tensor, q: Tensor): Tensor => p.mul(q.log()).sum().neg();

  test('H(p, q) = H(p) + KL(p || q), and is least where q = p', () => {
    fc.assert(
      fc.property(probabilities, probabilities, (p, q) => {
        const divergence = p.mul(p.log().sub(q.log())).sum();
        expectClose(crossEntropy(p, q), crossEntropy(p, p).add(divergence));
        expect(divergence.itemSync()).toBeGreaterThan(-1e-12);
      }),
    );
  });

  test('of logits is -log softmax at the target, and its gradient is softmax minus one-hot', () => {
    fc.assert(
      fc.property(logits, targets, (x, t) => {
        const source = leaf(x);
        const loss = softmaxCrossEntropy(source, t);
        expectClose(
          loss,
          logSoftmax(x, 1)
            .gather(1, t.reshape([2, 1]))
            .neg()
            .reshape([2]),
        );
        const hot = tensor(
          [0, 1].map((n) => Array.from({ length: C }, (_, c) => (t.dataSync()[n] === c ? 1 : 0))),
          { dtype: 'f64' },
        );
        expectClose(grad(loss.sum(), source), softmax(x, 1).sub(hot));
      }),
    );
  });

  test('of logits does not see a shift', () => {
    fc.assert(
      fc.property(logits, targets, fc.double({ min: -100, max: 100, noNaN: true }), (x, t, shift) => {
        expectClose(softmaxCrossEntropy(x.add(shift), t), softmaxCrossEntropy(x, t));
      }),
    );
  });

  test('2^bits = e^nats', () => {
    fc.assert(
      fc.property(logits, targets, (x, t) => {
        const nats = softmaxCrossEntropy(x, t).mean();
        const bits = nats.div(Math.LN2);
        expect(2 ** bits.itemSync() / Math.exp(nats.itemSync())).toBeCloseTo(1, 12);
        expect(bits.itemSync()).toBeCloseTo(
          x
            .softmax(1)
            .gather(1, t.reshape([2, 1]))
            .log2()
            .mean()
            .neg()
            .itemSync(),
          10,
        );
      }),
    );
  });

  test.each(['f32', 'f64'] as const)(
    'is finite at logits of 1e4 and beside -Infinity masks, gradients too (%s)',
    (dtype) => {
      const list = [
        [1e4, -1e4, 0, 9_999],
        [-1e4, -Infinity, -9_998, -Infinity],
        [-Infinity, 1e4, -Infinity, -Infinity],
      ];
      const x = tensor(list, { dtype, requiresGrad: true });
      const loss = softmaxCrossEntropy(x, tensor(Int32Array.of(3, 0, 1)));
      const wanted = [1 + Math.log1p(Math.exp(-1)), 2 + Math.log1p(Math.exp(-2)), 0];
      values(loss).forEach((v, i) => {
        expect(v).toBeCloseTo(wanted[i]!, 6);
      });
      expect(values(grad(loss.sum(), x)).every(Number.isFinite)).toBe(true);
    },
  );
});
