/** First and second derivatives of every layer and loss, against finite differences. B 3, T 2, C 4. */

import {
  type AnyTensor,
  Generator,
  type IntTensor,
  manualSeed,
  randn,
  setDevice,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import { type Checkable, gradcheck, gradgradcheck } from '@tapegrad/core/testing';
import * as nn from '@tapegrad/nn';
import { beforeEach, describe, expect, test } from 'vitest';

await setDevice('cpu'); // which has f64

const noise = new Generator(7);
const x = (...shape: number[]): Tensor => randn(shape, { generator: noise, dtype: 'f64' });
const i32 = (...values: number[]): AnyTensor => tensor(Int32Array.from(values));
const classes = i32(2, 0, 3);
const doubles = (...values: number[]): Tensor => tensor(Float64Array.from(values));
const weight = doubles(0.5, 1, 2, 0.25);

const layers: readonly (readonly [string, () => Checkable, readonly AnyTensor[]])[] = [
  ['Linear', () => new nn.Linear(4, 2), [x(3, 2, 4)]],
  ['Linear without bias', () => new nn.Linear(4, 2, { bias: false }), [x(4)]],
  ['Embedding', () => new nn.Embedding(5, 2), [i32(1, 4, 1)]],
  ['LSTM', () => new nn.LSTM(4, 2), [x(3, 2, 4)]],
  [
    'LSTM of 2 layers, both directions, batch first, dropout',
    () => new nn.LSTM(3, 2, { numLayers: 2, bidirectional: true, batchFirst: true, dropout: 0.5 }),
    [x(2, 3, 3)],
  ],
  ['LSTM without bias and batch', () => new nn.LSTM(3, 2, { bias: false }), [x(4, 3)]],
  ['LSTM with a state', withState(new nn.LSTM(3, 2)), [x(2, 3, 3), x(1, 3, 2), x(1, 3, 2)]],
  ['LSTMCell', () => new nn.LSTMCell(3, 2), [x(3, 3)]],
  ['LSTMCell with a state', withState(new nn.LSTMCell(3, 2)), [x(3), x(2), x(2)]],
  ['LSTM with a projection', () => new nn.LSTM(3, 3, { projSize: 2, bidirectional: true, numLayers: 2 }), [x(2, 2, 3)]],
  ['LSTM, packed', packed(new nn.LSTM(3, 2, { numLayers: 2, bidirectional: true })), [x(4, 3, 3)]],
  ['LSTM, packed, with a state', packed(new nn.LSTM(3, 2)), [x(4, 3, 3), x(1, 3, 2), x(1, 3, 2)]],
  ['GRU', () => new nn.GRU(4, 2), [x(3, 2, 4), x(1, 2, 2)]],
  [
    'GRU of 2 layers, both directions, batch first, dropout',
    () => new nn.GRU(3, 2, { numLayers: 2, bidirectional: true, batchFirst: true, dropout: 0.5 }),
    [x(2, 3, 3)],
  ],
  ['GRU without bias and batch', () => new nn.GRU(3, 2, { bias: false }), [x(4, 3)]],
  ['GRU, packed', packed(new nn.GRU(3, 2, { numLayers: 2, bidirectional: true, dropout: 0.5 })), [x(4, 3, 3)]],
  ['GRUCell', () => new nn.GRUCell(3, 2), [x(3, 3), x(3, 2)]],
  ['RNN', () => new nn.RNN(4, 2), [x(3, 2, 4), x(1, 2, 2)]],
  [
    'RNN of relu, 2 layers, both directions, batch first',
    () => new nn.RNN(3, 4, { nonlinearity: 'relu', numLayers: 2, bidirectional: true, batchFirst: true }),
    [x(2, 3, 3)],
  ],
  ['RNN, packed', packed(new nn.RNN(3, 2, { bidirectional: true, bias: false })), [x(4, 3, 3)]],
  ['RNNCell', () => new nn.RNNCell(3, 2), [x(3), x(2)]],
  ['RNNCell of relu', () => new nn.RNNCell(3, 4, { nonlinearity: 'relu', bias: false }), [x(2, 3)]],
  [
    'padSequence',
    () => (a: Tensor, b: Tensor) => nn.padSequence([a, b], { paddingSide: 'left', paddingValue: 1 }),
    [x(2, 3), x(4, 3)],
  ],
  [
    'scaledDotProductAttention',
    () => (q: Tensor, k: Tensor, v: Tensor) => nn.scaledDotProductAttention(q, k, v, { isCausal: true, dropout: 0.3 }),
    [x(2, 3, 4), x(2, 3, 4), x(2, 3, 2)],
  ],
  ['Dropout', () => new nn.Dropout(0.5), [x(3, 4)]],
  ['Dropout1d', () => new nn.Dropout1d(), [x(3, 4, 2)]],
  ['Dropout2d', () => new nn.Dropout2d(), [x(3, 2, 2, 2)]],
  ['AlphaDropout', () => new nn.AlphaDropout(), [x(3, 4)]],
  ['FeatureAlphaDropout', () => new nn.FeatureAlphaDropout(), [x(3, 4, 2)]],
  ['LockedDropout', () => new nn.LockedDropout(), [x(2, 3, 4)]],
  ['LayerNorm', () => new nn.LayerNorm(4), [x(3, 4)]],
  ['RMSNorm', () => new nn.RMSNorm(4), [x(3, 4)]],
  ['GroupNorm', () => new nn.GroupNorm(2, 4), [x(3, 4, 2)]],
  ['BatchNorm1d', () => new nn.BatchNorm1d(4), [x(3, 4)]],
  ['BatchNorm1d over time, in evaluation', () => new nn.BatchNorm1d(2).eval(), [x(3, 2, 4)]],
  ['LayerNorm of two dimensions', () => new nn.LayerNorm([2, 4], { bias: false }), [x(3, 2, 4)]],
  [
    'Sequential',
    () => new nn.Sequential(new nn.Embedding(5, 3), new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2)),
    [i32(0, 3)],
  ],
  ...[nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus].map(activation),
  ...[nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.Softsign, nn.SELU, nn.CELU, nn.GLU].map(activation),
  ...[nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.Hardshrink, nn.Softshrink, nn.Tanhshrink].map(activation),
  ['Threshold', () => new nn.Threshold(0.1, -2), [x(3, 4)]],
  ['PReLU', () => new nn.PReLU(4), [x(3, 4, 2)]],
  ['Softmin', () => new nn.Softmin(1), [x(3, 4)]],
  ['Identity', () => new nn.Identity(), [x(3, 4)]],
  ['Flatten', () => new nn.Flatten(), [x(3, 4, 2)]],
  ['Unflatten', () => new nn.Unflatten(1, [2, 2]), [x(3, 4)]],
  ['Bilinear', () => new nn.Bilinear(4, 3, 2), [x(2, 4), x(2, 3)]],
  ['CosineSimilarity', () => new nn.CosineSimilarity(), [x(3, 4), x(3, 4)]],
  ['PairwiseDistance', () => new nn.PairwiseDistance({ p: 3 }), [x(3, 4), x(3, 4)]],
  ['ModuleList', () => inTurn(new nn.ModuleList([new nn.Linear(4, 3), new nn.Linear(3, 2)])), [x(3, 4)]],
  ['ModuleDict', () => inTurn(new nn.ModuleDict({ up: new nn.Linear(4, 3), down: new nn.Linear(3, 2) })), [x(3, 4)]],
  ['ParameterList', () => scaled(new nn.ParameterList([new nn.Parameter(x(4))])), [x(3, 4)]],
  ['ParameterDict', () => scaled(new nn.ParameterDict({ scale: new nn.Parameter(x(4)) })), [x(3, 4)]],
  ['GELU by tanh', () => new nn.GELU({ approximate: 'tanh' }), [x(3, 4)]],
  ['Softmax', () => new nn.Softmax(1), [x(3, 4)]],
  ['LogSoftmax', () => new nn.LogSoftmax(0), [x(3, 4)]],
];

