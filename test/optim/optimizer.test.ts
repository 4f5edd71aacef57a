/** Parameter groups, skipped parameters, and the words in which mistakes are refused. */

import { ArgumentError, GradientError, noGrad, Parameter, scope, type Tensor, tensor } from '@tapegrad/core';
import { Adam, AdamW, SGD } from '@tapegrad/optim';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { bitwise } from './close.ts';

describe('groups', () => {
  test('what a group leaves out comes from the options of the optimizer', () => {
    const [a, b] = [parameter(1), parameter(2)];
    const optimizer = new AdamW(
      [
        { params: [a], lr: 0.5 },
        { params: [b], betas: [0, 0.5], weightDecay: undefined },
      ],
      {
        lr: 0.1,
      },
    );
    const common = { eps: 1e-8, weightDecay: 0.01, amsgrad: false, maximize: false };
    expect(optimizer.paramGroups).toEqual([
      { params: [a], lr: 0.5, betas: [0.9, 0.999], ...common },
      { params: [b], lr: 0.1, betas: [0, 0.5], ...common },
    ]);
  });

  test('a learning rate changed between steps counts from the next step on', () => {
    const w = parameter(1);
    const optimizer = new SGD([w], { lr: 1 });
    w.grad = tensor([1]);
    optimizer.step();
    optimizer.paramGroups[0]!.lr = 0.5;
    optimizer.step();
    expect(w.toArraySync()).toEqual([-0.5]);
    expectTypeOf(optimizer.paramGroups[0]!.momentum).toEqualTypeOf<number>();
  });

  test('parameters come from any iterable, and from a group that is added later', () => {
    const [a, b] = [parameter(1), parameter(2)];
    const optimizer = new SGD(new Set([a]), { lr: 1 });
    optimizer.addParamGroup({ params: [b].values(), lr: 0.5 });
    a.grad = tensor([1]);
    b.grad = tensor([1]);
    optimizer.step();
    expect([a.itemSync(), b.itemSync()]).toEqual([0, 1.5]);
  });

  test('zeroGrad empties every gradient', () => {
    const [a, b] = [parameter(1), parameter(2)];
    a.mul(b).sum().backward();
    new SGD([{ params: [a] }, { params: [b] }]).zeroGrad();
    expect([a.grad, b.grad]).toEqual([null, null]);
  });
});

describe('a step', () => {
  test.each([
    ['SGD', (params: Tensor[]) => new SGD(params, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 })],
    ['Adam', (params: Tensor[]) => new Adam(params, { lr: 0.1, weightDecay: 0.1 })],
    ['AdamW', (params: Tensor[]) => new AdamW(params, { lr: 0.1 })],
  ])('%s leaves a parameter without a gradient alone, and keeps no state for it', (_, make) => {
    const [a, b] = [parameter(1), parameter(2)];
    const optimizer = make([a, b]);
    a.grad = tensor([1]);
    optimizer.step();
    expect(a.itemSync()).not.toBe(1);
    expect(b.itemSync()).toBe(2);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(['0']);
  });

  test.each([
    ['scope', scope],
    ['noGrad', noGrad],
  ])('whose state begins inside %s(fn) keeps it', (_, block) => {
    const run = (wrap: (fn: () => void) => void): Parameter => {
      const w = new Parameter(tensor(Float32Array.from({ length: 2000 }, (_, i) => i)));
      const optimizer = new Adam([w], { amsgrad: true });
      for (let step = 0; step < 3; step++) {
        w.grad = w.detach();
        wrap(() => optimizer.step());
      }
      return w;
    };
    expect(
      bitwise(
        run(block),
        run((fn) => fn()),
      ),
    ).toBe(true);
  });

  test('changes a view of any strides', () => {
    // biome-ignore format: a matrix
    const w = new Parameter(tensor([[1, 2, 3], [4, 5, 6]]).T);
    const optimizer = new SGD([w], { lr: 1, momentum: 0.5 });
    // biome-ignore format: a matrix
    w.grad = tensor([[1, 2], [3, 4], [5, 6]]);
    optimizer.step();
    // biome-ignore format: a matrix
    expect(w.toArraySync()).toEqual([[0, 2], [-1, 1], [-2, 0]]);
  });

  test('shows in backward() through what it changed', () => {
    const w = parameter(1);
    const loss = w.square().sum();
    w.grad = tensor([1]);
    new SGD([w]).step();
    expect(() => loss.backward()).toThrow(GradientError);
  });

  test('runs in f64 and for a scalar', () => {
    const w = new Parameter(tensor(2, { device: 'cpu', dtype: 'f64' }));
    const optimizer = new Adam([w], { lr: 0.1 });
    w.square().backward();
    optimizer.step();
    expect(w.itemSync()).toBeCloseTo(1.9, 9);
  });
});

