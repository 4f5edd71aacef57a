/**
 * Who owns which memory, a group of tests per row of the ownership table (docs/architecture.md), and the loops that must
 * stay flat without anybody freeing anything.
 */

import {
  ArgumentError,
  cat,
  deviceInfo,
  dropout,
  embedding,
  full,
  GradientError,
  grad,
  keep,
  lstm,
  manualSeed,
  noGrad,
  Parameter,
  type PoolStats,
  ReleasedError,
  rand,
  randn,
  scalar,
  scope,
  setDevice,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  updateInPlace,
  zeros,
} from '@tapegrad/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { garbageCollector, settling } from '../support/garbage-collector.ts';

await setDevice('cpu'); // where statistics tell what the engine has collected; see wasm/memory.test.ts for the other

const LARGE = [40, 40]; // 6,400 bytes of f32: above the 4 KiB from which memory is pooled
const SMALL = [10, 10];

const memory = (): PoolStats => deviceInfo('cpu').memory;
const inUse = (): number => memory().bytesInUse;
const parameter = (shape: readonly number[]): Parameter => new Parameter(randn(shape).mul(0.2));

/** p := p - rate g */
const SGD = scalar.program('sgd', (p, g) => [scalar.sub(p, scalar.mul(scalar.uniform(0), g))], { into: [0] });
const sgdStep = (parameters: readonly Tensor[], rate = 0.01): void => {
  for (const p of parameters) if (p.grad) updateInPlace(SGD, [p, p.grad], [rate]);
};

beforeEach(() => {
  manualSeed(1);
});

describe('what the tape recorded belongs to its graph', () => {
  test('it stays readable after backward, until a parameter of the graph is recorded again', () => {
    const w = parameter(LARGE);
    const hidden = randn(LARGE).matmul(w);
    hidden.square().mean().backward();
    const before = hidden.dataSync();
    noGrad(() => w.mul(2));
    expect(hidden.dataSync()).toEqual(before);
    w.mul(2);
    expect(() => hidden.dataSync()).toThrow(ReleasedError);
  });

  test('reading it then names the op that made it, its size, and the remedies', () => {
    const w = parameter(LARGE);
    const hidden = randn(LARGE).matmul(w);
    hidden.sum().backward();
    w.mul(2);
    expect(() => hidden.dataSync()).toThrow(
      /a tensor made by matmul \(f32, 1600 elements\) is read after its memory was reused: it belonged to a graph that backward\(\) closed.*keep\(x\).*detach\(\)/,
    );
    expect(() => hidden.add(1)).toThrow(ReleasedError);
    expect(() => String(hidden)).toThrow(ReleasedError);
  });

  test('its memory goes back to the pool', () => {
    const w = parameter(LARGE);
    const x = randn(LARGE);
    const pass = (): Tensor => x.mul(w).tanh().sum();
    pass().backward();
    const second = pass(); // the first graph expires when this one begins
    const during = inUse();
    second.backward();
    const third = pass();
    expect(inUse()).toBe(during);
    third.backward();
  });

  test('small ones never expire', () => {
    const w = parameter([30, 30]); // 3,600 bytes
    const seen: Tensor[] = [];
    for (let step = 0; step < 5; step++) {
      const hidden = randn([30, 30]).matmul(w).square();
      const loss = hidden.mean();
      loss.backward();
      seen.push(hidden, loss);
    }
    for (const x of seen) expect(x.mean().itemSync()).toBeGreaterThan(0);
  });

  test('the next forward pass of another model does not touch it', () => {
    const [mine, other] = [parameter(LARGE), parameter(LARGE)];
    const hidden = mine.mul(2);
    hidden.sum().backward();
    other.mul(2).sum().backward();
    other.mul(3).sum().backward();
    expect(hidden.dataSync().length).toBe(1600);
  });

  test('two forward passes of one model are two graphs: each can be played back', () => {
    const w = parameter(LARGE);
    const [first, second] = [w.square().sum(), w.mul(3).sum()];
    first.backward();
    second.backward();
    expect(w.grad!.sub(w.mul(2).add(3)).abs().amax().itemSync()).toBeLessThan(1e-6);
  });

  test.each([0, 1])('graphs that meet are one: it closes as a whole, and parameter %i ends it', (which) => {
    const [a, b] = [parameter(LARGE), parameter(LARGE)];
    const [x, y] = [a.mul(2), b.mul(2)];
    x.add(y).sum().backward();
    expect(() => x.sum().backward()).toThrow(GradientError);
    expect(x.dataSync().length + y.dataSync().length).toBe(3200);
    [a, b][which]!.mul(2);
    for (const z of [x, y]) expect(() => z.dataSync()).toThrow(ReleasedError);
  });

  test('a loss that is held does not hold its graph', async () => {
    const collect = await garbageCollector();
    const w = parameter(LARGE);
    const pass = (): [Tensor, WeakRef<Tensor>] => {
      const hidden = w.mul(2);
      const loss = hidden.sum();
      loss.backward();
      return [loss, new WeakRef(hidden)];
    };
    const [loss, hidden] = pass();
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
    expect(hidden.deref()).toBe(undefined);
    expect(loss.itemSync()).not.toBeNaN();
  });

  test('with retainGraph it survives the next forward pass', () => {
    const w = parameter(LARGE);
    const hidden = w.mul(2);
    const loss = hidden.square().sum();
    loss.backward({ retainGraph: true });
    w.mul(3);
    expect(hidden.dataSync().length).toBe(1600);
    loss.backward();
  });

  test('keep() lets it live on', () => {
    const w = parameter(LARGE);
    const hidden = keep(w.mul(2));
    hidden.sum().backward();
    w.mul(3);
    expect(hidden.dataSync()).toEqual(noGrad(() => w.mul(2)).dataSync());
  });

  test('a state that is detached outlives its graph, also as a view of a part', () => {
    const w = parameter(LARGE);
    let state = zeros(LARGE);
    let last = zeros([40]);
    for (let step = 0; step < 4; step++) {
      const next = state.add(w).tanh();
      state = next.detach();
      last = next.exp().select(0, 39).detach();
      next.sum().backward();
    }
    expect(state.dataSync().length).toBe(1600);
    expect(last.dataSync()).toEqual(state.exp().select(0, 39).dataSync());
  });

  test('a state that is carried over without detach() is an error that says so', () => {
    const w = parameter(LARGE);
    const state = w.tanh();
    state.sum().backward();
    const next = state.mul(w);
    expect(() => next.sum().backward()).toThrow(GradientError);
    expect(() => next.sum().backward()).toThrow(/closed by an earlier backward pass.*retainGraph.*detach\(\)/);
  });

  test('grad() closes a graph as backward() does', () => {
    const w = parameter(LARGE);
    const hidden = w.mul(2);
    grad(hidden.sum(), w);
    w.mul(3);
    expect(() => hidden.dataSync()).toThrow(ReleasedError);
  });
});

