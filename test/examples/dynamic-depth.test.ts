import { manualSeed } from '@tapegrad/core';
import { expect, test } from 'vitest';
import {
  accuracy,
  asText,
  Clock,
  type Operation,
  predict,
  randomOperation,
  solve,
  tapeLength,
  train,
} from '../../examples/dynamic-depth.ts';

/** 2 * (3 - 4) */
const example: Operation = { operator: '*', left: 2, right: { operator: '-', left: 3, right: 4 } };

test('expressions are written and solved on a clock with five hours', () => {
  expect(asText(example)).toBe('2 * (3 - 4)');
  expect(solve(example)).toBe(3);
  expect(solve({ operator: '+', left: 3, right: 4 })).toBe(2);
});

test('random operations are as deep as asked for', () => {
  const depth = (e: Operation | number): number =>
    typeof e === 'number' ? 0 : 1 + Math.max(depth(e.left), depth(e.right));
  manualSeed(1);
  for (const levels of [1, 2, 5]) expect(depth(randomOperation(levels))).toBe(levels);
});

test('the tape is as long as what ran', () => {
  const model = new Clock();
  const flat: Operation = { operator: '+', left: 1, right: 2 };
  expect(tapeLength(model, example)).toBeGreaterThan(tapeLength(model, flat));
  expect(tapeLength(model, { operator: '+', left: example, right: example })).toBeGreaterThan(
    2 * tapeLength(model, example),
  );
});

test('a gradient reaches every table that the expression uses, and no other', () => {
  const model = new Clock();
  model.forward(example).square().sum().backward();
  const used = [...model.tables].filter(([, { weight }]) => weight.grad !== null).map(([operator]) => operator);
  expect(used).toEqual(['-', '*']);
});

test('it learns arithmetic from whole expressions, and answers deeper ones than it was trained on', () => {
  const losses: number[] = [];
  const model = train(250, (_, loss) => losses.push(loss));
  expect(losses).toHaveLength(5);
  expect(losses[4]).toBeLessThan(losses[0]! / 10);
  expect(predict(model, example)).toBe(3);
  for (const depth of [1, 3, 5]) expect(accuracy(model, depth, 30)).toBeGreaterThan(0.95);
});
