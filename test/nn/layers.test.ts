/** Layers beyond PyTorch's vectors: what they put out, and bad input. */

import { manualSeed, noGrad, ones, randn, type Tensor, tensor, trace, zeros } from '@tapegrad/core';
import {
  CheckpointError,
  Dropout,
  decodeStateDict,
  Embedding,
  encodeStateDict,
  LayerNorm,
  Linear,
  LSTM,
  LSTMCell,
  Sequential,
  Softmax,
  Tanh,
} from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';

describe('LSTM', () => {
  test('is one recorded op a layer and direction', () => {
    const layer = new LSTM(3, 4, { numLayers: 2, bidirectional: true });
    const [output] = layer.forward(randn([20, 2, 3]));
    expect(trace(output).nodes.filter((node) => node.op === 'lstm').length).toBe(4);
  });

  test('carries on from a state', () => {
    const layer = new LSTM(3, 4, { batchFirst: true, numLayers: 2 });
    const x = randn([2, 6, 3]);
    const [whole] = layer.forward(x);
    const [, state] = layer.forward(x.slice(1, 0, 4));
    const [rest] = layer.forward(x.slice(1, 4), state);
    expect(rest.sub(whole.slice(1, 4)).abs().max().itemSync()).toBeLessThan(1e-6);
  });

  test('agrees with LSTMCell step by step', () => {
    const layer = new LSTM(3, 4);
    const cell = new LSTMCell(3, 4);
    cell.loadStateDict(new Map([...layer.stateDict()].map(([key, x]) => [key.replace('_l0', ''), x])));
    const x = randn([5, 2, 3]);
    const [, [hn, cn]] = layer.forward(x);
    let state = cell.forward(x.select(0, 0));
    for (let t = 1; t < 5; t++) state = cell.forward(x.select(0, t), state);
    expect(state[0].sub(hn.squeeze(0)).abs().max().itemSync()).toBeLessThan(1e-6);
    expect(state[1].sub(cn.squeeze(0)).abs().max().itemSync()).toBeLessThan(1e-6);
  });

  test('dropout is between layers, and only while training', () => {
    const x = randn([3, 2, 4]);
    const run = (layer: LSTM): unknown => layer.forward(x)[0].toArraySync();
    const [one, two] = [new LSTM(4, 4, { dropout: 0.5 }), new LSTM(4, 4, { numLayers: 2, dropout: 0.5 })];
    expect(run(one)).toEqual(run(one));
    expect(run(two)).not.toEqual(run(two));
    two.eval();
    expect(run(two)).toEqual(run(two));
  });

  test('the state outlives noGrad', () => {
    const layer = new LSTM(3, 4);
    const [, state] = noGrad(() => layer.forward(ones([2, 1, 3])));
    expect(layer.forward(ones([2, 1, 3]), state)[0].shape).toEqual([2, 1, 4]);
  });
});