describe('temporaries of a backward pass belong to playback', () => {
  const x = randn(LARGE);

  test('all are given back when it ends', () => {
    const [w, v] = [parameter(LARGE), parameter(LARGE)];
    const loss = (): Tensor => x.matmul(w).tanh().matmul(v).softmax(1).square().sum();
    loss().backward(); // makes the gradients' own memory
    const next = loss();
    const before = inUse();
    next.backward();
    expect(inUse()).toBe(before);
  });

  test('grad() adds what it returns, and no more', () => {
    const w = parameter(LARGE);
    const loss = x.matmul(w).tanh().square().sum();
    const before = inUse();
    const g = grad(loss, w);
    expect(inUse() - before).toBe(8192 - 1024); // the bucket of 6,400 bytes
    expect(g.dataSync().length).toBe(1600);
  });

  test('they go back while it runs: the peak of a long chain does not grow with its length', () => {
    const w = parameter(LARGE);
    const peakOf = (length: number): number => {
      let y: Tensor = w;
      for (let k = 0; k < length; k++) y = y.mul(1.01);
      let peak = 0;
      w.registerHook(() => {
        peak = inUse();
        return undefined;
      });
      const loss = y.sum();
      const before = inUse();
      loss.backward();
      return peak - before;
    };
    peakOf(2);
    expect(peakOf(200)).toBe(peakOf(20));
  });

  test('the gradient of a leaf goes back once it is added up: many parameters need no more memory than few', () => {
    const peakOf = (count: number): number => {
      const parameters = Array.from({ length: count }, () => parameter(LARGE));
      for (const p of parameters) p.grad = zeros(LARGE);
      let loss: Tensor = zeros([]);
      let peak = 0;
      for (const p of parameters) loss = loss.add(p.square().sum());
      parameters[0]!.registerHook(() => {
        peak = inUse();
        return undefined;
      });
      const before = inUse();
      loss.backward();
      return peak - before;
    };
    expect(peakOf(50)).toBe(peakOf(5));
  });

  test('they are given back when it fails, and the tape is as it was', () => {
    const w = parameter(LARGE);
    w.grad = zeros(LARGE);
    const loss = w.mul(2).exp().sum();
    const remove = w.registerHook(() => {
      throw new Error('stop');
    });
    const before = inUse();
    expect(() => loss.backward()).toThrow('stop');
    expect(inUse()).toBe(before);
    remove();
    loss.backward();
    expect(
      w
        .grad!.sub(noGrad(() => w.mul(2).exp().mul(2)))
        .abs()
        .amax()
        .itemSync(),
    ).toBeLessThan(1e-5);
  });

  test('a gradient that a hook holds on to without keep() is gone, and the error says what to do', () => {
    const w = parameter(LARGE);
    const held: Tensor[] = [];
    w.mul(2)
      .exp()
      .registerHook((g) => void held.push(g));
    const y = w.mul(2);
    y.registerHook((g) => void held.push(g, keep(g.mul(1))));
    y.exp().sum().backward();
    expect(() => held[0]!.dataSync()).toThrow(/was a temporary of a backward pass; take keep\(g\) in the hook/);
    expect(held[1]!.dataSync().length).toBe(1600);
  });

  test('with createGraph they live on, and go back with the graph of the second pass', () => {
    const w = parameter(LARGE);
    const twice = (): Tensor => {
      const g = grad(w.tanh().square().sum(), w, { createGraph: true });
      return g.square().sum();
    };
    twice().backward();
    twice().backward();
    const third = twice();
    const during = inUse();
    third.backward();
    const fourth = twice();
    expect(inUse()).toBe(during);
    fourth.backward();
  });
});

