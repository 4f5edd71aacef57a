/** State dicts: PyTorch's layout, bitwise resumption, and damage that is refused before anything changes. */

import { Parameter, type Tensor, tensor } from '@tapegrad/core';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  flattenState,
  Lion,
  NAdam,
  type Optimizer,
  type OptimizerState,
  RAdam,
  RMSprop,
  SGD,
  unflattenState,
} from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../packages/nn/src/serialize/safetensors.ts';
import { bitwise, stored } from './close.ts';

type Params = readonly Parameter[];
type AnyOptimizer = Pick<Optimizer, 'step' | 'zeroGrad' | 'stateDict' | 'loadStateDict'>;

const MAKERS: readonly (readonly [string, (params: Params) => AnyOptimizer])[] = [
  ['SGD', (params) => new SGD(params, { lr: 0.1 })],
  ['SGD with momentum', (params) => new SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.2, weightDecay: 0.01 })],
  ['SGD with nesterov', (params) => new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true, maximize: true })],
  ['Adam', (params) => new Adam(params, { lr: 0.1, weightDecay: 0.01 })],
  ['Adam with amsgrad', (params) => new Adam(params, { lr: 0.1, amsgrad: true })],
  ['RMSprop', (params) => new RMSprop(params, { lr: 0.1, centered: true, momentum: 0.5, weightDecay: 0.1 })],
  ['Adagrad', (params) => new Adagrad(params, { lrDecay: 0.1, initialAccumulatorValue: 0.1, maximize: true })],
  ['Adadelta', (params) => new Adadelta(params, { weightDecay: 0.1, maximize: true })],
  ['Adamax', (params) => new Adamax(params, { weightDecay: 0.1 })],
  ['NAdam', (params) => new NAdam(params, { weightDecay: 0.1, decoupledWeightDecay: true })],
  ['RAdam', (params) => new RAdam(params, { weightDecay: 0.1, decoupledWeightDecay: true, betas: [0.9, 0.9] })],
  ['Lion', (params) => new Lion(params, { weightDecay: 0.1 })],
  ['AdamW, two groups', (params) => new AdamW([{ params: [params[1]!] }, { params: [params[0]!], lr: 0.3 }])],
];

describe('a fresh optimizer with a saved state continues with bitwise the same values', () => {
  test.each(MAKERS)('%s', (_, make) => {
    const params = parameters();
    const optimizer = make(params);
    train(params, optimizer, 0, 5);
    const [values, state] = [params.map((p) => p.dataSync()), optimizer.stateDict()];
    train(params, optimizer, 5, 10);

    const others = values.map((data, i) => new Parameter(tensor([...data]).reshape(params[i]!.shape)));
    const resumed = make(others);
    resumed.loadStateDict(throughAFile(state));
    train(others, resumed, 5, 10);
    expect(params.map((p, i) => bitwise(p, others[i]!))).toEqual([true, true]);
    sameState(resumed.stateDict(), optimizer.stateDict());
  });
});

