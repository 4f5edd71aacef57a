/** Checkpoints: the gradients of a function that is run again, and the memory that this saves. */

import {
  ArgumentError,
  assign,
  checkpoint,
  deviceInfo,
  dropout,
  Generator,
  GradientError,
  grad,
  type IntTensor,
  manualSeed,
  noGrad,
  Parameter,
  rand,
  randint,
  randn,
  scope,
  setDevice,
  type Tensor,
  tensor,
  trace,
  zeros,
} from '@tapegrad/core';
import { gradcheck, gradgradcheck } from '@tapegrad/core/testing';
import { BatchNorm1d, Embedding, GRU, LinearCrossEntropyLoss, LSTM } from '@tapegrad/nn';
import { Adam } from '@tapegrad/optim';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';

afterAll(() => setDevice('cpu'));

describe.each(devices)('on %s', (device) => {
  beforeEach(async () => {
    await setDevice(device);
    manualSeed(1);
  });

  const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });
  /** The value, the gradients and the random numbers that follow, with and without checkpoints. */
  const expectSame = async (loss: (run: typeof checkpoint) => Tensor, inputs: readonly Tensor[]): Promise<void> => {
    const plain: typeof checkpoint = (fn, ...args) => fn(...args);
    const results: number[][] = [];
    for (const run of [plain, checkpoint]) {
      manualSeed(7);
      for (const x of inputs) x.zeroGrad();
      const value = loss(run);
      value.backward();
      const after = rand([3]); // the generator goes on where it would have
      const read = [value, after, ...inputs.map((x) => x.grad!)].map((x) => x.data());
      results.push((await Promise.all(read)).flatMap((data) => [...data]));
    }
    const [expected, found] = results as [number[], number[]];
    expect(found.length).toBe(expected.length);
    const wrong = found.filter(
      (value, i) => !(Math.abs(value - expected[i]!) <= 1e-6 * Math.max(1, Math.abs(expected[i]!))),
    );
    expect(wrong).toEqual([]); // sums are taken in another order
    expect(inputs.every(({ grad }) => grad !== null)).toBe(true);
  };

  test('inputs and captured parameters get the gradients that they get without it', async () => {
    const [x, w, b] = [leaf(4, 3), new Parameter(randn([3, 5])), new Parameter(randn([5]))];
    const layer = (h: Tensor): Tensor => h.matmul(w).add(b).tanh();
    await expectSame((run) => run(layer, x).square().sum().add(w.sum()), [x, w, b]);
  });

  test('a tensor that was made outside passes its gradient on, also where it is read inside and outside', async () => {
    const [x, w] = [leaf(3), leaf(3)];
    const loss = (run: typeof checkpoint): Tensor => {
      const hidden = x.mul(w);
      return run(() => hidden.mul(w).sin())
        .mul(hidden)
        .sum();
    };
    await expectSame(loss, [x, w]);
  });

  test('dropout drops the same, from whatever generator, and the numbers that follow are the same', async () => {
    const x = leaf(50);
    const generator = new Generator(3);
    await expectSame(
      (run) => {
        generator.manualSeed(3);
        const drop = (y: Tensor): Tensor => dropout(dropout(y.mul(2), 0.5), 0.3, { generator }).square();
        return run(drop, run(drop, x)).sum();
      },
      [x],
    );
  });

  test('several results, in any structure; those that nothing reads, and those that are inputs', async () => {
    const [x, w] = [leaf(3), leaf(3)];
    const parts = (y: Tensor): { all: Tensor[]; same: Tensor; unused: Tensor; order: Map<string, unknown> } => ({
      all: [y.mul(w), y.sin()],
      same: y,
      unused: w.exp(),
      order: new Map<string, unknown>([
        ['largest', y.argmax()],
        ['count', 3],
      ]),
    });
    await expectSame(
      (run) => {
        const { all, same, order } = run(parts, x);
        expect(order.get('count')).toBe(3);
        expect((order.get('largest') as Tensor).dtype).toBe('i32');
        return all[0]!.mul(all[1]!).add(same.square()).sum();
      },
      [x, w],
    );
  });

  test('they lie in each other, to any depth', async () => {
    const [x, w] = [leaf(3), leaf(3)];
    const layer = (y: Tensor): Tensor => y.mul(w).tanh();
    const nested = (run: typeof checkpoint, depth: number, y: Tensor): Tensor =>
      depth === 0
        ? run(layer, y)
        : run((h: Tensor) => nested(run, depth - 1, nested(run, depth - 1, h).add(w)).mul(h), y);
    await expectSame((run) => nested(run, 3, x).sum(), [x, w]);
  });

  test('an LSTM with dropout, its state among the results', async () => {
    const lstm = new LSTM(3, 4, { numLayers: 2, dropout: 0.5 });
    const x = leaf(5, 2, 3);
    await expectSame(
      (run) => {
        const [first, state] = run((y: Tensor) => lstm.forward(y), x);
        const [second] = run((y: Tensor, s: typeof state) => lstm.forward(y, s), first.narrow(2, 0, 3), state);
        return second.square().sum();
      },
      [x, ...lstm.parameters()],
    );
  });
});

