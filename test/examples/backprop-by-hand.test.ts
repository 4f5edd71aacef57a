import { expect, test } from 'vitest';
import {
  finiteDifference,
  gradientOnTheTape,
  lossAndGradient,
  neuronAsText,
  nodeCounts,
  predict,
  start,
  train,
  XOR,
} from '../../examples/backprop-by-hand.ts';

const { gradient } = lossAndGradient(start);

test('the derivatives of a neuron are written down as expressions', () => {
  expect(neuronAsText()).toEqual([
    'y = tanh(w * x + b)',
    'dy/dw = 1 * (1 - y * y) * x',
    'dy/dx = 1 * (1 - y * y) * w',
    'dy/db = 1 * (1 - y * y)',
  ]);
});

test('the loss and its 17 gradients have as many nodes as the text says', () => {
  expect(gradient).toHaveLength(17);
  expect(nodeCounts).toEqual([60, 101]);
});

test('every derived gradient agrees with finite differences', () => {
  gradient.forEach((slope, k) => {
    expect(finiteDifference(start, k)).toBeCloseTo(slope, 8);
  });
});

test('every derived gradient agrees with tensors on the tape', () => {
  gradientOnTheTape(start).forEach((slope, k) => {
    expect(slope).toBeCloseTo(gradient[k]!, 14);
  });
});

test('gradient descent learns XOR, and the loss falls on the way', () => {
  const losses: number[] = [];
  const weights = train(250, 0.3, (_, loss) => losses.push(loss));
  expect(losses).toHaveLength(251);
  expect(losses.at(-1)).toBeLessThan(1e-5);
  expect(losses[100]).toBeLessThan(losses[0]! / 5);
  for (const [a, b, answer] of XOR) expect(Math.abs(predict(a, b, weights) - answer)).toBeLessThan(0.01);
});
