/** Clipping at the edges; PyTorch's values are in test/conformance. */

import { Parameter, setDevice, type Tensor, tensor } from '@tapegrad/core';
import { clipGradNorm, clipGradValue } from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';

await setDevice('cpu'); // which has f64

describe('clipGradNorm', () => {
  test('takes one parameter, or any iterable', () => {
    const [a, b] = [withGrad(tensor([3, 4])), withGrad(tensor([3, 4]))];
    expect(clipGradNorm(a, 1).itemSync()).toBeCloseTo(5);
    expect(clipGradNorm(new Set([b]), Infinity).itemSync()).toBeCloseTo(5);
    expect(b.grad!.toArraySync()).toEqual([3, 4]);
  });

  test('without any gradient the norm is 0', () => {
    expect(clipGradNorm([new Parameter(tensor([1, 2]))], 1).itemSync()).toBe(0);
    expect(clipGradNorm([], 1).shape).toEqual([]);
  });

  test('a gradient without elements counts nothing, whatever the norm', () => {
    const empty = withGrad(tensor([]));
    expect(clipGradNorm([empty, withGrad(tensor([-3, 2]))], 1, { normType: Infinity }).itemSync()).toBe(3);
    expect(clipGradNorm([empty], 1).itemSync()).toBe(0);
  });

  test.each([
    [-Infinity, 1],
    [0, 2], // of two norms
    [-1, 1 / (1 / (1 / (1 / 3 + 1 / 4)) + 1)],
  ])('the norm of order %d is that of the tensors, of which each has such a norm', (normType, expected) => {
    const params = [withGrad(tensor([3, -4])), withGrad(tensor([-1]))];
    expect(clipGradNorm(params, Infinity, { normType }).itemSync()).toBeCloseTo(expected, 6);
  });

  test('NaN spreads to every gradient, as in PyTorch', () => {
    const params = [withGrad(tensor([NaN, 1])), withGrad(tensor([2]))];
    expect(clipGradNorm(params, 1).itemSync()).toBeNaN();
    expect(params[1]!.grad!.toArraySync()).toEqual([NaN]);
  });

  test('errorIfNonfinite refuses, and leaves the gradients alone', () => {
    const params = [withGrad(tensor([Infinity, 1])), withGrad(tensor([2]))];
    expect(() => clipGradNorm(params, 1, { errorIfNonfinite: true })).toThrow('the norm of the gradients is Infinity');
    expect(params[0]!.grad!.toArraySync()).toEqual([Infinity, 1]);
  });

  test('the gradient stays in its buffer, so the next backward pass finds it', () => {
    const w = withGrad(tensor([3, 4]));
    const { storage } = w.grad!;
    clipGradNorm([w], 1);
    expect(w.grad!.storage).toBe(storage);
  });
});

test('clipGradValue leaves NaN and what lies inside', () => {
  const w = withGrad(tensor([NaN, 0.5, -7, Infinity]));
  clipGradValue([w], 1);
  expect(w.grad!.toArraySync()).toEqual([NaN, 0.5, -1, 1]);
});

test.each([
  [() => clipGradNorm([], -1), 'clipGradNorm: maxNorm must be a number of at least 0; given -1'],
  [() => clipGradNorm([], NaN), 'clipGradNorm: maxNorm must be a number of at least 0; given NaN'],
  [() => clipGradNorm([], 1, { normType: NaN }), 'clipGradNorm: normType must be a number; given NaN'],
  [() => clipGradValue([], -0.5), 'clipGradValue: clipValue must be a number of at least 0; given -0.5'],
  [() => clipGradNorm([3 as unknown as Tensor], 1), 'clipGradNorm: expected a parameter at position 0; given 3'],
])('%s is refused', (call, message) => {
  expect(call).toThrow(message);
});

function withGrad(grad: Tensor): Parameter {
  const param = new Parameter(grad.mul(0));
  param.grad = grad;
  return param;
}
