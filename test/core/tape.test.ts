/** The tape and its playback: what is recorded, in which order it runs back, and what is refused. */

import {
  type AnyTensor,
  arange,
  assign,
  DTypeError,
  defineOp,
  GradientError,
  grad,
  isRecording,
  lstm,
  noGrad,
  Parameter,
  ReleasedError,
  randn,
  ShapeError,
  scalar,
  scope,
  setDevice,
  softmaxCrossEntropy,
  split,
  type Tensor,
  tensor,
  trace,
  updateInPlace,
  zeros,
} from '@tapegrad/core';
import { gradcheck, gradgradcheck } from '@tapegrad/core/testing';
import { describe, expect, test } from 'vitest';

await setDevice('cpu'); // which has f64

const leaf = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'f64', requiresGrad: true });
const values = (x: AnyTensor | null): number[] => [...x!.dataSync()];
const close = (x: AnyTensor | null, wanted: readonly number[]): void => {
  const found = values(x);
  expect(found.length).toBe(wanted.length);
  found.forEach((v, i) => {
    expect(v).toBeCloseTo(wanted[i]!, 10);
  });
};

test('the angle at the origin has the gradient 0, as in PyTorch', () => {
  const [y, x] = [leaf([0, -0, 1]), leaf([0, 0, 0])];
  y.atan2(x).sum().backward();
  expect([values(y.grad), values(x.grad)]).toEqual([
    [0, 0, 0],
    [0, 0, -1],
  ]);
});

describe('recording', () => {
  test('happens where an input requires a gradient, and nowhere else', () => {
    const x = leaf([1, 2]);
    const data = tensor([3, 4], { dtype: 'f64' });
    expect(x.mul(data).requiresGrad).toBe(true);
    expect(data.mul(2).requiresGrad).toBe(false);
    expect(x.gt(0).requiresGrad).toBe(false);
    expect(x.argmax().requiresGrad).toBe(false);
    expect(x.detach().mul(2).requiresGrad).toBe(false);
  });

  test('stops inside of noGrad, and goes on inside of scope', () => {
    const x = leaf([1, 2]);
    expect(noGrad(() => [isRecording(), x.mul(2).requiresGrad, scope(() => x.mul(2).requiresGrad)])).toEqual([
      false,
      false,
      false,
    ]);
    expect(scope(() => [isRecording(), x.mul(2).requiresGrad])).toEqual([true, true]);
    expect(isRecording()).toBe(true);
  });

  test('is on again after an error inside of noGrad', () => {
    expect(() =>
      noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(isRecording()).toBe(true);
  });

  test('makes results that are no leaves, and a leaf can be frozen', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    expect([x.isLeaf, y.isLeaf]).toEqual([true, false]);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/only a leaf can stop requiring a gradient; use detach\(\)/);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });

  test('is for floats only', () => {
    const indices = tensor(Int32Array.of(1));
    expect(() => {
      indices.requiresGrad = true;
    }).toThrow(DTypeError);
    expect(() => tensor([true], { requiresGrad: true })).toThrow(/only floats have gradients; the tensor is bool/);
  });
});

