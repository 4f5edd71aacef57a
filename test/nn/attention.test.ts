/** Attention against the same in plain loops, and what it refuses. PyTorch's values are in test/conformance. */

import { ones, randn, setDevice, type Tensor, tensor } from '@tapegrad/core';
import { scaledDotProductAttention } from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';

await setDevice('cpu');

const f64 = (...shape: number[]): Tensor => randn(shape, { dtype: 'f64' });
const rows = (x: Tensor): number[][] => x.toArraySync() as number[][];

/** softmax(scale q k^T + bias) v, a row at a time. */
function plain(q: number[][], k: number[][], v: number[][], bias: (l: number, s: number) => number): number[][] {
  return q.map((query, l) => {
    const scores = k.map(
      (key, s) => query.reduce((sum, x, e) => sum + x * key[e]!, 0) / Math.sqrt(query.length) + bias(l, s),
    );
    const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const total = weights.reduce((a, b) => a + b, 0);
    return v[0]!.map((_, d) => weights.reduce((sum, w, s) => sum + (w / total) * v[s]![d]!, 0));
  });
}

const [q, k, v] = [f64(3, 4), f64(5, 4), f64(5, 2)];
const bias = f64(3, 5);
const sees = (l: number, s: number): boolean => (l + s) % 3 > 0;
const mask = tensor(Array.from({ length: 3 }, (_, l) => Array.from({ length: 5 }, (_, s) => sees(l, s))));

test.each<[string, Tensor, (l: number, s: number) => number]>([
  ['without a mask', scaledDotProductAttention(q, k, v), () => 0],
  ['that is causal', scaledDotProductAttention(q, k, v, { isCausal: true }), (l, s) => (s <= l ? 0 : -Infinity)],
  ['with a mask', scaledDotProductAttention(q, k, v, { mask }), (l, s) => (sees(l, s) ? 0 : -Infinity)],
  ['with a bias', scaledDotProductAttention(q, k, v, { mask: bias }), (l, s) => rows(bias)[l]![s]!],
])('attention %s is that of plain loops', (_, found, added) => {
  plain(rows(q), rows(k), rows(v), added).forEach((row, l) => {
    row.forEach((value, d) => {
      expect(rows(found)[l]![d]).toBeCloseTo(value, 12);
    });
  });
});

test('heads and batches are leading dimensions, and a scale of 0 weighs all alike', () => {
  const [a, b] = [f64(2, 3, 4, 5), f64(2, 3, 6, 5)];
  const whole = scaledDotProductAttention(a, b, b, { scale: 0 });
  expect(whole.shape).toEqual([2, 3, 4, 5]);
  expect(
    whole
      .sub(b.mean({ dim: 2, keepdim: true }))
      .abs()
      .max()
      .itemSync(),
  ).toBeLessThan(1e-12);
});

test('a query that may see no key gives 0, with a gradient of 0', () => {
  const query = q.detach();
  query.requiresGrad = true;
  const none = tensor([[true], [false], [true]]);
  for (const hidden of [none, ones([3, 1], { dtype: 'f64' }).mul(tensor([[0], [-Infinity], [0]], { dtype: 'f64' }))]) {
    query.zeroGrad();
    const y = scaledDotProductAttention(query, k, v, { mask: hidden });
    y.square().sum().backward();
    expect(rows(y)[1]).toEqual([0, 0]);
    expect(rows(query.grad!)[1]).toEqual([0, 0, 0, 0]);
    expect(rows(query.grad!)[0]!.every((g) => Number.isFinite(g) && g !== 0)).toBe(true);
  }
});

test('dropout drops weights', () => {
  const y = scaledDotProductAttention(ones([1, 2]), ones([1000, 2]), ones([1000, 1]), { dropout: 0.5 });
  expect(Math.abs(y.itemSync() - 1)).toBeLessThan(0.2);
  expect(y.itemSync()).not.toBe(1);
});

describe('what it refuses', () => {
  test.each<[() => unknown, string]>([
    [() => scaledDotProductAttention(q, v, v), 'query is [3, 4], key is [5, 2], value is [5, 2]'],
    [() => scaledDotProductAttention(q, k, q), 'expected query [..., L, E], key [..., S, E] and value [..., S, V]'],
    [() => scaledDotProductAttention(q, k, v, { mask, isCausal: true }), 'expected a mask or isCausal, not both'],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
