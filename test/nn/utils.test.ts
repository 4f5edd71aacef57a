/** Utilities of modules: weights that are computed, and parameters as a vector. */

import {
  checkpoint,
  grad,
  manualSeed,
  Parameter,
  randn,
  readInstead,
  setDevice,
  type Tensor,
  tensor,
  zeros,
} from '@tapegrad/core';
import { type Checkable, gradcheck, gradgradcheck } from '@tapegrad/core/testing';
import {
  Bilinear,
  Linear,
  LSTM,
  LSTMCell,
  type Module,
  parametersToVector,
  removeWeightNorm,
  Sequential,
  vectorToParameters,
  weightNorm,
} from '@tapegrad/nn';
import { beforeEach, describe, expect, test } from 'vitest';

await setDevice('cpu'); // which has f64

beforeEach(() => {
  manualSeed(1);
});

const f64 = { dtype: 'f64' } as const;
const keys = (module: Module): string[] => [...module.stateDict().keys()];
const largest = (x: Tensor): number => x.abs().max().itemSync();

describe('weightNorm', () => {
  test.each<[string, () => Module, string, Tensor]>([
    ['Linear', () => new Linear(4, 3, f64), 'weight', randn([2, 4], f64)],
    ['LSTM', () => new LSTM(4, 3, { numLayers: 2, ...f64 }), 'weight_hh_l1', randn([5, 2, 4], f64)],
    ['LSTMCell', () => new LSTMCell(4, 3, f64), 'weight_ih', randn([2, 4], f64)],
  ])(
    'leaves what a fresh %s computes as it is, and its gradients are right to the second order',
    (_, make, name, x) => {
      const module = make();
      const run = (): Tensor => {
        const y = (module.forward as (x: Tensor) => Tensor | Tensor[])(x);
        return Array.isArray(y) ? y[0]! : y;
      };
      const before = run();
      expect(weightNorm(module, { name })).toBe(module);
      expect(largest(run().sub(before))).toBeLessThan(1e-14);
      expect(keys(module)).toContain(`${name}_g`);
      expect(keys(module)).not.toContain(name);
      expect(gradcheck(module as Checkable, [x]).checked).toBeGreaterThan(3);
      expect(gradgradcheck(module as Checkable, [x]).checked).toBeGreaterThan(3);
    },
  );

  test('w = g v / |v|: another g scales the rows, another v does not', () => {
    const layer = weightNorm(new Linear(3, 2, { bias: false, ...f64 }));
    const x = randn([3], f64);
    const before = layer.forward(x);
    const state = layer.stateDict();
    state.set('weight_g', (state.get('weight_g') as Tensor).mul(tensor([[2], [3]], f64)));
    state.set('weight_v', (state.get('weight_v') as Tensor).mul(7));
    layer.loadStateDict(state);
    expect(
      largest(
        layer
          .forward(x)
          .div(before)
          .sub(tensor([2, 3], f64)),
      ),
    ).toBeLessThan(1e-12);
  });

  test.each([
    [undefined, [4, 1, 1]],
    [0, [4, 1, 1]],
    [1, [1, 2, 1]],
    [-1, [1, 1, 3]],
    [null, []],
  ])('along dimension %s, g is %j', (dim, shape) => {
    const layer = weightNorm(new Bilinear(2, 3, 4), dim === undefined ? {} : { dim });
    expect(layer.getParameter('weight_g').shape).toEqual(shape);
    expect(layer.getParameter('weight_v').shape).toEqual([4, 2, 3]);
  });

  test('several weights of a module, in a model that is moved, trained, and made plain again', async () => {
    const lstm = new LSTM(2, 3);
    weightNorm(weightNorm(lstm, { name: 'weight_hh_l0' }), { name: 'weight_ih_l0' });
    expect(keys(lstm).sort()).toEqual(
      ['bias_hh_l0', 'bias_ih_l0', 'weight_hh_l0_g', 'weight_hh_l0_v', 'weight_ih_l0_g', 'weight_ih_l0_v'].sort(),
    );
    const x = randn([4, 2, 2], f64);
    await lstm.to(f64);
    lstm.forward(x)[0].square().sum().backward();
    expect(lstm.parameters().every((parameter) => parameter.grad !== null && largest(parameter.grad) > 0)).toBe(true);
    const [before] = lstm.forward(x);
    removeWeightNorm(lstm, { name: 'weight_hh_l0' });
    expect(largest(lstm.forward(x)[0].sub(before))).toBeLessThan(1e-14);
    removeWeightNorm(lstm, { name: 'weight_ih_l0' });
    expect(largest(lstm.forward(x)[0].sub(before))).toBeLessThan(1e-14);
    expect(keys(lstm)).toEqual(keys(new LSTM(2, 3)));
    expect(Object.hasOwn(lstm, 'forward')).toBe(false);
  });

  test('inside of a checkpoint', () => {
    const layer = weightNorm(new Linear(3, 3, f64));
    const x = randn([2, 3], f64);
    const parameters = layer.parameters();
    const plain = grad(layer.forward(x).tanh().sum(), parameters);
    const again = grad(checkpoint((y: Tensor) => layer.forward(y).tanh(), x).sum(), parameters);
    for (const [k, g] of again.entries()) expect(largest(g.sub(plain[k]!))).toBeLessThan(1e-14);
  });

  test('what it refuses', () => {
    const layer = new Linear(2, 2);
    expect(() => weightNorm(layer, { name: 'wait' })).toThrow(
      'weightNorm: there is no wait in Linear; there are weight, bias',
    );
    expect(() => weightNorm(new Sequential(layer))).toThrow('there is no weight in Sequential; there are ');
    expect(() => weightNorm(layer, { dim: 2 })).toThrow(
      'weightNorm: dimension 2 is out of range for a weight of rank 2',
    );
    expect(() => removeWeightNorm(layer)).toThrow('removeWeightNorm: weight of Linear is not normalised');
    weightNorm(layer);
    expect(() => weightNorm(layer)).toThrow('weightNorm: weight is normalised already');
  });
});

