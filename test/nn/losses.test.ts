/** Losses beyond PyTorch's vectors: classes elsewhere, extreme logits, identities, and bad input. */

import { type AnyTensor, type IntTensor, randint, randn, setDevice, type Tensor, tensor, trace } from '@tapegrad/core';
import {
  accuracy,
  BCEWithLogitsLoss,
  binaryCrossEntropy,
  bitsPerToken,
  CrossEntropyLoss,
  crossEntropy,
  crossEntropyFromProbabilities,
  KLDivLoss,
  klDiv,
  l1Loss,
  mseLoss,
  nllLoss,
  perplexity,
} from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';

await setDevice('cpu'); // which has f64

const [B, T, V] = [2, 3, 5];
const logits = randn([B, T, V], { dtype: 'f64' });
const targets = randint(0, V, [B, T]);
const ints = (...values: number[]): IntTensor => tensor(Int32Array.from(values));
const close = (a: Tensor, b: Tensor, digits = 10): void =>
  expect(Math.abs(a.sub(b).abs().max().itemSync())).toBeLessThan(10 ** -digits);

describe('classDim', () => {
  test('-1 takes [B, T, V] as PyTorch takes [B, V, T]', () => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      close(
        crossEntropy(logits, targets, { classDim: -1, reduction }),
        crossEntropy(logits.transpose(1, 2), targets, { reduction }),
      );
    }
  });

  test('any dimension, with probabilities too', () => {
    const p = randn([B, T, V], { dtype: 'f64' }).softmax(-1);
    const options = { reduction: 'none', labelSmoothing: 0.1 } as const;
    close(
      crossEntropy(logits.permute([2, 0, 1]), p.permute([2, 0, 1]), { ...options, classDim: 0 }),
      crossEntropy(logits.transpose(1, 2), p.transpose(1, 2), options),
    );
  });

  test('holds for nllLoss and accuracy', () => {
    const logP = logits.logSoftmax(-1);
    close(nllLoss(logP, targets, { classDim: -1 }), crossEntropy(logits, targets, { classDim: -1 }));
    expect(accuracy(logits, logits.argmax({ dim: -1 }), { classDim: 2 }).itemSync()).toBe(1);
  });
});

describe('the plain path', () => {
  test('is one recorded softmaxCrossEntropy', () => {
    const leaf = logits.detach();
    leaf.requiresGrad = true;
    const ops = trace(crossEntropy(leaf, targets, { classDim: -1 })).nodes.map((node) => node.op);
    expect(ops.filter((op) => op === 'softmaxCrossEntropy').length).toBe(1);
    expect(ops).not.toContain('logSoftmax');
  });
});

describe('extreme logits', () => {
  test.each(['f32', 'f64'] as const)('1e4 in %s: finite, and right', (dtype) => {
    const x = tensor([[10_000, -10_000, 0]], { dtype, requiresGrad: true });
    const loss = crossEntropy(x, ints(1));
    loss.backward();
    expect(loss.itemSync()).toBe(20_000);
    expect(x.grad!.toArraySync()).toEqual([[1, -1, 0]]);
  });

  test('a class that -Infinity masks out has no loss and no gradient', () => {
    const x = tensor([[1, -Infinity, 2]], { requiresGrad: true });
    const loss = crossEntropy(x, ints(0));
    loss.backward();
    expect(loss.itemSync()).toBeCloseTo(Math.log(1 + Math.E), 6);
    expect((x.grad!.toArraySync() as number[][])[0]![1]).toBe(0);
  });

  test('nor where the targets are probabilities that give it none', () => {
    const x = tensor([[1, -Infinity, 2]], { requiresGrad: true });
    const loss = crossEntropy(x, tensor([[0.5, 0, 0.5]]));
    loss.backward();
    expect(loss.itemSync()).toBeCloseTo(Math.log(Math.E + Math.E ** 2) - 1.5, 6);
    expect(x.grad!.dataSync().every(Number.isFinite)).toBe(true);
  });

  test('an ignored row may hold anything', () => {
    const x = tensor(
      [
        [0, 0],
        [-Infinity, 0],
      ],
      { requiresGrad: true },
    );
    const loss = crossEntropy(x, ints(1, -100));
    loss.backward();
    expect(loss.itemSync()).toBeCloseTo(Math.log(2), 6);
    expect(
      x
        .grad!.dataSync()
        .slice(2)
        .every((g) => g === 0),
    ).toBe(true);
  });

  test('BCE with logits of 1e4', () => {
    const loss = new BCEWithLogitsLoss({ reduction: 'none' }).forward(tensor([1e4, -1e4]), tensor([0, 0]));
    expect(loss.toArraySync()).toEqual([10_000, 0]);
  });
});