describe('backward', () => {
  test('adds up the gradients of a tensor that is used more than once', () => {
    const x = leaf([1, 2, 3]);
    x.mul(x).add(x).mul(x).sum().backward(); // x^3 + x^2
    close(x.grad, [5, 16, 33]);
  });

  test('accumulates over two passes', () => {
    const x = leaf([1, 2]);
    x.mul(3).sum().backward();
    x.square().sum().backward();
    close(x.grad, [5, 7]);
  });

  test('takes the gradient of a tensor that is not a scalar', () => {
    const x = leaf([1, 2]);
    x.square().backward({ gradient: tensor([10, 1], { dtype: 'f64' }) });
    close(x.grad, [20, 4]);
  });

  test('of a leaf is 1', () => {
    const x = leaf(3);
    x.backward();
    close(x.grad, [1]);
  });

  test('leaves .grad of results and of data alone', () => {
    const x = leaf([1, 2]);
    const data = tensor([1, 2], { dtype: 'f64' });
    const y = x.mul(data);
    y.sum().backward();
    expect([y.grad, data.grad]).toEqual([null, null]);
  });

  test('keeps the gradient of a result that asked for it', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2).retainGrad();
    const loss = y.square().sum().retainGrad();
    loss.backward();
    close(y.grad, [4, 8]);
    close(loss.grad, [1]);
  });

  test('walks a chain of 10,000 operations without recursion', () => {
    const x = leaf([1]);
    let y: Tensor = x;
    for (let k = 0; k < 10_000; k++) y = y.add(0.001);
    y.mul(2).sum().backward();
    close(x.grad, [2]);
  });

  test('reaches a loss of 2^30 paths through 30 diamonds by visiting each node once', () => {
    const x = leaf([1]);
    let y: Tensor = x;
    for (let k = 0; k < 30; k++) y = y.add(y).mul(0.5);
    y.sum().backward();
    close(x.grad, [1]);
  });

  test('twice through a closed graph is an error that names the op and the remedies', () => {
    const x = leaf([2]);
    const loss = x.exp();
    loss.backward();
    expect(() => loss.backward()).toThrow(GradientError);
    expect(() => loss.backward()).toThrow(
      /^backward: the graph of this exp was closed by an earlier backward pass; pass \{ retainGraph: true \} to that one, or detach\(\) a state that is carried over/,
    );
    close(x.grad, [Math.exp(2)]);
  });

  test('twice with retainGraph accumulates', () => {
    const x = leaf([1, 2]);
    const loss = x.square().sum();
    loss.backward({ retainGraph: true });
    loss.backward();
    close(x.grad, [4, 8]);
  });

  test('through a tensor that was changed in place is an error that names the op and which input', () => {
    const x = new Parameter(tensor([1, 2]));
    const loss = x.add(1).mul(x).sum();
    assign(x, tensor([5, 6]));
    expect(() => loss.backward()).toThrow(GradientError);
    expect(() => loss.backward()).toThrow(/^backward: input 1 of mul was changed in place after the forward pass/);
  });

  test('after an optimizer step between the passes is an error too', () => {
    const x = new Parameter(tensor([1, 2]));
    const loss = x.square().sum();
    updateInPlace(
      scalar.program('halve', (p) => [scalar.mul(p, scalar.constant(0.5))], { into: [0] }),
      [x],
    );
    expect(() => loss.backward()).toThrow(/was changed in place after the forward pass \(by an optimizer or assign\)/);
  });

  test('through a view of a changed tensor, or a result that was changed through detach(), is an error too', () => {
    const x = new Parameter(tensor([1, 2]));
    const viewed = x.reshape([2, 1]).exp().sum();
    assign(x, tensor([5, 6]));
    expect(() => viewed.backward()).toThrow(/input 0 of (exp|reshape) was changed in place/);
    const y = leaf([1, 2]).exp();
    assign(y.detach(), zeros([2], { dtype: 'f64' }));
    expect(() => y.sum().backward()).toThrow(/output 0 of exp was changed in place/);
  });

  test('never comes to a released tensor: the forward pass cannot read it', () => {
    const x = tensor([1], { requiresGrad: true });
    let inner: Tensor | undefined;
    scope(() => {
      inner = randn([40, 40]);
    });
    expect(() => x.mul(inner!).sum().backward()).toThrow(ReleasedError);
  });

  test('of what requires no gradient, is not a scalar, or has another shape or dtype is an error', () => {
    const x = leaf([1, 2]);
    expect(() => tensor(1).backward()).toThrow(/^backward: the tensor requires no gradient/);
    expect(() => noGrad(() => x.sum()).backward()).toThrow(GradientError);
    expect(() => x.mul(2).backward()).toThrow(
      /^backward: expected a scalar, or its gradient as an option; the tensor is \[2\]: reduce it with sum\(\) or mean\(\)/,
    );
    expect(() => x.mul(2).backward({ gradient: tensor([1], { dtype: 'f64' }) })).toThrow(ShapeError);
    expect(() => x.mul(2).backward({ gradient: tensor([1, 1]) })).toThrow(
      /^backward: a gradient has its tensor's dtype: the tensor is f64, the gradient is f32: use \.cast\('f64'\)/,
    );
    expect(x.grad).toBe(null);
  });

  test('carries NaN and Infinity as they are', () => {
    const x = leaf([0, -1, 4]);
    x.sqrt().sum().backward();
    expect(values(x.grad)).toEqual([Infinity, NaN, 0.25]);
    const y = leaf([NaN, 1]);
    y.mul(2).sum().backward();
    close(y.grad, [2, 2]);
    const z = leaf([1, 2]);
    z.mul(tensor([NaN, 1], { dtype: 'f64' }))
      .sum()
      .backward();
    expect(values(z.grad)).toEqual([NaN, 1]);
  });

  test('does not let NaN of an unchosen branch through', () => {
    const x = leaf([-1, 4]);
    x.relu().sum().backward();
    close(x.grad, [0, 1]);
  });

  test('casts gradients back to the dtype of the input', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.cast('f64').square().cast('f32').sum().backward();
    expect(x.grad!.dtype).toBe('f32');
    close(x.grad, [2, 4]);
    expect(x.cast('i32').requiresGrad).toBe(false);
  });

  test('stops at detach()', () => {
    const x = leaf([1, 2]);
    x.mul(x.detach()).sum().backward();
    close(x.grad, [1, 2]);
  });
});