const signs = doubles(1, -1, 1) as AnyTensor;
const probabilities = x(3, 4).softmax(1);
const between = x(3, 4).sigmoid();
const losses: readonly (readonly [string, () => Checkable, readonly AnyTensor[]])[] = [
  ...(['mean', 'sum', 'none'] as const).flatMap((reduction) =>
    [0, 0.1].flatMap((labelSmoothing) =>
      [undefined, weight].map(
        (w) =>
          [
            `CrossEntropyLoss, ${reduction}, smoothing ${labelSmoothing}${w ? ', weighted' : ''}`,
            withTarget(new nn.CrossEntropyLoss({ reduction, labelSmoothing, weight: w, ignoreIndex: 0 }), classes),
            [x(3, 4)],
          ] as const,
      ),
    ),
  ),
  [
    'CrossEntropyLoss of [B, T, C]',
    withTarget(new nn.CrossEntropyLoss({ classDim: -1 }), i32(0, 1, 2, 3, 0, 1).reshape([3, 2])),
    [x(3, 2, 4)],
  ],
  ['CrossEntropyLoss of [C]', withTarget(new nn.CrossEntropyLoss(), tensor(2, { dtype: 'i32' })), [x(4)]],
  [
    'CrossEntropyLoss of probabilities',
    () => new nn.CrossEntropyLoss({ labelSmoothing: 0.2, weight }),
    [x(3, 4), probabilities],
  ],
  [
    'CrossEntropyLoss of masked logits',
    () => (logits: Tensor) =>
      nn.crossEntropy(logits.maskedFill(tensor([true, false, false, false]), -Infinity), i32(1, 2, 3)),
    [x(3, 4)],
  ],
  [
    'LinearCrossEntropyLoss',
    () => {
      const head = new nn.LinearCrossEntropyLoss(4, 4);
      const forward = (hidden: Tensor): Tensor => head.forward(hidden, classes);
      return { namedParameters: () => head.namedParameters(), forward } as Checkable;
    },
    [x(3, 4)],
  ],
  ['NLLLoss', withTarget(new nn.NLLLoss({ weight }), classes), [x(3, 4)]],
  [
    'crossEntropyFromProbabilities',
    () => (p: Tensor) => nn.crossEntropyFromProbabilities(p, classes, { labelSmoothing: 0.1 }),
    [probabilities],
  ],
  ['BCELoss', () => new nn.BCELoss({ weight }), [between, probabilities]],
  ['BCEWithLogitsLoss', () => new nn.BCEWithLogitsLoss({ weight, posWeight: weight }), [x(3, 4), between]],
  ['KLDivLoss', () => new nn.KLDivLoss({ reduction: 'batchmean' }), [x(3, 4), probabilities]],
  ['KLDivLoss of log targets', () => new nn.KLDivLoss({ logTarget: true }), [x(3, 4), x(3, 4)]],
  ['MSELoss', () => new nn.MSELoss(), [x(3, 4), x(3, 4)]],
  ['L1Loss', () => new nn.L1Loss({ reduction: 'sum' }), [x(3, 4), x(3, 4)]],
  ['SmoothL1Loss', () => new nn.SmoothL1Loss({ beta: 0.5 }), [x(3, 4), x(3, 4)]],
  ['HuberLoss', () => new nn.HuberLoss({ delta: 0.7 }), [x(3, 4), x(3, 4)]],
  ['HingeEmbeddingLoss', withTarget(new nn.HingeEmbeddingLoss(), signs), [x(3)]],
  ['MarginRankingLoss', withTarget(rankOf(new nn.MarginRankingLoss({ margin: 0.3 })), signs), [x(2, 3)]],
  ['SoftMarginLoss', withTarget(new nn.SoftMarginLoss(), signs), [x(3)]],
  ['MultiMarginLoss', withTarget(new nn.MultiMarginLoss({ weight }) as Targeted, classes), [x(3, 4)]],
  ['MultiMarginLoss, squared', withTarget(new nn.MultiMarginLoss({ p: 2 }) as Targeted, classes), [x(3, 4)]],
  [
    'MultiLabelMarginLoss',
    withTarget(new nn.MultiLabelMarginLoss() as Targeted, i32(3, 0, -1, 1, 2, -1, 0, 0).reshape([2, 4])),
    [x(2, 4)],
  ],
  ['MultiLabelSoftMarginLoss', () => new nn.MultiLabelSoftMarginLoss({ weight }), [x(3, 4), between]],
  ['CosineEmbeddingLoss', withTarget(rankOf(new nn.CosineEmbeddingLoss({ margin: -0.5 })), signs), [x(2, 3, 4)]],
  ['TripletMarginLoss', () => new nn.TripletMarginLoss({ margin: 5, swap: true }), [x(3, 4), x(3, 4), x(3, 4)]],
  ['GaussianNLLLoss', () => new nn.GaussianNLLLoss({ full: true }), [x(3, 4), x(3, 4), between]],
  ['PoissonNLLLoss', () => new nn.PoissonNLLLoss({ full: true }), [x(3, 4), x(3, 4).square().add(1.5).detach()]],
  [
    'CTCLoss',
    () => (scores: Tensor) =>
      nn.ctcLoss(scores.logSoftmax(2), i32(1, 2, 2, 3, 3, 1).reshape([2, 3]) as IntTensor, [5, 4], [3, 2], {
        reduction: 'sum',
      }),
    [x(5, 2, 4)],
  ],
  [
    'DistillationLoss',
    () => (student: Tensor) => nn.distillationLoss(student, probabilities, classes, { temperature: 3 }),
    [x(3, 4)],
  ],
];

