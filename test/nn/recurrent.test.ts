/** Recurrent layers of all families, and sequences of different lengths. */

import { type IntTensor, manualSeed, noGrad, ones, randn, type Tensor, tensor, trace, zeros } from '@tapegrad/core';
import {
  Embedding,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  type PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  RNN,
  RNNCell,
  type StateDict,
  unpadSequence,
} from '@tapegrad/nn';
import { beforeEach, describe, expect, test } from 'vitest';

const [D, H] = [3, 4];

type Output = [Tensor, Tensor | [Tensor, Tensor]];
interface Layer {
  forward(x: Tensor, state?: never): Output;
  forward(x: PackedSequence, state?: never): [PackedSequence, Tensor | [Tensor, Tensor]];
  parameters(): Tensor[];
  stateDict(): StateDict;
}

const families: readonly [string, () => Layer][] = [
  ['LSTM', () => new LSTM(D, H, { numLayers: 2, bidirectional: true }) as Layer],
  ['LSTM with a projection', () => new LSTM(D, H, { numLayers: 2, bidirectional: true, projSize: 2 }) as Layer],
  ['GRU', () => new GRU(D, H, { numLayers: 2, bidirectional: true }) as Layer],
  ['RNN', () => new RNN(D, H, { numLayers: 2, bidirectional: true }) as Layer],
  ['RNN of relu', () => new RNN(D, H, { numLayers: 2, bidirectional: true, nonlinearity: 'relu' }) as Layer],
];

const largest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().itemSync();
const states = (state: Tensor | [Tensor, Tensor]): Tensor[] => [state].flat() as Tensor[];

beforeEach(() => {
  manualSeed(5);
});

describe.each(families)('%s', (_, make) => {
  const lengths = [2, 5, 1, 5];
  const sequences = (): Tensor[] => lengths.map((L) => randn([L, D]));

  test('gives each packed sequence what it gives it alone', () => {
    const layer = make();
    const all = sequences();
    const [output, state] = layer.forward(packSequence(all, { enforceSorted: false }));
    const [padded, found] = padPackedSequence(output);
    expect(found.toArraySync()).toEqual(lengths);
    for (const [b, x] of all.entries()) {
      const [alone, last] = layer.forward(x);
      expect(largest(padded.select(1, b).narrow(0, 0, lengths[b]!), alone)).toBeLessThan(1e-6);
      states(state).forEach((s, k) => {
        expect(largest(s.select(1, b), states(last)[k]!)).toBeLessThan(1e-6);
      });
    }
  });

  test('reads nothing of the padding, and sends no gradient there', () => {
    const layer = make();
    const padded = padSequence(sequences(), { paddingValue: NaN });
    padded.requiresGrad = true;
    const [output] = layer.forward(packPaddedSequence(padded, lengths, { enforceSorted: false }));
    output.data.square().sum().backward();
    const touched = padded.grad!.toArraySync() as number[][][];
    touched.forEach((step, t) => {
      step.forEach((row, b) => {
        expect(row.every((g) => (t < lengths[b]! ? Number.isFinite(g) && g !== 0 : g === 0))).toBe(true);
      });
    });
    for (const p of layer.parameters()) expect(Number.isFinite(p.grad!.sum().itemSync())).toBe(true);
  });

  test('a batch of equal lengths is the same packed', () => {
    const layer = make();
    const x = randn([4, 2, D]);
    const [output, state] = layer.forward(x);
    const [packed, last] = layer.forward(packPaddedSequence(x, [4, 4]));
    expect(largest(padPackedSequence(packed)[0], output)).toBeLessThan(1e-6);
    states(state).forEach((s, k) => {
      expect(largest(s, states(last)[k]!)).toBeLessThan(1e-6);
    });
  });

  test('what noGrad returns can be read', () => {
    const layer = make();
    const [output, state] = noGrad(() => layer.forward(packSequence([randn([3, D])])));
    expect(output.data.sum().itemSync()).not.toBeNaN();
    expect(states(state)[0]!.sum().itemSync()).not.toBeNaN();
  });
});

describe('a cell step by step is the layer', () => {
  const pairs: readonly [string, Layer, LSTMCell | GRUCell | RNNCell][] = [
    ['LSTM', new LSTM(D, H) as Layer, new LSTMCell(D, H)],
    ['GRU', new GRU(D, H), new GRUCell(D, H)],
    ['RNN', new RNN(D, H), new RNNCell(D, H)],
    ['RNN of relu', new RNN(D, H, { nonlinearity: 'relu' }), new RNNCell(D, H, { nonlinearity: 'relu' })],
  ];
  test.each(pairs)('%s', (_, layer, cell) => {
    cell.loadStateDict(new Map([...layer.stateDict()].map(([key, x]) => [key.replace('_l0', ''), x])));
    const x = randn([5, 2, D]);
    const [output, last] = layer.forward(x);
    let state: Tensor | [Tensor, Tensor] | undefined;
    for (let t = 0; t < 5; t++) {
      state = cell.forward(x.select(0, t), state as never);
      expect(largest(states(state)[0]!, output.select(0, t))).toBeLessThan(1e-6);
    }
    states(last).forEach((s, k) => {
      expect(largest(s.squeeze(0), states(state!)[k]!)).toBeLessThan(1e-6);
    });
  });
});