describe('changes in place', () => {
  const size = 64; // 4,096 elements: more than a kernel takes at a time
  const matrix = (): Tensor => arange(0, size * size, 1, { dtype: 'f64' }).reshape([size, size]) as Tensor;

  test('read an overlapping source as it was before', () => {
    const p = matrix();
    const wanted = values(p.T);
    assign(p, p.T);
    expect(values(p)).toEqual(wanted);
    const row = matrix().reshape([size * size]);
    const shifted = values(row.narrow(0, 0, 4000));
    assign(row.narrow(0, 1, 4000), row.narrow(0, 0, 4000));
    expect(values(row.narrow(0, 1, 4000))).toEqual(shifted);
  });

  test('read an overlapping operand of a program as it was before', () => {
    const p = matrix();
    const wanted = values(p.add(p.T));
    updateInPlace(
      scalar.program('symmetrise', (a, b) => [scalar.add(a, b)], { into: [0] }),
      [p, p.T],
    );
    expect(values(p)).toEqual(wanted);
  });

  test('refuse operands that do not broadcast to what is overwritten', () => {
    const ADD = scalar.program('add', (a, b) => [scalar.add(a, b)], { into: [0] });
    expect(() => updateInPlace(ADD, [leaf([1, 2, 3]), leaf([1, 2])])).toThrow(
      /^add: shapes do not broadcast: a is \[2\], b is \[3\]/,
    );
    expect(() => updateInPlace(ADD, [leaf([1]), leaf([1, 2, 3])])).toThrow(/^add: shapes differ: \[1\] and \[3\]/);
  });

  test('are for leaves alone, and of one shape', () => {
    const x = leaf([1, 2]);
    expect(() => assign(x.mul(2), x)).toThrow(/^assign: expected a leaf; given a tensor made by mul/);
    expect(() => assign(x, leaf([1]))).toThrow(/^assign: shapes differ: the target is \[2\], the source is \[1\]/);
  });
});