describe('bad input says what is wrong', () => {
  const lstm = new LSTM(3, 4, { batchFirst: true, bidirectional: true });
  const i32 = tensor([[1, 2]], { dtype: 'i32' });
  test.each<[string, () => unknown, string]>([
    [
      'Linear',
      () => new Linear(3, 2).forward(ones([2, 4])),
      'linear: expected x [..., I] and weight [O, I]: x is [2, 4], weight is [2, 3]',
    ],
    ['Linear of a number', () => new Linear(1, 2).forward(tensor(1)), 'x is [], weight is [2, 1]'],
    [
      'Linear of another dtype',
      () => new Linear(1, 2, { device: 'cpu' }).forward(zeros([1], { dtype: 'f64', device: 'cpu' })),
      'dtypes do not mix',
    ],
    [
      'Embedding',
      () => new Embedding(2, 3).forward(i32),
      'index 2 at position [0, 1] is out of range: expected 0 to 1',
    ],
    ['Embedding of floats', () => new Embedding(2, 3).forward(ones([1]) as never), "{ dtype: 'i32' }"],
    [
      'Embedding padding',
      () => new Embedding(2, 3, { paddingIdx: 2 }),
      'paddingIdx 2 is out of range: expected -2 to 1',
    ],
    [
      'LSTM',
      () => lstm.forward(ones([2, 5, 4])),
      'LSTM: expected x [B, T, D], or [T, D] without a batch, with D = 3; given [2, 5, 4]',
    ],
    [
      'LSTM state',
      () => lstm.forward(ones([2, 5, 3]), [zeros([1, 2, 4]), zeros([2, 2, 4])]),
      'LSTM: expected the state h to be [layers * directions, B, H] = [2, 2, 4]; given [1, 2, 4]',
    ],
    ['LSTM layers', () => new LSTM(1, 1, { numLayers: 0 }), 'numLayers of 1 or more; given 0'],
    ['LSTM dropout', () => new LSTM(1, 1, { dropout: 2 }), 'a probability from 0 to 1; given 2'],
    ['LSTM without steps', () => lstm.forward(ones([2, 0, 3])), 'at least one time step'],
    [
      'LSTMCell',
      () => new LSTMCell(3, 4).forward(ones([2, 4])),
      'LSTMCell: expected x [B, D] or [D] with D = 3; given [2, 4]',
    ],
    [
      'LSTMCell state',
      () => new LSTMCell(3, 4).forward(ones([2, 3]), [zeros([2, 4]), zeros([4])]),
      'LSTMCell: expected states [2, 4] for x [2, 3]; given [4]',
    ],
    ['Dropout', () => new Dropout(-0.1), 'Dropout: expected a probability from 0 to 1; given -0.1'],
    ['LayerNorm', () => new LayerNorm([2, 3]).forward(ones([3, 3])), 'x is [3, 3], normalizedShape is [2, 3]'],
    ['LayerNorm of nothing', () => new LayerNorm([]), 'expected a shape to normalise; given []'],
    ['Sequential of nothing', () => new Sequential(), 'expected at least one layer'],
    ['Sequential of a function', () => new Sequential(new Tanh(), Math.tanh as never), 'argument 1 is function'],
    ['Softmax', () => new Softmax(2).forward(ones([2])), 'dimension 2 is out of range'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});

test('Embedding of a table that is given does not learn, unless it is told to', () => {
  const table = tensor([
    [1, 2],
    [3, 4],
  ]);
  const frozen = Embedding.fromPretrained(table);
  const learning = Embedding.fromPretrained(table, { freeze: false });
  expect([frozen.weight.requiresGrad, learning.weight.requiresGrad]).toEqual([false, true]);
  expect(frozen.forward(tensor(Int32Array.of(1))).toArraySync()).toEqual([[3, 4]]);
  expect(() => Embedding.fromPretrained(table.reshape([4]))).toThrow(
    /^Embedding.fromPretrained: expected a table \[V, D\]; given \[4\]/,
  );
  expect(() => new Embedding(2, 2, { maxNorm: 0 })).toThrow(/^Embedding: expected a maxNorm above 0; given 0/);
});

test('Embedding shortens the rows that it looks up, and no others', () => {
  const layer = Embedding.fromPretrained(
    tensor([
      [3, 4],
      [30, 40],
      [0.3, 0.4],
    ]),
    { maxNorm: 1 },
  );
  layer.forward(tensor(Int32Array.of(0, 2, 0)));
  const [a, b, c] = layer.weight.toArraySync() as number[][];
  expect(a![0]).toBeCloseTo(0.6, 6);
  expect([b, c]).toEqual([[30, 40], [0.3, 0.4].map(Math.fround)]);
});

test('Embedding leaves the gradient of paddingIdx at 0', () => {
  const layer = new Embedding(3, 2, { paddingIdx: 1 });
  layer
    .forward(tensor(Int32Array.of(0, 1, 1)))
    .sum()
    .backward();
  expect(layer.weight.grad!.toArraySync()).toEqual([
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
});

test('Sequential gives its layers by position', () => {
  const [a, b] = [new Linear(1, 1), new Tanh()];
  const model = new Sequential(a, b);
  expect([model.length, model.at(-1), [...model]]).toEqual([2, b, [a, b]]);
});

describe('state dicts as bytes', () => {
  test('a round trip keeps keys, dtypes, shapes, values and metadata', async () => {
    manualSeed(2);
    const state = new LSTM(2, 3, { bidirectional: true }).stateDict();
    const tensors = new Map([
      ...state,
      ['ids', tensor([1, 2], { dtype: 'i32' })],
      ['f64', randn([2], { dtype: 'f64', device: 'cpu' })],
    ] as const);
    const { tensors: read, metadata } = decodeStateDict(
      await encodeStateDict(tensors, { metadata: { step: '3' } }),
      'test',
    );
    expect(metadata).toEqual({ step: '3' });
    expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [key, x] of tensors) {
      const y = read.get(key)!;
      expect([y.dtype, y.shape, y.toArraySync()]).toEqual([x.dtype, x.shape, x.toArraySync()]);
    }
  });

  test('views are written in row-major order', async () => {
    const x: Tensor = tensor([
      [1, 2],
      [3, 4],
    ]);
    const { tensors } = decodeStateDict(await encodeStateDict(new Map([['x', x.T]])), 'test');
    expect(tensors.get('x')!.toArraySync()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  test('a cut file is a CheckpointError with its name', async () => {
    const bytes = await encodeStateDict(new Linear(2, 2).stateDict());
    expect(() => decodeStateDict(bytes.subarray(0, -1), 'model.safetensors')).toThrow(CheckpointError);
    expect(() => decodeStateDict(bytes.subarray(0, -1), 'model.safetensors')).toThrow('model.safetensors: ');
  });
});
