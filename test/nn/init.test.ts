/** First values: bounds and moments of each distribution, and PyTorch's formulas. */

import { Generator, manualSeed, Parameter, ShapeError, type Tensor, zeros } from '@tapegrad/core';
import { Embedding, GRU, GRUCell, init, LayerNorm, Linear, LSTM, LSTMCell, RNN, RNNCell } from '@tapegrad/nn';
import { beforeEach, describe, expect, test } from 'vitest';

const [O, I] = [80, 125];
const weight = (...shape: number[]): Parameter => new Parameter(zeros(shape));
const momentsOf = (x: Tensor): { mean: number; std: number; min: number; max: number } => {
  const v = Float64Array.from(x.dataSync());
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  const std = Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length);
  return { mean, std, min: Math.min(...v), max: Math.max(...v) };
};

beforeEach(() => {
  manualSeed(5);
});

describe('uniform distributions fill their bounds', () => {
  const fanIn = I;
  test.each<[string, (x: Parameter) => unknown, number, number]>([
    ['uniform', (x) => init.uniform(x), 0, 1],
    ['uniform with bounds', (x) => init.uniform(x, { a: -3, b: -1 }), -3, -1],
    ['xavierUniform', (x) => init.xavierUniform(x), -Math.sqrt(6 / (I + O)), Math.sqrt(6 / (I + O))],
    [
      'xavierUniform with a gain',
      (x) => init.xavierUniform(x, { gain: 5 / 3 }),
      ...around((5 / 3) * Math.sqrt(6 / (I + O))),
    ],
    ['kaimingUniform', (x) => init.kaimingUniform(x), ...around(Math.sqrt(6 / fanIn))],
    ['kaimingUniform of Linear', (x) => init.kaimingUniform(x, { a: Math.sqrt(5) }), ...around(1 / Math.sqrt(fanIn))],
    [
      'kaimingUniform by outputs',
      (x) => init.kaimingUniform(x, { mode: 'fanOut', nonlinearity: 'tanh' }),
      ...around((5 / 3) * Math.sqrt(3 / O)),
    ],
  ])('%s', (_, fill, low, high) => {
    const x = weight(O, I);
    expect(fill(x)).toBe(x);
    const { mean, std, min, max } = momentsOf(x);
    const width = high - low;
    expect(min).toBeGreaterThanOrEqual(Math.fround(low));
    expect(max).toBeLessThanOrEqual(Math.fround(high));
    expect(min).toBeLessThan(low + 0.002 * width);
    expect(max).toBeGreaterThan(high - 0.002 * width);
    expect(Math.abs(mean - (low + high) / 2)).toBeLessThan(0.02 * width);
    expect(std / (width / Math.sqrt(12))).toBeCloseTo(1, 1);
  });
});

describe('normal distributions have their moments', () => {
  test.each<[string, (x: Parameter) => unknown, number, number]>([
    ['normal', (x) => init.normal(x), 0, 1],
    ['normal with moments', (x) => init.normal(x, { mean: 3, std: 0.02 }), 3, 0.02],
    ['xavierNormal', (x) => init.xavierNormal(x), 0, Math.sqrt(2 / (I + O))],
    ['kaimingNormal', (x) => init.kaimingNormal(x, { nonlinearity: 'relu' }), 0, Math.sqrt(2 / I)],
    ['kaimingNormal by outputs', (x) => init.kaimingNormal(x, { mode: 'fanOut' }), 0, Math.sqrt(2 / O)],
    ['truncNormal', (x) => init.truncNormal(x), 0, 0.8796], // sqrt(1 - 4 phi(2) / (2 Phi(2) - 1))
  ])('%s', (_, fill, mean, std) => {
    const x = weight(O, I);
    fill(x);
    expect(Math.abs(momentsOf(x).mean - mean)).toBeLessThan(0.05 * std);
    expect(momentsOf(x).std / std).toBeCloseTo(1, 1);
  });

  test('truncNormal stays in its bounds, and refuses bounds that it never meets', () => {
    const x = init.truncNormal(weight(O, I), { mean: 1, std: 2, a: 0, b: 1.5 });
    expect(momentsOf(x).min).toBeGreaterThanOrEqual(0);
    expect(momentsOf(x).max).toBeLessThanOrEqual(1.5);
    expect(() => init.truncNormal(weight(1), { a: 50, b: 60 })).toThrow('hardly ever in [50, 60]');
  });
});