describe('what stands behind it', () => {
  test('a parameter can be replaced by others, and comes back', () => {
    const layer = new Linear(2, 3);
    const other = new Parameter(zeros([1]));
    const undo = layer.replaceParameter('bias', { other });
    expect(keys(layer)).toEqual(['weight', 'other']);
    undo();
    expect(keys(layer)).toEqual(['weight', 'bias']);
    expect(() => layer.replaceParameter('wait', {})).toThrow(
      'replaceParameter: there is no wait; there are weight, bias',
    );
    expect(() => layer.replaceParameter('weight', { 'a.b': other })).toThrow("without dots; given 'a.b'");
    expect(keys(layer)).toEqual(['weight', 'bias']);
  });

  test('what is read in the place of a tensor is like it', () => {
    const run = (other: Tensor): Tensor => readInstead(new Map([[x, other]]), () => x.mul(2));
    const x = tensor([1, 2]);
    expect(run(tensor([3, 4])).toArraySync()).toEqual([6, 8]);
    expect(x.mul(2).toArraySync()).toEqual([2, 4]);
    expect(() => run(tensor([1]))).toThrow(
      'readInstead: expected a tensor like the one that it stands for, f32 [2] on cpu; given f32 [1] on cpu',
    );
    expect(() => run(tensor([1, 2], f64))).toThrow('given f64 [2] on cpu');
  });
});

describe('parameters as a vector', () => {
  test('there and back', () => {
    const [a, b] = [new Linear(3, 2), new Linear(3, 2)];
    const vector = parametersToVector(a.parameters());
    vectorToParameters(vector, b.parameters());
    expect(b.parameters().map(String)).toEqual(a.parameters().map(String));
    vector.square().sum().backward();
    expect(largest(a.weight.grad!.sub(a.weight.mul(2)))).toBe(0);
  });

  test('what it refuses', () => {
    const { weight } = new Linear(2, 2);
    expect(() => parametersToVector([])).toThrow('parametersToVector: expected at least one parameter');
    expect(() => vectorToParameters(zeros([3]), [weight])).toThrow(
      "expected a vector of the parameters' 4 elements; given [3]",
    );
    expect(() => vectorToParameters(zeros([2, 2]), [weight])).toThrow('given [2, 2]');
  });
});
