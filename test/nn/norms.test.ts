/** Batch normalisation's statistics, and bad input of norms. PyTorch's values: test/conformance. */

import { setDevice, type Tensor, tensor } from '@tapegrad/core';
import { BatchNorm1d, GroupNorm, groupNorm, RMSNorm, rmsNorm } from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';

await setDevice('cpu');

const numbers = (x: unknown): number[] => (x as Tensor).flatten().toArraySync() as number[];

describe('BatchNorm1d', () => {
  const batches = [tensor([[1], [3]]), tensor([[4], [8]])];

  test('remembers a part of each batch, with the unbiased variance', () => {
    const layer = new BatchNorm1d(1, { momentum: 0.25 });
    for (const batch of batches) layer.forward(batch);
    const state = layer.stateDict();
    // means 2 and 6 from 0; variances 2 and 8 from 1
    expect(numbers(state.get('running_mean'))[0]).toBeCloseTo(0.75 * (0.25 * 2) + 0.25 * 6, 6);
    expect(numbers(state.get('running_var'))[0]).toBeCloseTo(0.75 * (0.75 + 0.25 * 2) + 0.25 * 8, 6);
    expect(numbers(state.get('num_batches_tracked'))).toEqual([2]);
  });

  test('averages all batches alike without a momentum', () => {
    const layer = new BatchNorm1d(1, { momentum: null });
    for (const batch of batches) layer.forward(batch);
    expect(numbers(layer.stateDict().get('running_mean'))[0]).toBeCloseTo(4, 6);
    expect(numbers(layer.stateDict().get('running_var'))[0]).toBeCloseTo(5, 6);
  });

  test('uses what it remembers in evaluation, and changes it no more', () => {
    const layer = new BatchNorm1d(1, { momentum: 1 });
    layer.forward(batches[0]!);
    layer.eval();
    expect(numbers(layer.forward(tensor([[2 + Math.SQRT2]])))[0]).toBeCloseTo(1, 4);
    expect(numbers(layer.stateDict().get('num_batches_tracked'))).toEqual([1]);
  });

  test('begins anew', () => {
    const layer = new BatchNorm1d(1);
    layer.forward(batches[0]!);
    layer.resetParameters();
    const state = layer.stateDict();
    const all = ['running_mean', 'running_var', 'num_batches_tracked'].flatMap((name) => numbers(state.get(name)));
    expect(all).toEqual([0, 1, 0]);
  });

  test('says what is wrong', () => {
    const layer = new BatchNorm1d(2);
    expect(() => layer.forward(tensor([1, 2]))).toThrow(
      /^BatchNorm1d: expected x \[B, C\] or \[B, C, T\] with C = 2; given \[2\]/,
    );
    expect(() => layer.forward(tensor([[1, 2]]))).toThrow(/^BatchNorm1d: one number a channel has no variance/);
    expect(layer.eval().forward(tensor([[1, 2]])).shape).toEqual([1, 2]);
  });
});

test.each<[() => unknown, RegExp]>([
  [() => new GroupNorm(3, 4), /^GroupNorm: 3 groups do not divide 4 channels/],
  [() => new GroupNorm(2, 4).forward(tensor([[1, 2]])), /^GroupNorm: expected x \[B, 4, ...\]; given \[1, 2\]/],
  [() => groupNorm(tensor([1]), 1), /^groupNorm: expected x \[B, C, ...\]; given \[1\]/],
  [() => groupNorm(tensor([[1, 2]]), 1, tensor([1])), /^groupNorm: weight is \[1\], expected \[2\]: x is \[1, 2\]/],
  [() => groupNorm(tensor([[1, 2, 3]]), 2), /^groupNorm: 2 groups do not divide the 3 channels/],
  [() => new RMSNorm([]), /^RMSNorm: expected a shape to normalise; given \[\]/],
  [() => rmsNorm(tensor([[1, 2]]), [3]), /^rmsNorm: expected x to end in the normalised shape: x is \[1, 2\]/],
  [() => rmsNorm(tensor([[1, 2]]), [2], tensor([1])), /^rmsNorm: weight is \[1\], expected normalizedShape \[2\]/],
])('%s says what is wrong', (call, message) => {
  expect(call).toThrow(message);
});