beforeEach(() => {
  manualSeed(3);
});

describe.each([
  ['gradcheck', gradcheck],
  ['gradgradcheck', gradgradcheck],
] as const)('%s', (_, check) => {
  test.each([...layers, ...losses])('%s', (_name, make, inputs) => {
    expect(check(make(), inputs).checked).toBeGreaterThan(0);
  });

  test('every entry of an LSTM', () => {
    check(new nn.LSTM(2, 2, { batchFirst: true }), [x(2, 2, 2)], { mode: 'full' });
  });
});

test('every module has a gradient check', () => {
  const checked = [...layers, ...losses].map(([name]) => name.split(/[ ,]/)[0]);
  const modules = Object.entries(nn)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof nn.Module)
    .map(([name]) => name);
  expect(modules.filter((name) => !checked.includes(name))).toEqual([]);
});

function activation(type: new () => nn.Module): readonly [string, () => Checkable, readonly AnyTensor[]] {
  return [type.name, () => new type() as Checkable, [x(3, 4)]];
}

function inTurn(layers: nn.ModuleList<nn.Linear> | nn.ModuleDict<nn.Linear>): Checkable {
  const list = layers instanceof nn.ModuleList ? [...layers] : [...layers.values()];
  const forward = (y: Tensor): Tensor => list.reduce((z, layer) => layer.forward(z), y);
  return { namedParameters: () => layers.namedParameters(), forward } as Checkable;
}