describe('stateDict', () => {
  test("has PyTorch's layout", () => {
    const params = parameters();
    const optimizer = new Adam([{ params: [params[0]!] }, { params: [params[1]!], lr: 0.5, amsgrad: true }]);
    train(params, optimizer, 0, 3);
    const { state, param_groups } = optimizer.stateDict();
    const common = { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, maximize: false };
    expect(param_groups).toEqual([
      { lr: 1e-3, ...common, amsgrad: false, params: [0] },
      { lr: 0.5, ...common, amsgrad: true, params: [1] },
    ]);
    expect(Object.keys(state[0]!)).toEqual(['step', 'exp_avg', 'exp_avg_sq']);
    expect(Object.keys(state[1]!)).toEqual(['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
    expect(state[0]!.step).toBe(3);
    expect((state[0]!.exp_avg as Tensor).shape).toEqual(params[0]!.shape);
  });

  test('is a snapshot, and what is loaded is a copy', () => {
    const params = parameters();
    const optimizer = new Adam(params);
    train(params, optimizer, 0, 2);
    const saved = optimizer.stateDict();
    const before = values(saved);
    optimizer.paramGroups[0]!.lr = 7;
    train(params, optimizer, 2, 4);
    expect(values(saved)).toEqual(before);
    optimizer.loadStateDict(saved);
    train(params, optimizer, 2, 4);
    expect(values(saved)).toEqual(before);
    expect(optimizer.paramGroups[0]!.lr).toBe(1e-3);
  });

  test('of an optimizer without a step has no state, and loading it empties the state', () => {
    const params = parameters();
    const optimizer = new Adam(params);
    const fresh = optimizer.stateDict();
    expect(fresh.state).toEqual({});
    train(params, optimizer, 0, 1);
    optimizer.loadStateDict(fresh);
    expect(optimizer.stateDict().state).toEqual({});
  });

  test('takes what PyTorch writes beside: other options, None, numbers of its own', () => {
    const params = parameters();
    const optimizer = new SGD(params, { lr: 0.1 });
    const [group] = optimizer.stateDict().param_groups;
    optimizer.loadStateDict({
      state: { 7: { momentum_buffer: null }, 3: { momentum_buffer: tensor([1, 2, 3]) } },
      param_groups: [{ ...group, params: [7, 3], momentum: 0.5, foreach: null, differentiable: false }],
    });
    const { state } = optimizer.stateDict();
    expect(Object.keys(state)).toEqual(['1']);
    expect((state[1]!.momentum_buffer as Tensor).toArraySync()).toEqual([1, 2, 3]);
    expect(optimizer.paramGroups[0]!.momentum).toBe(0.5);
  });

  test('is cast to the dtype of the parameters', async () => {
    const params = await Promise.all(parameters().map(async (p) => new Parameter(await p.detach().to('cpu'))));
    const optimizer = new Adam(params);
    train(params, optimizer, 0, 2);
    const doubles = params.map((p) => new Parameter(p.detach().cast('f64')));
    const other = new Adam(doubles);
    other.loadStateDict(optimizer.stateDict());
    expect((other.stateDict().state[0]!.exp_avg as Tensor).dtype).toBe('f64');
    train(doubles, other, 2, 3);
  });
});

describe('loadStateDict refuses, and changes nothing', () => {
  type Loose = { state: Record<string, Record<string, unknown>>; param_groups: Record<string, unknown>[] };
  // biome-ignore format: a table is read row by row
  test.each<[string, (saved: Loose) => unknown, string]>([
    ['nothing', () => undefined, 'Adam.loadStateDict: expected { state, param_groups }; given undefined'],
    ['other groups', (s) => ({ ...s, param_groups: [] }), 'the state dict has 0 groups, the optimizer has 1'],
    ['fewer parameters', (s) => edit(s, { params: [0] }), 'param_groups[0] has 1 parameter, group 0 of the optimizer has 2'],
    ['no parameters', (s) => edit(s, { params: 'x' }), 'param_groups[0] has no list of parameters'],
    ['a number twice', (s) => edit(s, { params: [0, 0] }), 'param_groups[0].params[1]: expected the number of a parameter, each once; given 0'],
    ['a missing option', (s) => ({ ...s, param_groups: [{ params: [0, 1], lr: 1 }] }), "param_groups[0] has no 'betas': was it saved by another optimizer?"],
    ['an option of another type', (s) => edit(s, { eps: 'tiny' }), "param_groups[0].eps: expected a value like 1e-8; given 'tiny'"],
    ['an option out of range', (s) => edit(s, { lr: -1 }), 'Adam: lr must be a number of at least 0; given -1'],
    ['state of no parameter', (s) => ({ ...s, state: { ...s.state, 5: {} } }), 'state[5] belongs to no parameter of the groups'],
    ['state of another optimizer', (s) => editState(s, { momentum_buffer: 1 }), 'state[1].momentum_buffer is unknown; this optimizer keeps step, exp_avg, exp_avg_sq, max_exp_avg_sq'],
    ['state in part', (s) => editState(s, { exp_avg_sq: null }), 'state[1].exp_avg_sq: expected a tensor; given undefined'],
    ['half a step', (s) => editState(s, { step: 1.5 }), 'state[1].step: expected a number of steps; given 1.5'],
    ['a tensor as step', (s) => editState(s, { step: tensor(3) }), 'state[1].step: expected a number of steps; given a tensor []'],
    ['another shape', (s) => editState(s, { exp_avg: tensor([1, 2]) }), 'Adam.loadStateDict: state[1].exp_avg: shapes differ: the state is [2], the parameter is [3]'],
  ])('%s', (_, damage, message) => {
    const params = parameters();
    const optimizer = new Adam(params, { lr: 0.25 });
    train(params, optimizer, 0, 2);
    const before = values(optimizer.stateDict());
    const damaged = damage(optimizer.stateDict() as unknown as Loose) as OptimizerState;
    expect(() => optimizer.loadStateDict(damaged)).toThrow(message);
    expect(values(optimizer.stateDict())).toEqual(before);
  });

  const edit = (s: Loose, group: object): Loose => ({ ...s, param_groups: [{ ...s.param_groups[0], ...group }] });
  const editState = (s: Loose, entry: object): Loose => ({
    ...s,
    state: { ...s.state, 1: { ...s.state[1], ...entry } },
  });
});

describe('unflattenState refuses', () => {
  const moment = tensor([1, 2]);
  const tensors = new Map([['state.0.exp_avg', moment]]);
  // biome-ignore format: a table is read row by row
  test.each([
    ['no JSON', '', 'unflattenState: the JSON cannot be read'],
    ['JSON that ends early', '{"state": {', 'unflattenState: the JSON cannot be read'],
    ['a list', '[]', 'unflattenState: the JSON: expected an object; given []'],
    ['null', 'null', 'unflattenState: the JSON: expected an object; given null'],
    ['no state', '{"param_groups": []}', 'unflattenState: state: expected an object; given undefined'],
    ['__proto__', '{"state": {"__proto__": {"step": 1}}}', "unflattenState: state: expected numbers of parameters as keys; given '__proto__'"],
    ['a text', '{"state": {"0": {"step": "1"}}}', "unflattenState: state.0.step: expected an object; given '1'"],
    ['an object', '{"state": {"0": {"step": {}}}}', 'unflattenState: state.0.step: expected a number or { "tensor": name }; given an object ()'],
    ['a tensor that is missing', '{"state": {"0": {"exp_avg": {"tensor": "toString"}}}}', "unflattenState: the tensor 'toString' is missing: is the file complete?"],
    ['a tensor that is not named', '{"state": {}, "param_groups": []}', "unflattenState: the tensor 'state.0.exp_avg' is not named by the JSON: do the two belong together?"],
    ['no groups', '{"state": {"0": {"exp_avg": {"tensor": "state.0.exp_avg"}}}}', 'unflattenState: param_groups: expected a list; given undefined'],
    ['groups without parameters', '{"state": {"0": {"exp_avg": {"tensor": "state.0.exp_avg"}}}, "param_groups": [{}]}', 'unflattenState: param_groups[0].params: expected a list of numbers of parameters; given undefined'],
    ['options that are objects', '{"state": {"0": {"exp_avg": {"tensor": "state.0.exp_avg"}}}, "param_groups": [{"params": [0], "lr": {}}]}', 'unflattenState: param_groups[0].lr: expected a number, a text, true, false, null or a list of numbers; given an object ()'],
  ])('%s', (_, json, message) => {
    expect(() => unflattenState({ tensors, json })).toThrow(message);
  });
});

function parameters(): Parameter[] {
  // biome-ignore format: a matrix
  return [new Parameter(tensor([[0.1, -0.7], [1.3, 2.9]])), new Parameter(tensor([0.3, -1.1, 0.77]))];
}

/** Steps from...to of a loss that differs from step to step. */
function train(params: Params, optimizer: AnyOptimizer, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    optimizer.zeroGrad();
    const [a, b] = params as [Parameter, Parameter];
    a.mul(1.1 + step)
      .sin()
      .sum()
      .add(b.square().mul(0.1).sum())
      .backward();
    optimizer.step();
  }
}

/** As a checkpoint does it: bytes of a safetensors file, and back. */
function throughAFile(state: OptimizerState): OptimizerState {
  const { tensors, json } = flattenState(state);
  const data = new Map(
    [...tensors].map(([name, x]) => [name, { dtype: x.dtype, shape: x.shape, data: x.dataSync() }] as const),
  );
  const read = decodeSafetensors(encodeSafetensors(data, { metadata: { json } }), 'optimizer.safetensors');
  const loaded = new Map([...read.tensors].map(([name, x]) => [name, stored(x) as Tensor]));
  return unflattenState({ tensors: loaded, json: read.metadata.json! });
}

/** A state dict with its tensors as numbers. */
function values(state: OptimizerState): unknown {
  const { tensors, json } = flattenState(state);
  return [json, [...tensors].map(([name, x]) => [name, x.dtype, x.shape, x.toArraySync()])];
}

function sameState(a: OptimizerState, b: OptimizerState): void {
  expect(values(a)).toEqual(values(b));
}
