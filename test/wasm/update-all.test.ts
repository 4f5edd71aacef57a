/** Updates of many tensors at once: they do what updates of one after another do, in one kernel. */

import {
  assign,
  Parameter,
  randn,
  scalar,
  setThreads,
  snapshot,
  type Tensor,
  tensor,
  updateAllInPlace,
  updateInPlace,
} from '@tapegrad/core';
import { Adam, SGD } from '@tapegrad/optim';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { wasm } from '../../packages/core/src/device/wasm/device.ts';

afterEach(() => vi.restoreAllMocks());
afterAll(() => setThreads(1));

const { add, mul, program, sqrt, uniform } = scalar;

/** x += rate g; s = sqrt(s^2 + g^2) */
const STEP = program('step', (x, g, s) => [add(x!, mul(uniform(0), g!)), sqrt(add(mul(s!, s!), mul(g!, g!)))], {
  slots: [1, 1, 1],
  into: [0, 2],
});
const SHAPES = [[3], [0], [1], [7, 9], [4096], [], [2, 5000], [4097], [16], [1, 1]];

const listsOf = (shapes: readonly (readonly number[])[]): Tensor[][] =>
  shapes.map((shape) => [randn(shape), randn(shape), randn(shape)]);

/** What comes of all at once, bit for bit, must come of one after another. */
function expectAsOneByOne(lists: readonly (readonly Tensor[])[]): void {
  const read = (): unknown => lists.map((list) => list.map((x) => [...x.dataSync()]));
  const before = lists.map((list) => list.map((x) => snapshot(x)));
  updateAllInPlace(STEP, lists, [0.5]);
  const found = read();
  for (const [i, list] of lists.entries()) {
    for (const [k, x] of list.entries()) assign(x, before[i]![k]!);
    updateInPlace(STEP, list, [0.5]);
  }
  expect(found).toEqual(read());
}

describe.each([1, 2])('with %i threads', (threads) => {
  test('tensors of any sizes change as each alone would, by one kernel', () => {
    setThreads(threads);
    const lists = listsOf(SHAPES);
    const [map, all] = [vi.spyOn(wasm.kernels, 'map'), vi.spyOn(wasm.kernels.fused!, 'updateAll')];
    updateAllInPlace(STEP, lists, [0.5]);
    expect([map.mock.calls.length, all.mock.calls.length]).toEqual([0, 1]);
    expectAsOneByOne(lists);
  });

  test('so do more tensors than one kernel takes', () => {
    setThreads(threads);
    expectAsOneByOne(listsOf(Array.from({ length: 2000 }, (_, k) => [1 + (k % 3)])));
  });
});

test('an operand of one element is repeated, and one with gaps is walked', () => {
  const factor = randn([]);
  const repeated = SHAPES.map((shape) => [randn(shape), factor, randn(shape)]);
  const run = vi.spyOn(wasm.kernels, 'map');
  updateAllInPlace(STEP, repeated, [2]);
  expect(run).not.toHaveBeenCalled();
  expectAsOneByOne(repeated);
  const column = randn([4, 50]).select(1, 0);
  expectAsOneByOne([
    ...listsOf(SHAPES),
    [randn([6, 50]).T, randn([50, 6]), randn([50, 6])],
    [randn([4]), column, randn([4])],
  ]);
});

test('lists that write or read the same memory take their turns', () => {
  const [x, s] = [tensor([1, 2]), tensor([0, 0])];
  const ADD = program('add', (a, b) => [add(a!, b!)], { slots: [1, 1], into: [0] });
  updateAllInPlace(ADD, [
    [x, tensor([1, 1])],
    [x, tensor([10, 10])],
    [s, x],
  ]);
  expect([x.toArraySync(), s.toArraySync()]).toEqual([
    [12, 13],
    [12, 13],
  ]);
});

test('an operand that does not fit is refused before anything has changed', () => {
  const [x, y] = [tensor([1, 2]), tensor([3, 4])];
  const ADD = program('add', (a, b) => [add(a!, b!)], { slots: [1, 1], into: [0] });
  const lists = [
    [x, tensor([1, 1])],
    [y, tensor([1, 1, 1])],
  ];
  expect(() => updateAllInPlace(ADD, lists)).toThrow(/^add: shapes do not broadcast: a is \[3\], b is \[2\]/);
  expect([x.toArraySync(), y.toArraySync()]).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('backward refuses what an update of all has changed', () => {
  const [x, y] = [new Parameter(tensor([1, 2])), new Parameter(tensor([3]))];
  const loss = x.square().sum();
  updateAllInPlace(
    program('halve', (a) => [mul(a!, scalar.constant(0.5))], { into: [0] }),
    [[x], [y]],
  );
  expect(() => loss.backward()).toThrow(/was changed in place after the forward pass/);
});

test.each([
  ['Adam', (params: Tensor[]) => new Adam(params)],
  ['SGD', (params: Tensor[]) => new SGD(params, { momentum: 0.9 })],
])('a step of %s is one kernel for all parameters that have taken the same steps', (name, make) => {
  const params = SHAPES.map((shape) => new Parameter(randn(shape)));
  for (const p of params.slice(0, 4)) p.grad = randn(p.shape);
  const optimizer = make(params);
  const [map, all] = [vi.spyOn(wasm.kernels, 'map'), vi.spyOn(wasm.kernels.fused!, 'updateAll')];
  optimizer.step();
  for (const p of params) p.grad ??= randn(p.shape);
  optimizer.step(); // the first four take their second step
  optimizer.step();
  expect(all.mock.calls.map(([, items]) => items.length)).toEqual([4, 4, 6, ...(name === 'Adam' ? [4, 6] : [10])]);
  expect(map.mock.calls.filter(([{ name }]) => name === optimizer.name)).toEqual([]);
});
