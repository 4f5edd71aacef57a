/** PyTorch's lists and dictionaries of modules and parameters: their keys, their walk, and what they refuse. */

import { Parameter, type Tensor, zeros } from '@tapegrad/core';
import { Linear, Module, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential, Tanh } from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';

const parameter = (...shape: number[]): Parameter => new Parameter(zeros(shape));

class Model extends Module {
  readonly layers = new ModuleList<Linear | Sequential>([new Linear(2, 3)]);
  readonly heads = new ModuleDict({ mainHead: new Linear(3, 1, { bias: false }) });
  readonly scales = new ParameterList([parameter(1)]);
  readonly biases = new ParameterDict({ up: parameter(2) });

  forward(x: Tensor): Tensor {
    return [...this.layers].reduce((y, layer) => layer.forward(y), x);
  }
}

test("keys are PyTorch's, also of what is added later", () => {
  const model = new Model();
  model.layers.append(new Sequential(new Tanh(), new Linear(3, 3, { bias: false })));
  model.heads.set('aux', new Linear(3, 2, { bias: false }));
  model.scales.append(parameter(4));
  model.biases.set('down', parameter(5));
  expect([...model.stateDict().keys()].sort()).toEqual([
    'biases.down',
    'biases.up',
    'heads.aux.weight',
    'heads.mainHead.weight',
    'layers.0.bias',
    'layers.0.weight',
    'layers.1.1.weight',
    'scales.0',
    'scales.1',
  ]);
  expect(model.forward(zeros([4, 2])).shape).toEqual([4, 3]);
  expect(
    model
      .eval()
      .modules()
      .every(({ training }) => !training),
  ).toBe(true);
  expect(String(model.heads)).toBe(
    'ModuleDict(\n  (mainHead): Linear(inFeatures=3, outFeatures=1, bias=false)\n  (aux): Linear(inFeatures=3, outFeatures=2, bias=false)\n)',
  );
});

test('lists have a length, positions from both ends, and an order', () => {
  const [a, b] = [new Linear(1, 1), new Linear(1, 2)];
  const list = new ModuleList([a]).append(b);
  expect([list.length, list.at(0), list.at(-1), list.at(2)]).toEqual([2, a, b, undefined]);
  expect([...list]).toEqual([a, b]);
  const weights = new ParameterList(a.parameters());
  expect([...weights]).toEqual([a.weight, a.bias]);
});

test('dictionaries have keys, values and an order', () => {
  const [a, b] = [new Linear(1, 1), new Linear(1, 2)];
  const dictionary = new ModuleDict({ b }).set('a', a);
  expect([dictionary.size, dictionary.get('a'), dictionary.has('c'), dictionary.get('c')]).toEqual([
    2,
    a,
    false,
    undefined,
  ]);
  expect([...dictionary]).toEqual([
    ['b', b],
    ['a', a],
  ]);
  expect([...dictionary.keys()]).toEqual(['b', 'a']);
  expect([...dictionary.values()]).toEqual([b, a]);
});

describe('what they refuse', () => {
  test.each<[() => unknown, string]>([
    [() => new ModuleList([Math.tanh as never]), 'ModuleList: expected a Module for 0; given function'],
    [() => new ParameterList([zeros([1]) as never]), 'ParameterList: expected a Parameter for 0; given tensor([0.])'],
    [() => new ModuleDict({ 'a.b': new Tanh() }), "expected a new name without dots; given 'a.b'"],
    [
      () => new ParameterDict({ a: parameter(1) }).set('a', parameter(1)),
      "expected a new name without dots; given 'a'",
    ],
    [() => new ModuleList().forward(), 'ModuleList: it has no forward of its own; call what it holds'],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