describe('identities', () => {
  test('all ignored: the mean is NaN, the sum is 0', () => {
    const none = ints(-100, -100);
    expect(
      crossEntropy(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        none,
      ).itemSync(),
    ).toBeNaN();
    expect(
      crossEntropy(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        none,
        { reduction: 'sum' },
      ).itemSync(),
    ).toBe(0);
  });

  test('the weighted mean divides by the weights of the targets', () => {
    const weight = tensor([1, 3]);
    const each = crossEntropy(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      ints(0, 1),
      { reduction: 'none' },
    ).dataSync();
    const mean = crossEntropy(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      ints(0, 1),
      { weight },
    ).itemSync();
    expect(mean).toBeCloseTo((each[0]! + 3 * each[1]!) / 4, 6);
  });

  test('H(p, q) = H(p) + KL(p || q)', () => {
    const [p, q] = [logits.softmax(-1).reshape([B * T, V]), logits.square().reshape([B * T, V])];
    const entropy = crossEntropy(p.log(), p);
    close(crossEntropy(q, p), entropy.add(klDiv(q.logSoftmax(1), p, { reduction: 'batchmean' })));
  });

  test('one-hot probabilities are class indices', () => {
    const flat = logits.reshape([B * T, V]);
    const oneHot = tensor(
      [...targets.dataSync()].map((t) => Array.from({ length: V }, (_, c) => (c === t ? 1 : 0))),
      { dtype: 'f64' },
    );
    const options = { labelSmoothing: 0.3, reduction: 'none' } as const;
    close(crossEntropy(flat, oneHot, options), crossEntropy(flat, targets.reshape([B * T]), options));
  });

  test('from probabilities as from logits, where nothing is clipped', () => {
    close(
      crossEntropyFromProbabilities(logits.softmax(-1), targets, { classDim: -1 }),
      crossEntropy(logits, targets, { classDim: -1 }),
    );
  });

  test('a probability of 0 costs -log(epsilon), 1e-7 where it is not given', () => {
    const p = tensor([[0, 1]], { requiresGrad: true });
    expect(crossEntropyFromProbabilities(p, ints(0)).itemSync()).toBeCloseTo(-Math.log(1e-7), 4);
    const loss = crossEntropyFromProbabilities(p, ints(0), { epsilon: 1e-3 });
    loss.backward();
    expect(loss.itemSync()).toBeCloseTo(-Math.log(1e-3), 5);
    expect(p.grad!.toArraySync()).toEqual([[0, 0]]);
  });

  test('2^bits = e^nats', () => {
    expect(2 ** bitsPerToken(1.7)).toBeCloseTo(perplexity(1.7), 12);
    expect(perplexity(tensor([0])).toArraySync()).toEqual([1]);
    expect(bitsPerToken(tensor([0])).toArraySync()).toEqual([0]);
  });

  test('accuracy leaves out what is ignored, and is not recorded', () => {
    const scores = tensor(
      [
        [2, 0],
        [0, 2],
        [3, 1],
      ],
      { requiresGrad: true },
    );
    const share = accuracy(scores, ints(0, 0, -100));
    expect([share.itemSync(), share.requiresGrad]).toEqual([0.5, false]);
  });
});