test('a padded batch is one recorded op a layer and direction, a packed one has one a length', () => {
  const count = (y: Tensor): number => trace(y).nodes.filter(({ op }) => op === 'gru').length;
  const layer = new GRU(D, H, { numLayers: 2, bidirectional: true });
  expect(count(layer.forward(randn([20, 3, D]))[0])).toBe(4);
  expect(count(layer.forward(packSequence([randn([9, D]), randn([9, D]), randn([4, D])]))[0].data)).toBe(8);
});

test("a projection has PyTorch's parameters", () => {
  const shapes = [...new LSTM(D, H, { projSize: 2, bidirectional: true, numLayers: 2 }).stateDict()];
  expect(shapes.filter(([key]) => !key.includes('reverse')).map(([key, x]) => [key, x.shape])).toEqual([
    ['weight_ih_l0', [16, 3]],
    ['weight_hh_l0', [16, 2]],
    ['bias_ih_l0', [16]],
    ['bias_hh_l0', [16]],
    ['weight_hr_l0', [2, 4]],
    ['weight_ih_l1', [16, 4]],
    ['weight_hh_l1', [16, 2]],
    ['bias_ih_l1', [16]],
    ['bias_hh_l1', [16]],
    ['weight_hr_l1', [2, 4]],
  ]);
});

test('a state that is carried along keeps no outputs alive', () => {
  for (const layer of [new GRU(D, H), new RNN(D, H)]) {
    const [output, hn] = layer.forward(randn([50, 2, D]));
    expect(hn.detach().storage).not.toBe(output.storage);
  }
});

test('the printed form names what differs from the defaults', () => {
  expect(String(new GRU(2, 3, { numLayers: 2, dropout: 0.1 }))).toBe('GRU(2, 3, numLayers=2, dropout=0.1)');
  expect(String(new RNN(2, 3, { nonlinearity: 'relu' }))).toBe('RNN(2, 3, nonlinearity=relu)');
  expect(String(new LSTM(2, 3, { projSize: 1, bias: false }))).toBe('LSTM(2, 3, bias=false, projSize=1)');
  expect(String(new RNNCell(2, 3, { nonlinearity: 'relu', bias: false }))).toBe(
    'RNNCell(2, 3, bias=false, nonlinearity=relu)',
  );
});

describe('packing', () => {
  const padded = tensor([
    [1, 2, 3, 4],
    [5, 6, 0, 0],
    [7, 8, 9, 0],
  ]); // [B, T]

  test('sorts where it is asked to, equals in their order, and says how', () => {
    const packed = packPaddedSequence(padded, [3, 2, 3], { batchFirst: true, enforceSorted: false });
    expect(packed.data.toArraySync()).toEqual([1, 7, 5, 2, 8, 6, 3, 9]);
    expect(packed.batchSizes.toArraySync()).toEqual([3, 3, 2]);
    expect(packed.sortedIndices!.toArraySync()).toEqual([0, 2, 1]);
    expect(packed.unsortedIndices!.toArraySync()).toEqual([0, 2, 1]);
  });

  test('takes lengths as a tensor, and any dtype: tokens can be packed before they are embedded', () => {
    const tokens: IntTensor = padded.cast('i32').T;
    const packed = packPaddedSequence(tokens, tensor(Int32Array.of(4, 2, 3)), { enforceSorted: false });
    expect(packed.data.dtype).toBe('i32');
    const embedded = { ...packed, data: new Embedding(10, D).forward(packed.data) };
    const [output] = new GRU(D, H).forward(embedded);
    expect(padPackedSequence(output)[0].shape).toEqual([4, 3, H]);
  });

  test('and back gives the batch, with the padding and the length that are asked for', () => {
    const packed = packPaddedSequence(padded, [4, 2, 3], { batchFirst: true, enforceSorted: false });
    const [back, lengths] = padPackedSequence(packed, { batchFirst: true, paddingValue: -1, totalLength: 5 });
    expect(back.toArraySync()).toEqual([
      [1, 2, 3, 4, -1],
      [5, 6, -1, -1, -1],
      [7, 8, 9, -1, -1],
    ]);
    expect(lengths.toArraySync()).toEqual([4, 2, 3]);
    expect(padPackedSequence(packed)[0].toArraySync()).toEqual(padded.T.toArraySync());
  });

  test('padding goes left or right, and back to the sequences', () => {
    const list = [ones([1, 2]), ones([3, 2]).mul(2)];
    expect(padSequence(list, { paddingSide: 'left' }).select(2, 0).toArraySync()).toEqual([
      [0, 2],
      [0, 2],
      [1, 2],
    ]);
    const parts = unpadSequence(padSequence(list, { batchFirst: true }), [1, 3], { batchFirst: true });
    expect(parts.map((x) => x.toArraySync())).toEqual(list.map((x) => x.toArraySync()));
  });
});

