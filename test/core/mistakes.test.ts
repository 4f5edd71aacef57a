/** Mistakes that once had the wrong effect, or an error that named something else. */
import {
  assign,
  defineOp,
  eye,
  grad,
  linspace,
  ones,
  randperm,
  stack,
  sum,
  type Tensor,
  tensor,
  tril,
  zeros,
} from '@tapegrad/core';
import { gradcheck, gradgradcheck } from '@tapegrad/core/testing';
import { describe, expect, test } from 'vitest';

describe('a mistake leaves the graph as it was', () => {
  test('who has forgotten allowUnused may ask again', () => {
    const [a, b] = [tensor([2], { requiresGrad: true }), tensor([3], { requiresGrad: true })];
    const loss = a.square().sum();
    expect(() => grad(loss, [a, b])).toThrow(/allowUnused: true/);
    const [ga, gb] = grad(loss, [a, b], { allowUnused: true });
    expect([ga!.toArraySync(), gb]).toEqual([[4], null]);
  });
});

describe('a gradient check names what is wrong', () => {
  const wrong = defineOp({ name: 'wrong', forward: ([x]) => x!.mul(x!), vjp: (g, [x]) => [() => g.mul(x!)] });

  test('fast mode names the entry, also of a single one', () => {
    expect(() => gradcheck((x) => wrong([x]), [tensor([3])])).toThrow(/entry \[0\] of input 0 is /);
    expect(() => gradcheck((x) => wrong([x]), [tensor([[1, 2]])])).toThrow(/entry \[0, 1\] of input 0/);
  });

  test('what depends on nothing has the second derivative 0', () => {
    expect(gradgradcheck((x) => x.detach(), [tensor([1.2])]).worst).toMatchObject({ analytic: 0, numeric: 0 });
  });
});

describe('masks', () => {
  const mask = tensor([
    [true, true],
    [false, true],
  ]);

  test('count as i32 when they are added up', () => {
    expect(mask.sum().dtype).toBe('i32');
    expect(mask.sum({ dim: 1 }).toArraySync()).toEqual([2, 1]);
    expect(mask.sum({ dim: [] }).dtype).toBe('i32');
  });

  test('have no product, running sum or extremes', () => {
    const numbers = mask as unknown as Tensor;
    expect(() => numbers.prod()).toThrow(/^prod: expected numbers; given bool: use \.cast\('i32'\)/);
    expect(() => numbers.cumsum(0)).toThrow(/^cumsum: expected numbers; given bool/);
    expect(() => numbers.amax()).toThrow(/^amax: expected numbers; given bool/);
  });
});

describe('errors begin with the function that was called', () => {
  test.each([
    ['zeros', () => zeros([2, -1])],
    ['linspace', () => linspace(0, 1, -1)],
    ['eye', () => eye(-1)],
    ['randperm', () => randperm(-1)],
    ['stack', () => stack([])],
    ['tril', () => tril(ones([3, 3]), 0.5)],
    ['assign', () => assign(zeros([2]), zeros([3]))],
  ])('%s', (name, call) => {
    expect(call).toThrow(new RegExp(`^${name}: `));
  });

  test('and a sum is one node of the tape, by its name', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(String(sum(x))).toBe('tensor(3., gradFn=<sum>)');
  });
});