describe('grad', () => {
  test('returns gradients and leaves .grad alone', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    const [gx, gy] = grad(x.mul(y).sum(), [x, y]) as [Tensor, Tensor];
    close(gx, [3, 4]);
    close(gy, [1, 2]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  test('gives one tensor for one input', () => {
    const x = leaf([1, 2]);
    close(grad(x.square().sum(), x), [2, 4]);
  });

  test('takes a result in the middle as its input', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    close(grad(y.square().sum(), y), [4, 8]);
  });

  test('adds up several outputs, weighted by gradOutputs', () => {
    const x = leaf([1, 2]);
    const outputs = [x.square(), x.mul(3)];
    const gradOutputs = [tensor([1, 1], { dtype: 'f64' }), tensor([10, 100], { dtype: 'f64' })];
    close(grad(outputs, x, { gradOutputs }), [32, 304]);
  });

  test('computes no gradient that nobody asked for', () => {
    const calls: string[] = [];
    const product = defineOp({
      name: 'product',
      forward: ([a, b]) => a!.mul(b!),
      vjp: (g, [a, b]) => {
        const named = (name: string, gradient: () => Tensor) => (): Tensor => {
          calls.push(name);
          return gradient();
        };
        return [named('a', () => g.mul(b!)), named('b', () => g.mul(a!))];
      },
    });
    const [x, y] = [leaf([1]), leaf([2])];
    close(grad(product([x, y]).sum(), y), [1]);
    expect(calls).toEqual(['b']);
  });

  test('of an input that plays no part is an error, or null where that is allowed', () => {
    const [x, y] = [leaf([1]), leaf([2])];
    expect(() => grad(x.sum(), [x, y])).toThrow(
      /^grad: the outputs do not depend on input 1; pass \{ allowUnused: true \} to get null/,
    );
    expect(grad(x.mul(2).sum(), [x, y], { allowUnused: true })[1]).toBe(null);
  });

  test('of an input that requires no gradient is an error', () => {
    const x = leaf([1]);
    expect(() => grad(x.sum(), tensor([1]))).toThrow(/^grad: input 0 requires no gradient/);
  });

  test('of an output that is an input is the cotangent', () => {
    const x = leaf(2);
    close(grad(x, x), [1]);
  });

  test('of a view gives each element its own gradient', () => {
    const x = leaf([1, 2, 3]);
    const g = grad(x.expand([2, 3]), x, {
      gradOutputs: leaf([
        [1, 2, 3],
        [4, 5, 6],
      ]).detach(),
    });
    close(g, [5, 7, 9]);
  });
});

describe('gradients of gradients', () => {
  test('of x^3: 3 x^2, 6 x, 6', () => {
    const x = leaf([2, -1]);
    const g1 = grad(x.pow(3).sum(), x, { createGraph: true });
    const g2 = grad(g1.sum(), x, { createGraph: true });
    const g3 = grad(g2.sum(), x);
    close(g1, [12, 3]);
    close(g2, [12, -6]);
    close(g3, [6, 6]);
  });

  test('give Hessian-vector products', () => {
    const A = tensor(
      [
        [2, 1],
        [1, 3],
      ],
      { dtype: 'f64' },
    );
    const [x, v] = [leaf([1, 2]), tensor([1, -1], { dtype: 'f64' })];
    const g = grad(x.matmul(A).matmul(x).mul(0.5), x, { createGraph: true });
    close(grad(g.mul(v).sum(), x), [1, -2]); // A v
  });

  test('accumulate into .grad by backward with createGraph', () => {
    const x = leaf([2]);
    x.pow(3).sum().backward({ createGraph: true });
    const g = x.grad!;
    x.zeroGrad();
    g.sum().backward();
    close(x.grad, [12]);
  });

  test('need no retainGraph: createGraph leaves the graph open', () => {
    const x = leaf([1, 2]);
    const loss = x.exp().sum();
    close(grad(loss, x, { createGraph: true }), values(noGrad(() => x.exp())));
    close(grad(loss, x), values(noGrad(() => x.exp())));
  });

  test('are off without createGraph', () => {
    const x = leaf([1, 2]);
    expect(grad(x.exp().sum(), x).requiresGrad).toBe(false);
  });

  test.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['an LSTM', (x) => lstmOf(x).reduce((sum, y) => sum.add(y.square().sum()), tensor(0, { dtype: 'f64' })), [3, 2, 2]],
    [
      'cross-entropy',
      (x) =>
        softmaxCrossEntropy(x, tensor(Int32Array.of(1, 0)))
          .square()
          .sum(),
      [2, 3],
    ],
  ])('of %s, a fused op, equal those of its definition, and its first gradient too', (_, f, shape) => {
    const x = leaf(Array.from({ length: shape.reduce((a, b) => a * b) }, (__, i) => Math.sin(3 * i + 1))).reshape(
      shape,
    );
    const source = x.detach();
    source.requiresGrad = true;
    const fused = grad(f(source), source);
    const defined = grad(f(source), source, { createGraph: true });
    close(defined, values(fused));
    expect(defined.requiresGrad).toBe(true);
    gradgradcheck(f, [source]);
  });
});