test.each(devices)(
  'on %s a model trains to the same losses, with dropout, norms and shortened rows',
  async (device) => {
    await setDevice(device);
    const train = async (run: typeof checkpoint): Promise<number[]> => {
      manualSeed(3);
      const embedding = new Embedding(20, 8, { maxNorm: 1 });
      const gru = new GRU(8, 12, { numLayers: 2, dropout: 0.2 });
      const norm = new BatchNorm1d(12);
      const head = new LinearCrossEntropyLoss(12, 20);
      const optimizer = new Adam(
        [embedding, gru, norm, head].flatMap((module) => module.parameters()),
        { lr: 0.05 },
      );
      const ids = randint(0, 20, [6, 4]);
      const body = (tokens: IntTensor): Tensor => gru.forward(embedding.forward(tokens))[0].flatten(0, 1);
      const tail = (hidden: Tensor): Tensor => head.forward(norm.forward(hidden), ids.flatten());
      const losses: Tensor[] = [];
      for (let step = 0; step < 5; step++) {
        optimizer.zeroGrad();
        losses.push(run(tail, run(body, ids)));
        losses.at(-1)!.backward();
        optimizer.step();
      }
      return await Promise.all(losses.map((loss) => loss.item()));
    };
    const plain = await train((fn, ...args) => fn(...args));
    expect(await train(checkpoint)).toEqual(plain);
    expect(plain.at(-1)!).toBeLessThan(plain[0]!);
  },
);

describe('the tape', () => {
  beforeEach(() => setDevice('cpu'));
  const f64 = { dtype: 'f64', requiresGrad: true } as const;

  test('holds one node in place of what the function does', () => {
    const x = tensor([1, 2], f64);
    expect(String(trace(checkpoint((y: Tensor) => y.exp().sin().mul(y), x)))).toBe('t0 [2] = checkpoint(x0 [2])');
  });

  test('gradients of gradients are right, to the third order', () => {
    manualSeed(1);
    const w = randn([3], f64);
    const fn = (x: Tensor): Tensor =>
      checkpoint((y: Tensor) => checkpoint((z: Tensor) => z.mul(w).sin(), y.exp()).mul(y), x);
    const inputs = [randn([3], f64)];
    expect(gradcheck(fn, inputs).checked).toBeGreaterThan(0);
    expect(gradgradcheck(fn, inputs).checked).toBeGreaterThan(0);
    const derivative = (of: (x: Tensor) => Tensor, k: number): number[] => {
      let y = of(inputs[0]!).sum();
      for (let i = 0; i < k; i++) y = grad(y, inputs[0]!, { createGraph: true }).sum();
      return [...grad(y, [inputs[0]!, w]).flatMap((g) => [...g.dataSync()])];
    };
    const plain = (x: Tensor): Tensor => x.exp().mul(w).sin().mul(x);
    derivative(fn, 2).forEach((value, i) => {
      expect(value).toBeCloseTo(derivative(plain, 2)[i]!, 10);
    });
  });

  test('grad() of some inputs leaves .grad alone; hooks run once, with the whole gradient', () => {
    const [x, w] = [tensor([1, 2], f64), tensor([3, 4], f64)];
    const seen: string[] = [];
    w.registerHook((g) => void seen.push(String(g)));
    const y = checkpoint((h: Tensor) => h.mul(w).mul(w), x).sum();
    expect([...grad(y, x, { retainGraph: true }).dataSync()]).toEqual([9, 16]);
    expect([x.grad, w.grad, seen]).toEqual([null, null, []]);
    y.backward();
    expect(String(w.grad)).toBe('tensor([ 6., 16.], dtype=f64)');
    expect(seen).toEqual(['tensor([ 6., 16.], dtype=f64)']);
  });

  test('nothing is recorded where nothing requires a gradient, or inside of noGrad', () => {
    const x = tensor([1, 2]);
    expect(checkpoint((y: Tensor) => y.mul(2), x).requiresGrad).toBe(false);
    const w = tensor([1, 2], f64);
    expect(noGrad(() => checkpoint((y: Tensor) => y.mul(2), w)).requiresGrad).toBe(false);
    expect(checkpoint(() => w.gt(1)).requiresGrad).toBe(false);
    expect(checkpoint((n: number) => n + 1, 2)).toBe(3);
  });

  test('a result that does not depend on what was read has the gradient 0', () => {
    const w = tensor([1, 2], f64);
    const constant = (): Tensor => w.detach().mul(3);
    for (const createGraph of [false, true]) {
      const y = checkpoint(() => [w.mul(2), constant()] as const)[1];
      expect([...grad(y.sum(), w, { createGraph }).dataSync()]).toEqual([0, 0]);
    }
  });

  test('data of a block that has ended is still there', () => {
    const w = new Parameter(zeros([64, 64]));
    const loss = scope(() => {
      const data = randn([64, 64]);
      return checkpoint(() => w.add(data).square()).sum();
    });
    loss.backward();
    expect(w.grad!.abs().sum().itemSync()).toBeGreaterThan(0);
  });
});