describe("a parameter's gradient is one storage for life", () => {
  test('zeroGrad() makes it null, the next backward pass overwrites it, later ones add', () => {
    const w = new Parameter(tensor([1, 2]));
    expect(w.grad).toBe(null);
    w.mul(2).sum().backward();
    const { storage } = w.grad!;
    expect(w.grad!.toArraySync()).toEqual([2, 2]);
    w.mul(3).sum().backward();
    expect(w.grad!.toArraySync()).toEqual([5, 5]);
    w.zeroGrad();
    expect(w.grad).toBe(null);
    w.mul(w).sum().backward();
    expect(w.grad!.toArraySync()).toEqual([2, 4]);
    expect(w.grad!.storage).toBe(storage);
  });

  test('it survives blocks, graphs and steps', () => {
    const w = parameter(LARGE);
    scope(() => w.square().sum().backward());
    const { storage } = w.grad!;
    noGrad(() => sgdStep([w]));
    w.square().sum().backward();
    expect(w.grad!.storage).toBe(storage);
    expect(w.grad!.dataSync().length).toBe(1600);
  });

  test('it takes the memory of what a backward pass made, and gives its own back; views of it see the new values', () => {
    const w = parameter(LARGE);
    const step = (factor: number): void => {
      w.zeroGrad();
      w.mul(factor).sum().backward();
    };
    step(2);
    const view = w.grad!.reshape([-1]);
    step(3);
    const before = inUse();
    step(4);
    expect(inUse()).toBe(before);
    expect(view.dataSync().slice(0, 2)).toEqual(Float32Array.of(4, 4));
  });

  test('a gradient that a hook saw, and did not keep, says what became of it', () => {
    const w = new Parameter(tensor([1, 2]));
    let seen: Tensor | undefined;
    w.registerHook((g) => {
      seen = g;
      return undefined;
    });
    w.square().sum().backward();
    expect(w.grad!.toArraySync()).toEqual([2, 4]);
    expect(() => seen!.dataSync()).toThrow(/became the gradient of a leaf; take keep\(g\) in the hook/);
  });

  test('a gradient that two leaves share is copied', () => {
    const [a, b] = [new Parameter(tensor([1, 2])), new Parameter(tensor([3, 4]))];
    a.add(b).square().sum().backward();
    a.sum().backward();
    expect(a.grad!.toArraySync()).toEqual([9, 13]);
    expect(b.grad!.toArraySync()).toEqual([8, 12]);
  });

  test('it has memory of its own, also where the gradient is a view of one number or of the cotangent', () => {
    const w = new Parameter(tensor([1, 2, 3]));
    w.sum().backward({ createGraph: true });
    w.mul(tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(w.grad!.toArraySync()).toEqual([2, 3, 4]);
    const cotangent = tensor([1, 1, 1]);
    w.zeroGrad();
    w.reshape([3]).backward({ gradient: cotangent });
    w.reshape([3]).backward({ gradient: cotangent });
    expect(w.grad!.toArraySync()).toEqual([2, 2, 2]);
    expect(cotangent.toArraySync()).toEqual([1, 1, 1]);
  });

  test('a gradient on the tape gives way to one in memory of its own', () => {
    const w = new Parameter(tensor([1, 2]));
    w.pow(3).sum().backward({ createGraph: true });
    w.grad!.sum().backward(); // adds d(3 w^2) = 6 w
    expect(w.grad!.toArraySync()).toEqual([9, 24]);
    w.sum().backward();
    expect(w.grad!.toArraySync()).toEqual([10, 25]);
    expect(w.grad!.isLeaf).toBe(true);
  });

  test('it can be set, by a copy, and must have the shape of its tensor', () => {
    const w = new Parameter(tensor([1, 2]));
    const given = tensor([3, 4]);
    w.grad = given;
    expect(w.grad!.buffer).not.toBe(given.buffer);
    expect(w.grad!.toArraySync()).toEqual([3, 4]);
    expect(() => {
      w.grad = tensor([1]);
    }).toThrow(/grad: a gradient has its tensor's shape and dtype: given f32 \[1\], the tensor is f32 \[2\]/);
  });
});

describe('what is made inside of noGrad() or scope() belongs to the block', () => {
  test.each([
    ['noGrad', noGrad],
    ['scope', scope],
  ])('%s gives back all that it neither returns nor keeps', (name, block) => {
    const before = inUse();
    let lost: Tensor | undefined;
    let kept: Tensor | undefined;
    const result = block(() => {
      lost = zeros(LARGE).add(1);
      kept = keep(lost.add(1));
      return lost.add(2);
    });
    expect(inUse() - before).toBe(2 * 7168);
    expect(result.dataSync()[0]).toBe(3);
    expect(kept!.dataSync()[0]).toBe(2);
    expect(() => lost!.dataSync()).toThrow(
      new RegExp(`a tensor made by add .* was made inside of ${name}\\(fn\\), which has ended and did not return it`),
    );
  });

  test('tensors in returned arrays, objects, maps and sets live on, at any depth', () => {
    const make = (): Tensor => zeros(LARGE);
    const result = scope(() => ({
      list: [make(), [make()]],
      map: new Map([['a', { inner: make() }]]),
      set: new Set([make()]),
      none: null,
      number: 1,
    }));
    const [first, [second]] = result.list as [Tensor, [Tensor]];
    for (const x of [first, second, result.map.get('a')!.inner, ...result.set]) expect(x.dataSync().length).toBe(1600);
  });

  test('a returned object may refer to itself', () => {
    const result = scope(() => {
      const made: { x: Tensor; self?: unknown } = { x: zeros(LARGE) };
      made.self = made;
      return made;
    });
    expect(result.x.dataSync().length).toBe(1600);
  });

  test('a returned view keeps the memory that it looks at', () => {
    const row = scope(() => zeros(LARGE).add(1).select(0, 3));
    expect(row.dataSync()[0]).toBe(1);
  });

  test('objects of a class are not looked into: keep() what they hold', () => {
    class Holder {
      readonly lost = zeros(LARGE);
      readonly kept = keep(zeros(LARGE));
    }
    const holder = scope(() => new Holder());
    expect(() => holder.lost.dataSync()).toThrow(ReleasedError);
    expect(holder.kept.dataSync().length).toBe(1600);
  });

  test('nested blocks hand over to the outer one', () => {
    const before = inUse();
    let inner: Tensor | undefined;
    const outer = scope(() => {
      inner = noGrad(() => zeros(LARGE).add(1));
      return inner.add(1);
    });
    expect(() => inner!.dataSync()).toThrow(ReleasedError);
    expect(outer.dataSync()[0]).toBe(2);
    expect(inUse() - before).toBe(7168);
  });

  test('an error inside gives everything back, and closes the block', () => {
    const before = inUse();
    expect(() =>
      scope(() => {
        noGrad(() => {
          zeros(LARGE).add(1);
          throw new Error('inside');
        });
      }),
    ).toThrow('inside');
    expect(inUse()).toBe(before);
    const after = zeros(LARGE);
    const w = parameter(SMALL);
    expect(w.mul(2).requiresGrad).toBe(true);
    expect(after.dataSync().length).toBe(1600);
  });

  test('an async function is refused, since no block sees its end', () => {
    for (const block of [noGrad, scope]) {
      expect(() => block(async () => zeros(LARGE))).toThrow(ArgumentError);
      expect(() => block(async () => 1)).toThrow(/the function is async.*pass a synchronous function/);
    }
  });

  test('parameters that are made inside live on', () => {
    class Model {
      readonly weight = new Parameter(zeros(LARGE));
    }
    const model = noGrad(() => new Model());
    expect(model.weight.dataSync().length).toBe(1600);
  });

  test('data that an outliving graph recorded stays for its backward pass', () => {
    const w = parameter(LARGE);
    const loss = scope(() => randn(LARGE).mul(w).sum());
    loss.backward();
    expect(w.grad!.dataSync().length).toBe(1600);
  });

  test('a leaf that an outliving graph recorded stays for its backward pass', () => {
    let x: Tensor | undefined;
    const loss = scope(() => {
      x = randn(LARGE, { requiresGrad: true });
      return x.square().sum();
    });
    loss.backward();
    for (const _ of 'again') expect(x!.grad!.dataSync()).toEqual(x!.mul(2).dataSync());
  });

  test('data that an outliving graph recorded goes back with that graph', () => {
    const w = parameter(LARGE);
    let data: Tensor | undefined;
    const loss = scope(() => {
      data = randn(LARGE);
      return data.mul(w).sum();
    });
    loss.backward();
    expect(data!.dataSync()).toEqual(w.grad!.dataSync());
    w.mul(2);
    expect(() => data!.dataSync()).toThrow(/belonged to a graph that backward\(\) closed/);
  });

  test('data that two graphs recorded stays for the backward pass of each', () => {
    const [w, v] = [parameter(LARGE), parameter(LARGE)];
    let data: Tensor | undefined;
    const [first, second] = scope(() => {
      data = randn(LARGE);
      return [data.mul(w).sum(), data.mul(v).sum()];
    });
    first!.backward();
    w.mul(2); // ends the first graph
    second!.backward();
    expect(v.grad!.dataSync()).toEqual(w.grad!.dataSync());
    expect(data!.dataSync()).toEqual(w.grad!.dataSync());
    v.mul(2);
    expect(() => data!.dataSync()).toThrow(ReleasedError);
  });

  test('results of grad() inside belong to the block', () => {
    const w = parameter(LARGE);
    let lost: Tensor | undefined;
    const kept = scope(() => {
      lost = grad(w.square().sum(), w);
      return grad(w.square().sum(), w);
    });
    expect(() => lost!.dataSync()).toThrow(ReleasedError);
    expect(kept.dataSync().length).toBe(1600);
  });

  test('what was recorded inside belongs to its graph, and can be played back outside', () => {
    const w = parameter(LARGE);
    const hidden = scope(() => w.mul(2).tanh().exp());
    hidden.sum().backward();
    expect(w.grad!.dataSync().some((g) => g !== 0)).toBe(true);
  });

  test('a loop inside of one block remembers no closed graph', () => {
    scope(() => {
      const w = parameter(SMALL);
      const data = randn(SMALL);
      for (let step = 0; step < 50; step++) data.mul(w).sum().backward();
      expect(data.storage.users!.length).toBeLessThan(3);
    });
  });
});

describe('everything else belongs to whoever holds it', () => {
  test('data and results outside of a block are never taken back', () => {
    const data = randn(LARGE);
    const doubled = data.mul(2);
    const w = parameter(LARGE);
    for (let step = 0; step < 3; step++) data.mul(w).sum().backward();
    expect(doubled.dataSync()[7]).toBe(data.dataSync()[7]! * 2);
  });

  test('a graph that never saw a backward pass stays readable', () => {
    const w = parameter(LARGE);
    const hidden = w.mul(2);
    for (let step = 0; step < 3; step++) w.mul(3).sum().backward();
    expect(hidden.dataSync().length).toBe(1600);
  });

  test('what nobody holds is counted out once the engine has collected it', async () => {
    const settle = await settling();
    await settle();
    const before = memory();
    (() => {
      for (let k = 0; k < 50; k++) zeros(LARGE).add(k);
    })();
    expect(memory().blocksInUse - before.blocksInUse).toBe(100);
    await settle();
    expect(memory().blocksInUse - before.blocksInUse).toBeLessThan(10);
  });

  test('what went back to the pool is not counted out again when it is collected', async () => {
    const [collect, settle] = [await garbageCollector(), () => new Promise((resolve) => setTimeout(resolve, 5))];
    const held = zeros(LARGE);
    collect();
    await settle();
    const before = memory().blocksInUse;
    for (let k = 0; k < 20; k++) scope(() => void zeros(LARGE).add(k));
    for (let k = 0; k < 3; k++) {
      collect();
      await settle();
    }
    expect(memory().blocksInUse).toBe(before);
    expect(held.dataSync().length).toBe(1600);
  });
});

describe('a loop without an await stays flat', () => {
  const [B, D, H, V] = [32, 32, 32, 40];
  const flat = ({ bytesInUse, bytesIdle, blocksInUse, misses }: PoolStats): number[] => [
    bytesInUse,
    bytesIdle,
    blocksInUse,
    misses,
  ];

  test('training a classifier', () => {
    const parameters = [parameter([D, H]), parameter([H]), parameter([H, V]), parameter([V])] as const;
    const [w1, b1, w2, b2] = parameters;
    const inputs = randn([B, D]);
    const targets = tensor(Int32Array.from({ length: B }, (_, i) => i % V));
    const held: [Tensor, number][] = [];
    let atStart: number[] = [];
    for (let step = 0; step < 2000; step++) {
      for (const p of parameters) p.zeroGrad();
      const logits = dropout(inputs.matmul(w1).add(b1).tanh(), 0.1).matmul(w2).add(b2);
      const loss = softmaxCrossEntropy(logits, targets).mean();
      loss.backward();
      sgdStep(parameters);
      if (step % 500 === 0) held.push([loss, loss.itemSync()]);
      if (step === 100) atStart = flat(memory());
    }
    expect(flat(memory())).toEqual(atStart);
    expect(held.map(([loss]) => loss.itemSync())).toEqual(held.map(([, value]) => value));
    expect(held.at(-1)![1]).toBeLessThan(held[0]![1]);
  });

  test('training an LSTM, but for the detached states that it carries along', () => {
    const T = 3;
    const table = parameter([V, D]);
    const weights = {
      weightIh: parameter([4 * H, D]),
      weightHh: parameter([4 * H, H]),
      biasIh: parameter([4 * H]),
      biasHh: parameter([4 * H]),
    };
    const head = parameter([H, V]);
    const parameters = [table, head, ...Object.values(weights)];
    const tokens = tensor(Int32Array.from({ length: T * B }, (_, i) => (i * 7) % V)).reshape([T, B]);
    let state: [Tensor, Tensor] = [zeros([B, H]), zeros([B, H])];
    let atStart: number[] = [];
    const held: [Tensor, number][] = [];
    for (let step = 0; step <= 150; step++) {
      for (const p of parameters) p.zeroGrad();
      const [y, h, c] = lstm(embedding(table, tokens), state, weights);
      const loss = softmaxCrossEntropy(y.reshape([T * B, H]).matmul(head), tokens.reshape([T * B])).mean();
      loss.backward();
      sgdStep(parameters, 0.1);
      state = [h.detach(), c.detach()];
      if (step % 50 === 0) held.push([state[0], h.sum().itemSync()]);
      if (step === 50) atStart = flat(memory());
    }
    const atEnd = flat(memory());
    expect(atEnd[2]! - atStart[2]!).toBe(2 * 100);
    expect(atEnd[0]! - atStart[0]!).toBe(2 * 100 * 4 * B * H);
    expect(held.map(([h]) => h.sum().itemSync())).toEqual(held.map(([, sum]) => sum));
  });

  test('an evaluation that forgot noGrad, whose results are dropped', () => {
    const w = parameter([128, 256]);
    const x = rand([128, 256]);
    const held: [Tensor, number][] = [];
    const evaluate = (steps: number): void => {
      for (let step = 0; step < steps; step++) {
        const y = cat([x, w, full([1, 256], step)]); // copies are cheap: 256 KiB a step
        if (step % 500 === 199) held.push([y, y.sum().itemSync()]);
      }
    };
    evaluate(200);
    const before = process.memoryUsage().rss;
    evaluate(3000); // 750 MiB of tensors
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(128);
    for (const [y, sum] of held) expect(y.sum().itemSync()).toBe(sum);
  });
});