/** A small LSTM with fixed weights. */
function lstmOf(x: Tensor): Tensor[] {
  return lstm(x, [cycle(2, 2), cycle(2, 2)], { weightIh: cycle(8, 2), weightHh: cycle(8, 2) });
}

test('a fused op keeps its inputs apart, where one was made from another', () => {
  const x = leaf([
    [
      [1, -1],
      [0.5, 0.3],
    ],
    [
      [0.3, 2],
      [-1, 1],
    ],
  ]);
  const f = (source: Tensor): Tensor => {
    const first = source.select(0, 0).tanh();
    const weights = {
      weightIh: first
        .matmul(source.reshape([2, 4]))
        .reshape([8, 1])
        .expand([8, 2]),
      weightHh: cycle(8, 2),
    };
    return lstm(source, [first, first.square()], weights)[0].square().sum();
  };
  const fused = grad(f(x), x);
  close(grad(f(x), x, { createGraph: true }), values(fused));
  gradcheck(f, [x]);
  gradgradcheck(f, [x]);
});

/** Fixed weights. */
function cycle(rows: number, columns: number): Tensor {
  return tensor(Float64Array.from({ length: rows * columns }, (_, i) => Math.cos(2 * i + 1))).reshape([
    rows,
    columns,
  ]) as Tensor;
}

describe('ops with several outputs', () => {
  test('collect the gradients of all that were used', () => {
    const x = leaf([1, 2, 3, 4]);
    const [a, b, c] = split(x, [1, 2, 1]) as [Tensor, Tensor, Tensor];
    a.sum().mul(10).add(c.sum().mul(3)).add(b.square().sum()).backward();
    close(x.grad, [10, 4, 6, 3]);
  });

  test('take an unused output as one with gradient 0', () => {
    const x = leaf([1, 2, 3]);
    const [, b] = split(x, 1) as [Tensor, Tensor];
    b.sum().backward();
    close(x.grad, [0, 1, 0]);
  });

  test('add up, whatever combination of outputs of an LSTM is used', () => {
    const x = leaf([
      [
        [1, -1],
        [0.5, 0],
      ],
      [
        [0.3, 2],
        [-1, 1],
      ],
    ]);
    const parts = [0, 1, 2].map((k) => grad(lstmOf(x)[k]!.sum(), x));
    const together = grad(
      lstmOf(x).map((y) => y.sum()),
      x,
    );
    close(together, values(parts.reduce((a, b) => a.add(b))));
  });
});