describe('refused', () => {
  const w = parameter(1);
  const made = w.mul(2);
  // biome-ignore format: a table is read row by row
  test.each<[string, () => unknown, typeof ArgumentError | typeof GradientError, string]>([
    ['no parameters', () => new SGD([]), ArgumentError, 'SGD: there is nothing to optimize: the list of parameters is empty'],
    ['an empty group', () => new SGD([{ params: [] }]), ArgumentError, 'SGD: group 0 has no parameters'],
    ['one tensor', () => new Adam(w as never), ArgumentError, 'Adam: expected a list of parameters; given one tensor: put it into an array'],
    ['no list', () => new Adam(undefined as never), ArgumentError, 'Adam: expected a list of parameters, such as model.parameters(), or of groups { params, ... }; given undefined'],
    ['a list of other things', () => new Adam([3] as never), ArgumentError, 'Adam: expected a parameter, or a group { params, ... }; given 3'],
    ['a mixed list', () => new Adam([w, { params: [] }] as never), ArgumentError, 'Adam: expected a parameter at position 1; given an object (params)'],
    ['a parameter twice', () => new SGD([w, w]), ArgumentError, 'SGD: parameter 1 of group 0 is given twice: each parameter belongs to one group, once'],
    ['a parameter in two groups', () => new SGD([{ params: [w] }, { params: [w] }]), ArgumentError, 'SGD: parameter 0 of group 1 is given twice'],
    ['a result', () => new SGD([made]), GradientError, 'SGD: expected a leaf at position 0; given a tensor made by mul: only leaves, such as a Parameter, can be optimized'],
    ['integers', () => new SGD([tensor(Int32Array.of(1)) as never]), ArgumentError, 'SGD: expected floats at position 0; given i32'],
    ['a negative lr', () => new SGD([w], { lr: -0.1 }), ArgumentError, 'SGD: lr must be a number of at least 0; given -0.1'],
    ['a negative lr of a group', () => new AdamW([{ params: [w], lr: -2 }]), ArgumentError, 'AdamW: lr must be a number of at least 0; given -2'],
    ['lr NaN', () => new Adam([w], { lr: NaN }), ArgumentError, 'Adam: lr must be a number of at least 0; given NaN'],
    ['lr as text', () => new Adam([w], { lr: '0.1' as never }), ArgumentError, "Adam: lr must be a number of at least 0; given '0.1'"],
    ['a negative momentum', () => new SGD([w], { momentum: -1 }), ArgumentError, 'SGD: momentum must be a number of at least 0; given -1'],
    ['a negative weightDecay', () => new AdamW([w], { weightDecay: -1 }), ArgumentError, 'AdamW: weightDecay must be'],
    ['a negative eps', () => new Adam([w], { eps: -1 }), ArgumentError, 'Adam: eps must be'],
    ['a beta of 1', () => new Adam([w], { betas: [0.9, 1] }), ArgumentError, 'Adam: betas must be two numbers, each at least 0 and below 1; given [0.9, 1]'],
    ['nesterov without momentum', () => new SGD([w], { nesterov: true }), ArgumentError, 'SGD: nesterov needs a momentum above 0 and no dampening; given momentum 0, dampening 0'],
    ['nesterov as a number', () => new SGD([w], { nesterov: 1 as never }), ArgumentError, 'SGD: nesterov must be true or false; given 1'],
    ['an unknown option', () => new Adam([w], { learningRate: 1 } as never), ArgumentError, "Adam: unknown option 'learningRate'; the options are lr, betas, eps, weightDecay, amsgrad, maximize"],
    ['an unknown option of a group', () => new SGD([{ params: [w], weight_decay: 1 } as never]), ArgumentError, "SGD: unknown option 'weight_decay'"],
  ])('%s', (_, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  test('a group that is refused is not added in part', () => {
    const optimizer = new SGD([w]);
    expect(() => optimizer.addParamGroup({ params: [parameter(1), w] })).toThrow('given twice');
    expect(optimizer.paramGroups.length).toBe(1);
  });
});

function parameter(value: number): Parameter {
  return new Parameter(tensor([value]));
}
