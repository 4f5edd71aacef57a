/** Averages of weights. */

import { ArgumentError, Parameter, type Tensor, tensor } from '@tapegrad/core';
import { ExponentialMovingAverage, Lion, NAdam, SGD } from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';

const numberOf = (x: Tensor): number => x.itemSync();

describe('an exponential moving average', () => {
  function trained(steps: number): { w: Parameter; average: ExponentialMovingAverage; expected: number } {
    const w = new Parameter(tensor(4));
    const optimizer = new SGD([w], { lr: 0.1 });
    const average = new ExponentialMovingAverage([w], { decay: 0.75 });
    let expected = 4;
    for (let step = 0; step < steps; step++) {
      optimizer.zeroGrad();
      w.square().backward();
      optimizer.step();
      average.update();
      expected = 0.75 * expected + 0.25 * numberOf(w);
    }
    return { w, average, expected };
  }

  test('follows the weights, and changes places with them', () => {
    const { w, average, expected } = trained(5);
    const weight = numberOf(w);
    average.swap();
    expect(numberOf(w)).toBeCloseTo(expected, 5);
    average.swap();
    expect(numberOf(w)).toBe(weight);
  });

  test('goes on where it was saved', () => {
    const { w, average } = trained(3);
    const other = new ExponentialMovingAverage([w], { decay: 0.75 });
    other.loadStateDict(average.stateDict());
    average.update();
    other.update();
    expect(numberOf(other.stateDict().averages[0]!)).toBe(numberOf(average.stateDict().averages[0]!));
    expect(other.stateDict().updates).toBe(4);
  });

  test('says what is wrong', () => {
    const w = new Parameter(tensor([1]));
    expect(() => new ExponentialMovingAverage([3 as never])).toThrow(
      /^ExponentialMovingAverage: expected a parameter at position 0; given 3/,
    );
    expect(() => new ExponentialMovingAverage([w], { decay: 2 })).toThrow(
      /^ExponentialMovingAverage: decay must be a number from 0 to 1; given 2/,
    );
    expect(() => new ExponentialMovingAverage([w]).loadStateDict({ updates: 0, averages: [] })).toThrow(ArgumentError);
  });
});

test('Lion goes by the sign of its average, and shrinks the weight itself', () => {
  // algorithm 2 of https://arxiv.org/abs/2302.06675, by hand: m = 0, then 0.01 * 2 = 0.02
  const w = new Parameter(tensor([1, -1]));
  const optimizer = new Lion([w], { lr: 0.1, weightDecay: 0.5 });
  w.grad = tensor([2, 0]);
  optimizer.step();
  expect(w.toArraySync()).toEqual([Math.fround(Math.fround(0.95) - Math.fround(0.1)), Math.fround(-0.95)]);
  w.grad = tensor([-0.1, 0]); // 0.9 * 0.02 - 0.1 * 0.1 > 0: still downwards
  optimizer.step();
  expect((w.toArraySync() as number[])[0]).toBeCloseTo(0.85 * 0.95 - 0.1, 6);
});

test('NAdam counts the momentum of a step once, or twice as PyTorch did before 2.0', () => {
  const after = (legacyMomentum: boolean): number => {
    const w = new Parameter(tensor([1]));
    const optimizer = new NAdam([w], { lr: 0.05, weightDecay: 0.01, legacyMomentum });
    w.grad = tensor([0.5]);
    optimizer.step();
    return w.itemSync();
  };
  expect(after(false)).toBeCloseTo(0.9471774, 6); // PyTorch 2.13
  expect(after(true)).toBeCloseTo(0.9475234, 6); // by hand: 1 - 0.05 (1 + 0.1 mu' / (1 - mu^2 mu'))
});