describe('hooks', () => {
  test('see a complete gradient, once, users before arguments', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const seen: [string, number[]][] = [];
    x.registerHook((g) => void seen.push(['x', values(g)]));
    y.registerHook((g) => void seen.push(['y', values(g)]));
    y.mul(y).sum().backward();
    expect(seen).toEqual([
      ['y', [4, 8]],
      ['x', [8, 16]],
    ]);
  });

  test('run in the order of registration, and may replace the gradient that flows on', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    y.registerHook((g) => g.mul(10));
    y.registerHook((g) => g.add(1));
    y.sum().backward();
    close(x.grad, [22, 22]);
  });

  test('run before the gradient is accumulated, for leaves and for retained results', () => {
    const x = leaf([1]);
    const y = x.mul(2).retainGrad();
    x.registerHook((g) => g.neg());
    y.registerHook((g) => g.mul(5));
    y.sum().backward();
    close(y.grad, [5]);
    close(x.grad, [-10]);
  });

  test('can be removed, also while they run', () => {
    const x = leaf([1]);
    const seen: string[] = [];
    const remove = x.registerHook(() => {
      seen.push('once');
      remove();
      return undefined;
    });
    x.registerHook(() => void seen.push('always'));
    x.mul(2).sum().backward();
    x.mul(2).sum().backward();
    expect(seen).toEqual(['once', 'always', 'always']);
    remove();
  });

  test('run for grad() too', () => {
    const x = leaf([1, 2]);
    x.registerHook((g) => g.mul(3));
    close(grad(x.square().sum(), x), [6, 12]);
  });

  test('that return another shape are an error that names both', () => {
    const x = leaf([1, 2]);
    x.registerHook(() => tensor([1, 2, 3], { dtype: 'f64' }));
    expect(() => x.mul(2).sum().backward()).toThrow(
      /^backward: a hook returned a gradient \[3\]; expected the tensor's shape \[2\]/,
    );
  });

  test('after accumulation see .grad as it then is', () => {
    const x = leaf([1, 2]);
    const seen: number[][] = [];
    const remove = x.registerPostAccumulateGradHook((p) => void seen.push(values(p.grad)));
    x.mul(2).sum().backward();
    x.mul(3).sum().backward();
    remove();
    x.mul(4).sum().backward();
    expect(seen).toEqual([
      [2, 2],
      [5, 5],
    ]);
  });

  test('after accumulation may update the parameter: nothing that still runs reads it', () => {
    const [w, v] = [leaf([1, 2]), leaf([3, 4])];
    for (const p of [w, v]) {
      p.registerPostAccumulateGradHook((q) => {
        assign(q, q.sub(q.grad!));
        q.zeroGrad();
      });
    }
    v.mul(w.mul(2)).sum().backward();
    close(w, [1 - 6, 2 - 8]);
    close(v, [3 - 2, 4 - 4]);
  });

  test('are refused where no gradient will come', () => {
    expect(() => tensor([1]).registerHook((g) => g)).toThrow(GradientError);
    expect(() => tensor([1]).retainGrad()).toThrow(GradientError);
    expect(() =>
      leaf([1])
        .mul(2)
        .registerPostAccumulateGradHook(() => {}),
    ).toThrow(/expected a leaf/);
  });
});