describe('bad input says what is wrong', () => {
  const packed = packSequence([ones([2, D])]);
  test.each<[string, () => unknown, string]>([
    ['projection', () => new LSTM(2, 3, { projSize: 3 }), 'expected projSize from 0 to hiddenSize - 1 = 2; given 3'],
    ['LSTM size', () => new LSTM(2, 0), 'LSTM: expected hiddenSize of 1 or more; given 0'],
    ['hidden size', () => new GRU(2, 0), 'GRU: expected hiddenSize of 1 or more; given 0'],
    ['cell size', () => new GRUCell(2, 0.5), 'GRUCell: expected hiddenSize of 1 or more; given 0.5'],
    ['nonlinearity', () => new RNN(2, 3, { nonlinearity: 'gelu' as 'relu' }), "'tanh' or 'relu'; given 'gelu'"],
    [
      'nonlinearity of a cell',
      () => new RNNCell(2, 3, { nonlinearity: '' as 'relu' }),
      'RNNCell: expected nonlinearity',
    ],
    [
      'input',
      () => new GRU(2, 3).forward(ones([2])),
      'GRU: expected x [T, B, D], or [T, D] without a batch, with D = 2',
    ],
    ['packed input', () => new GRU(2, 3).forward(packed), 'GRU: expected packed data [2, D] with D = 2; given [2, 3]'],
    [
      'packed input that was cut',
      () => new GRU(D, 3).forward({ ...packed, data: ones([1, D]) }),
      'GRU: expected packed data [2, D] with D = 3; given [1, 3]',
    ],
    [
      'state',
      () => new GRU(D, H).forward(ones([2, 2, D]), zeros([2, 2, H])),
      'GRU: expected the state h to be [layers * directions, B, H] = [1, 2, 4]; given [2, 2, 4]',
    ],
    [
      'state of a projection',
      () => new LSTM(D, H, { projSize: 2 }).forward(ones([2, D]), [zeros([1, H]), zeros([1, H])]),
      'LSTM: expected the state h to be [layers * directions, P] = [1, 2]; given [1, 4]',
    ],
    [
      'half a state',
      () => new LSTM(D, H).forward(ones([2, D]), [zeros([1, H])] as never),
      'LSTM: expected the state [h, c]; given 1 tensors',
    ],
    [
      'state of a cell',
      () => new GRUCell(D, H).forward(ones([2, D]), zeros([2, D])),
      'GRUCell: expected states [2, 4] for x [2, 3]; given [2, 3]',
    ],
    ['no steps', () => new RNN(D, H).forward(ones([0, 2, D])), 'rnn: expected x [T, B, D] with at least one time step'],
    [
      'lengths that do not descend',
      () => packPaddedSequence(ones([3, 2]), [1, 3]),
      'packPaddedSequence: expected the longest sequence first; given lengths [1, 3]: pass { enforceSorted: false }',
    ],
    [
      'lengths',
      () => packPaddedSequence(ones([3, 2]), [3, 0]),
      'expected 2 lengths from 1 to 3, one for each sequence',
    ],
    ['a length too long', () => packPaddedSequence(ones([3, 2]), [4, 1]), 'given [4, 1]'],
    ['lengths too few', () => unpadSequence(ones([3, 2]), [3]), 'unpadSequence: expected 2 lengths from 0 to 3'],
    ['a vector', () => packPaddedSequence(ones([3]), [3]), 'expected a padded tensor [T, B, ...]; given [3]'],
    ['total length', () => padPackedSequence(packed, { totalLength: 1 }), 'totalLength of 2 or more; given 1'],
    ['no sequence', () => padSequence([]), 'padSequence: expected at least one sequence; given none'],
    [
      'sequences that differ',
      () => padSequence([ones([2, 1]), ones([2, 2])]),
      'padSequence: expected sequences [L, ...] that differ only in L: given [2, 1], [2, 2]',
    ],
    [
      'side',
      () => padSequence([ones([1])], { paddingSide: 'up' as 'left' }),
      "paddingSide 'left' or 'right'; given 'up'",
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
