/** Nothing is forgotten: each operation has its rows, and each method is an operation. */

import { Tensor } from '@tapegrad/core';
import { expect, test } from 'vitest';
import * as catalogue from '../../packages/core/src/ops/index.ts';
import { badInputs, cannotFail, opCases } from '../ops.cases.ts';

const names = Object.keys(catalogue).sort();

/** Methods that are no operation of the catalogue. */
const otherMethods: Readonly<Record<string, string>> = {
  constructor: 'the class',
  data: 'reads values',
  item: 'reads values',
  toArray: 'reads values',
  dataSync: 'reads values',
  itemSync: 'reads values',
  toArraySync: 'reads values',
  toString: 'prints',
  zeroGrad: 'empties the gradient',
  setGrad: 'puts the gradient in place',
  takeGrad: 'puts the gradient in place',
  retainGrad: 'asks for a gradient',
  registerHook: 'watches a gradient',
  registerPostAccumulateGradHook: 'watches a gradient',
  become: 'moves a parameter to another dtype or device',
  backward: 'plays the tape back',
  to: 'moves to another device',
  var: 'is `variance`, since `var` is no name for a function',
  T: 'is `transpose` of a matrix',
};

/** Operations that are no method, since a tensor is not what they start from, or there are several. */
const onlyFunctions: Readonly<Record<string, string>> = {
  variance: 'is the method `var`',
  cat: 'takes a list',
  stack: 'takes a list',
  where: 'starts from a condition',
  embedding: 'starts from a table',
  oneHot: 'takes indices',
  lstm: 'takes a state and weights',
  lstmCell: 'takes a state and weights',
  gru: 'takes a state and weights',
  gruCell: 'takes a state and weights',
  rnn: 'takes a state and weights',
  rnnCell: 'takes a state and weights',
  multinomial: 'takes weights',
  dropout: 'is a function of training',
  softmaxCrossEntropy: 'is a loss',
  linear: 'takes weights',
  layerNorm: 'takes weights',
  linearCrossEntropy: 'is a loss',
  einsum: 'starts from an equation',
  normalize: 'is a function, as in PyTorch',
  cosineSimilarity: 'is a function, as in PyTorch',
  pairwiseDistance: 'is a function, as in PyTorch',
};

test('every operation of the catalogue is a function', () => {
  expect(names.length).toBeGreaterThan(100);
  for (const name of names) expect(catalogue[name as keyof typeof catalogue], name).toBeTypeOf('function');
});

test('every operation has a case row', () => {
  const covered = new Set<string>(opCases.map((c) => c.op));
  expect(names.filter((name) => !covered.has(name))).toEqual([]);
});

test('every operation has a call that must throw, or a reason why none does', () => {
  const covered = new Set<string>([...badInputs.map((b) => b.op), ...Object.keys(cannotFail)]);
  expect(names.filter((name) => !covered.has(name))).toEqual([]);
  expect(badInputs.filter((b) => b.op in cannotFail)).toEqual([]);
});

test('case rows have names of their own', () => {
  const titles = opCases.map((c) => `${c.op} ${c.what}`);
  expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
});

test('every method of a tensor is an operation of the catalogue, or listed with a reason', () => {
  const getters = (name: string): boolean => Object.getOwnPropertyDescriptor(Tensor.prototype, name)?.get !== undefined;
  const methods = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => name === 'T' || !getters(name));
  expect(methods.filter((name) => !(name in catalogue) && !(name in otherMethods))).toEqual([]);
  expect(Object.keys(otherMethods).filter((name) => !methods.includes(name))).toEqual([]);
});

test('every operation is a method of tensors, or listed with a reason', () => {
  expect(names.filter((name) => !(name in Tensor.prototype) && !(name in onlyFunctions))).toEqual([]);
  expect(Object.keys(onlyFunctions).filter((name) => name in Tensor.prototype || !(name in catalogue))).toEqual([]);
});