describe('defineOp', () => {
  const cube = defineOp({
    name: 'cube',
    forward: ([x]) => x!.mul(x!).mul(x!),
    vjp: (g, [x]) => [() => g.mul(x!).mul(x!).mul(3)],
  });

  test('gives an operation with gradients of every order that its vjp has', () => {
    gradcheck((x) => cube([x]), [tensor([1, -2])]);
    gradgradcheck((x) => cube([x]), [tensor([1, -2])]);
    expect(String(cube([leaf([2])]))).toContain('gradFn=<cube>');
  });

  test('may use its output and attributes', () => {
    const scaledExp = defineOp<{ readonly rate: number }>({
      name: 'scaledExp',
      forward: ([x], { rate }) => x!.mul(rate).exp(),
      vjp: (g, _, y, { rate }) => [() => g.mul(y).mul(rate)],
    });
    gradgradcheck((x) => scaledExp([x], { rate: 0.5 }), [tensor([1, -2])]);
  });

  test('may return an input: a gradient reversal', () => {
    const reverse = defineOp({ name: 'reverse', forward: ([x]) => x!, vjp: (g) => [() => g.neg()] });
    const x = leaf([1, 2]);
    const y = reverse([x.mul(2)]);
    reverse([x]).sum().add(y.sum()).backward();
    close(x.grad, [-3, -3]);
    expect(x.isLeaf).toBe(true);
  });

  test('with a wrong vjp fails its check, which names the entry', () => {
    const wrong = defineOp({ name: 'wrong', forward: ([x]) => x!.square(), vjp: (g, [x]) => [() => g.mul(x!)] });
    expect(() => gradcheck((x) => wrong([x]), [tensor([1, 3])])).toThrow(
      /the derivative along entry \[1\] of input 0 is -?\d.* on the tape, -?\d.* by finite differences/,
    );
  });

  test('with a gradient of another shape is an error that names the op', () => {
    const wrong = defineOp({ name: 'wrong', forward: ([x]) => x!.sum(), vjp: (g) => [() => g] });
    expect(() => wrong([leaf([1, 2])]).backward()).toThrow(
      /^wrong: its vjp gave input 0 a gradient \[\]; expected the input's shape \[2\]/,
    );
  });

  test('an exception in a vjp leaves the tape usable', () => {
    let fails = true;
    const flaky = defineOp({
      name: 'flaky',
      forward: ([x]) => x!.mul(2),
      vjp: (g) => [
        () => {
          if (fails) throw new Error('not today');
          return g.mul(2);
        },
      ],
    });
    const x = leaf([1, 2]);
    const loss = flaky([x.mul(3)]).sum();
    expect(() => loss.backward()).toThrow('not today');
    expect([x.grad, isRecording()]).toEqual([null, true]);
    fails = false;
    loss.backward();
    close(x.grad, [6, 6]);
  });
});

describe('trace', () => {
  test('shows the graph, oldest first, with names for leaves and results', () => {
    const [x, w] = [leaf([[1, 2]]), leaf([[1], [2]])];
    expect(String(trace(x.matmul(w).tanh().sum()))).toBe(
      't0 [1, 1] = matmul(x0 [1, 2], x1 [2, 1])\nt1 [1, 1] = tanh(t0 [1, 1])\nt2 [] = sum(t1 [1, 1])',
    );
  });

  test('names a tensor once, however often it is read, and every root', () => {
    const x = leaf([1]);
    const y = x.mul(x);
    const seen = trace(y, y.add(x), x);
    expect(seen.roots).toEqual(['t0', 't1', 'x0']);
    expect(seen.nodes).toEqual([
      { op: 'mul', inputs: ['x0', 'x0'], outputs: ['t0'] },
      { op: 'add', inputs: ['t0', 'x0'], outputs: ['t1'] },
    ]);
    expect(seen.tensors.map(({ id, isLeaf, requiresGrad, dtype }) => [id, isLeaf, requiresGrad, dtype])).toEqual([
      ['x0', true, true, 'f64'],
      ['t0', false, true, 'f64'],
      ['t1', false, true, 'f64'],
    ]);
  });

  test('is a snapshot, which neither a later pass nor a caller can change', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2).sum();
    const seen = trace(y);
    const before = String(seen);
    const copy = JSON.stringify(seen);
    y.backward();
    assign(x, tensor([5, 6]));
    expect([String(seen), JSON.stringify(seen)]).toEqual([before, copy]);
    const parts = [seen, seen.nodes, seen.tensors, seen.roots, seen.nodes[0]!.inputs, seen.tensors[0]!.shape];
    for (const part of [...parts, ...seen.nodes, ...seen.tensors]) expect(Object.isFrozen(part)).toBe(true);
  });

  test('of data is the data alone', () => {
    expect(trace(tensor([1])).nodes).toEqual([]);
  });
});