describe('orthogonal', () => {
  test.each([
    [[4, 4], 4],
    [[3, 7], 3],
    [[7, 3], 3],
    [[4, 2, 3], 4],
  ])('%s', (shape, n) => {
    const x = init.orthogonal(weight(...shape), { gain: 2 });
    const flat = x.detach().reshape([shape[0]!, -1]);
    const product = shape[0] === n ? flat.matmul(flat.T) : flat.T.matmul(flat);
    const expected = init.eye(weight(n, n)).detach().mul(4);
    expect(product.sub(expected).abs().max().itemSync()).toBeLessThan(1e-5);
  });

  test("R's diagonal is positive: Q has the signs of what was drawn, as PyTorch makes them", () => {
    const draws = Array.from({ length: 400 }, (_, seed) =>
      init.orthogonal(weight(1, 1), { generator: new Generator(seed) }).itemSync(),
    );
    const positive = draws.filter((v) => v === 1).length;
    expect(draws.every((v) => Math.abs(v) === 1)).toBe(true);
    expect(Math.abs(positive - 200)).toBeLessThan(50);
  });
});

test('constants', () => {
  expect(init.constant(weight(2), 0.5).toArraySync()).toEqual([0.5, 0.5]);
  expect(init.ones(weight(2)).toArraySync()).toEqual([1, 1]);
  expect(init.zeros(init.ones(weight(2))).toArraySync()).toEqual([0, 0]);
  expect(init.eye(weight(3, 2)).toArraySync()).toEqual([
    [1, 0],
    [0, 1],
    [0, 0],
  ]);
});

test.each([
  ['linear', undefined, 1],
  ['sigmoid', undefined, 1],
  ['tanh', undefined, 5 / 3],
  ['relu', undefined, Math.sqrt(2)],
  ['leakyRelu', undefined, Math.sqrt(2 / (1 + 0.0001))],
  ['leakyRelu', 0.2, Math.sqrt(2 / 1.04)],
  ['selu', undefined, 0.75],
] as const)('the gain of %s with %s', (nonlinearity, parameter, gain) => {
  expect(init.calculateGain(nonlinearity, parameter)).toBeCloseTo(gain, 12);
});

describe('layers start as in PyTorch', () => {
  const bound = (x: Tensor): number => Math.max(...x.dataSync().map(Math.abs));
  test('Linear: +-1/sqrt(I)', () => {
    const layer = new Linear(100, 200);
    for (const p of layer.parameters()) {
      expect(bound(p)).toBeLessThanOrEqual(0.1);
      expect(bound(p)).toBeGreaterThan(0.095);
    }
  });

  test('recurrent layers and cells: +-1/sqrt(H)', () => {
    const layers = [new LSTM(30, 25, { numLayers: 2, projSize: 20 }), new GRU(30, 25), new RNN(30, 25)];
    const cells = [new LSTMCell(30, 25), new GRUCell(30, 25), new RNNCell(30, 25)];
    for (const p of [...layers, ...cells].flatMap((module) => module.parameters())) {
      expect(bound(p)).toBeLessThanOrEqual(Math.fround(0.2));
      expect(bound(p)).toBeGreaterThan(0.18);
    }
  });

  test('Embedding: standard normal, zeros at paddingIdx', () => {
    const { weight: table } = new Embedding(100, 50, { paddingIdx: -1 });
    expect(momentsOf(table.detach().slice(0, 0, 99)).std).toBeCloseTo(1, 1);
    expect(bound(table.detach().select(0, 99))).toBe(0);
  });

  test('LayerNorm: ones and zeros', () => {
    const layer = new LayerNorm([2]);
    expect(layer.parameters().map((p) => p.toArraySync())).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  test('resetParameters draws anew', () => {
    const layer = new Linear(3, 2);
    const before = layer.weight.toArraySync();
    layer.resetParameters();
    expect(layer.weight.toArraySync()).not.toEqual(before);
  });
});

test('a seed gives the same values, and a generator of its own leaves the default alone', () => {
  const draw = (): unknown => init.normal(weight(3)).toArraySync();
  manualSeed(1);
  const first = draw();
  const second = draw();
  manualSeed(1);
  expect(draw()).toEqual(first);
  init.orthogonal(weight(3, 3), { generator: new Generator(9) });
  expect(draw()).toEqual(second);
});

test('what cannot be filled', () => {
  expect(() => init.xavierUniform(weight(3))).toThrow(ShapeError);
  expect(() => init.kaimingNormal(weight(3))).toThrow(
    'kaimingNormal: expected a tensor of 2 or more dimensions; given [3]',
  );
  expect(() => init.eye(weight(2, 2, 2))).toThrow('eye: expected a tensor of 2 dimensions; given [2, 2, 2]');
  expect(() => init.uniform(weight(3).mul(2))).toThrow('expected a leaf');
  expect(() => init.calculateGain('softmax' as never)).toThrow("given 'softmax'");
  expect(() => init.kaimingUniform(weight(2, 2), { mode: 'fan_in' as never })).toThrow("given 'fan_in'");
});

function around(bound: number): [number, number] {
  return [-bound, bound];
}