describe('what is refused', () => {
  const w = tensor([1, 2], { requiresGrad: true });

  test('something that is no function, or an async one', () => {
    expect(() => checkpoint(w as never)).toThrow(
      new ArgumentError(`checkpoint: expected a function first; given ${w}`),
    );
    expect(() => checkpoint(async () => w)).toThrow(/^checkpoint: the function is async/);
  });

  test('a function that does something else when it runs again', () => {
    const other = tensor([1, 2], { requiresGrad: true });
    const turns = (...results: (() => Tensor)[]): Tensor => {
      let turn = 0;
      return checkpoint(() => results[turn++]!()).sum();
    };
    const wrong =
      (loss: Tensor): (() => void) =>
      () =>
        loss.backward();
    expect(
      wrong(
        turns(
          () => w.mul(2),
          () => other.mul(2),
        ),
      ),
    ).toThrow(GradientError);
    expect(
      wrong(
        turns(
          () => w.mul(2),
          () => other.mul(2),
        ),
      ),
    ).toThrow(/it read another tensor/);
    expect(
      wrong(
        turns(
          () => w.mul(2),
          () => w.sum(),
        ),
      ),
    ).toThrow(/it returned \[\], and \[2\] before/);
    expect(
      wrong(
        turns(
          () => w.mul(2),
          () => [] as unknown as Tensor,
        ),
      ),
    ).toThrow(/it returned no tensor, and \[2\]/);
  });

  test('a tensor that was changed in place meanwhile', () => {
    const loss = checkpoint(() => w.mul(2)).sum();
    assign(w, w.detach().add(1));
    expect(() => loss.backward()).toThrow(/input 0 of checkpoint was changed in place/);
  });
});

describe('memory', () => {
  /** The most bytes in use at any time of a training step of a network of `depth` layers, and of one layer. */
  const peakOf = (depth: number, segment: number): number => {
    const weights = Array.from({ length: depth }, () => new Parameter(randn([32, 32]).mul(0.1)));
    const x = randn([256, 32]); // 32 KiB, as each activation
    let peak = 0;
    const watch = (y: Tensor): Tensor => {
      peak = Math.max(peak, deviceInfo('cpu').memory.bytesInUse);
      return y;
    };
    const layer = (y: Tensor, w: Tensor): Tensor => watch(y.matmul(w).tanh().mul(2).sin());
    const several = (y: Tensor, k: number): Tensor => weights.slice(k, k + segment).reduce(layer, y);
    const step = (): void => {
      let y = x;
      for (let k = 0; k < depth; k += segment) y = segment === 1 ? several(y, k) : checkpoint(several, y, k);
      for (const w of weights) w.registerPostAccumulateGradHook(() => void watch(y));
      y.square().mean().backward();
    };
    const before = deviceInfo('cpu').memory.bytesInUse;
    step();
    return peak - before;
  };

  test('of 64 layers in segments of 8, less than a quarter is in use', async () => {
    await setDevice('cpu');
    const [plain, checkpointed] = [peakOf(64, 1), peakOf(64, 8)];
    expect(checkpointed).toBeLessThan(plain / 4);
  });

  test.each(devices.filter((device) => device !== 'webgpu'))('a loop does not grow on %s', async (device) => {
    await setDevice(device);
    const [w, x] = [new Parameter(randn([40, 40])), randn([40, 40])];
    const layer = (y: Tensor): Tensor => checkpoint((h: Tensor) => dropout(h.matmul(w).tanh(), 0.1).sin(), y);
    const inUse = Array.from({ length: 20 }, () => {
      w.zeroGrad();
      checkpoint((y: Tensor) => layer(layer(y)), layer(x))
        .square()
        .sum()
        .backward();
      return deviceInfo(device).memory.bytesInUse;
    });
    expect(Math.max(...inUse.slice(2))).toBe(inUse[2]); // what other tests left behind may go meanwhile
  });
});