describe('bad input says what is wrong', () => {
  const x = randn([4, 7, 5]);
  const loss = new CrossEntropyLoss({ classDim: -1 });
  const fill = (...shape: number[]): IntTensor => randint(0, 5, shape);
  test.each<[string, () => unknown, string]>([
    [
      'targets that fit another dimension of classes',
      () => crossEntropy(x, fill(4, 7)),
      'crossEntropy: with classes in dimension 1 of input [4, 7, 5], targets are [4, 5]; given [4, 7]: pass { classDim: -1 } if the classes are there',
    ],
    ['flat targets', () => loss.forward(x, fill(28)), 'targets are [4, 7]; given [28]: use .reshape([4, 7])'],
    ['targets of another size', () => loss.forward(x, fill(3)), 'targets are [4, 7]; given [3]'],
    [
      'one-hot integers',
      () => loss.forward(x, fill(4, 7, 5)),
      "given [4, 7, 5]. Class probabilities have the input's shape, and are floats: use .cast('f32')",
    ],
    [
      'targets that are floats',
      () => loss.forward(x, fill(4, 7).cast('f32')),
      "crossEntropy: class indices are i32; the targets are f32: make them with tensor([...], { dtype: 'i32' }), or use .cast('i32')",
    ],
    [
      'an index out of range',
      () => loss.forward(x, ints(...new Array(27).fill(0), 5).reshape([4, 7])),
      'crossEntropy: index 5 at position [3, 6] is out of range: expected 0 to 4',
    ],
    [
      'a negative index',
      () => nllLoss(randn([2, 3]), ints(0, -1)),
      'nllLoss: index -1 at position [1] is out of range: expected 0 to 2',
    ],
    ['a number', () => crossEntropy(tensor(1), ints(0)), 'expected a dimension of classes; given a tensor of shape []'],
    [
      'classDim out of range',
      () => crossEntropy(x, fill(4), { classDim: 3 }),
      'classDim 3 is not a dimension of [4, 7, 5]',
    ],
    [
      'weights of other classes',
      () => crossEntropy(x, fill(4, 5), { weight: tensor([1, 2]) }),
      'expected a weight for each of the 7 classes: weight is [2], input is [4, 7, 5]',
    ],
    [
      'too much smoothing',
      () => crossEntropy(x, fill(4, 5), { labelSmoothing: 1.5 }),
      'labelSmoothing from 0 to 1; given 1.5',
    ],
    [
      'ignoreIndex with probabilities',
      () => crossEntropy(x, x.softmax(1), { ignoreIndex: 2 }),
      'ignoreIndex 2 is a class index',
    ],
    [
      'a reduction that does not exist',
      () => crossEntropy(x, fill(4, 5), { reduction: 'avg' as never }),
      "given 'avg'",
    ],
    [
      'mseLoss of other shapes',
      () => mseLoss(randn([3, 1]), randn([3])),
      'input is [3, 1], target is [3]; use .reshape([3, 1]) on the target',
    ],
    ['l1Loss of other shapes', () => l1Loss(randn([3]), randn([2])), 'input is [3], target is [2]'],
    ['BCE of other shapes', () => binaryCrossEntropy(randn([3]), randn([2])), 'input is [3], target is [2]'],
    [
      'KL divergence of other shapes',
      () => new KLDivLoss().forward(randn([3]), randn([2])),
      'input is [3], target is [2]',
    ],
    ['mixed dtypes', () => mseLoss(randn([3]), randn([3], { dtype: 'f64' })), 'dtypes do not mix'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test('ignoreIndex is allowed, whatever it is', () => {
    for (const ignoreIndex of [-100, -1, 2, 99]) {
      const some: AnyTensor = ints(0, ignoreIndex);
      expect(
        crossEntropy(
          tensor([
            [0, 0, 0],
            [1, 2, 3],
          ]),
          some,
          { ignoreIndex },
        ).itemSync(),
      ).toBeCloseTo(Math.log(3), 6);
    }
  });
});