function scaled(scales: nn.ParameterList | nn.ParameterDict): Checkable {
  const forward = (y: Tensor): Tensor => scales.parameters().reduce((z, scale) => z.mul(scale), y);
  return { namedParameters: () => scales.namedParameters(), forward } as Checkable;
}

/** A module with a target that is no input of the check. */
function withTarget(loss: Targeted, target: AnyTensor) {
  return (): Checkable => ({ namedParameters: () => [], forward: (y: Tensor) => loss.forward(y, target) }) as Checkable;
}

type Targeted = nn.Module & { forward(x: Tensor, target: AnyTensor): Tensor };

/** A loss of two tensors and a target, whose tensors arrive as one. */
function rankOf(loss: nn.Module & { forward(a: Tensor, b: Tensor, target: Tensor): Tensor }): Targeted {
  const forward = (pair: Tensor, target: AnyTensor): Tensor =>
    loss.forward(pair.select(0, 0), pair.select(0, 1), target as Tensor);
  return { forward } as Targeted;
}

/** A recurrent module whose state counts as two inputs. */
function withState(layer: nn.LSTM | nn.LSTMCell) {
  return (): Checkable =>
    ({
      namedParameters: () => layer.namedParameters(),
      forward: (y: Tensor, h: Tensor, c: Tensor) => layer.forward(y, [h, c]),
    }) as Checkable;
}

/** A recurrent module over three sequences of 2, 4 and 1 steps, packed and unpacked; a state may follow. */
function packed(layer: nn.Module & { forward(y: nn.PackedSequence, state?: never): [nn.PackedSequence, unknown] }) {
  return (): Checkable =>
    ({
      namedParameters: () => layer.namedParameters(),
      forward: (y: Tensor, ...state: Tensor[]) => {
        const input = nn.packPaddedSequence(y, [2, 4, 1], { enforceSorted: false });
        const [output, last] = layer.forward(input, (state.length > 0 ? state : undefined) as never);
        return [nn.padPackedSequence(output)[0], last];
      },
    }) as Checkable;
}
