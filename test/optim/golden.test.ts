/** Every update of 20 steps, and the state after them, as PyTorch has them. */

import { Parameter, setDevice, type Tensor, tensor } from '@tapegrad/core';
import { Adam, type AdamOptions, AdamW, type Optimizer, SGD } from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';
import { type GoldenArg, type GoldenCase, loadGroup } from '../golden/load.ts';
import { expectClose, stored } from './close.ts';

await setDevice('cpu'); // which has f64

type Make = (params: Iterable<Tensor> | Iterable<{ params: Tensor[] }>, options: object) => Optimizer<AdamOptions>;

const OPTIMIZERS: { readonly [op: string]: Make } = {
  'optim.SGD': (params, options) => new SGD(params, options) as unknown as Optimizer<AdamOptions>,
  'optim.Adam': (params, options) => new Adam(params, options),
  'optim.AdamW': (params, options) => new AdamW(params, options),
};

/** What this package does not have yet. */
const EXCLUDED: { readonly [op: string]: string } = {
  'optim.RMSprop': 'not built yet',
  'optim.Adagrad': 'not built yet',
  'optim.Adadelta': 'not built yet',
  'optim.Adamax': 'not built yet',
  'optim.NAdam': 'not built yet',
  'optim.RAdam': 'not built yet',
};

const { cases } = loadGroup('optim');

test('every case is of an optimizer that is tested here, or of one that is excluded by name', () => {
  const unknown = cases.filter(({ op }) => !(op in OPTIMIZERS) && !(op in EXCLUDED));
  expect(unknown).toEqual([]);
  expect(cases.filter(({ op }) => op in OPTIMIZERS).length).toBe(22);
  expect(Object.keys(EXCLUDED).filter((op) => !cases.some((c) => c.op === op))).toEqual([]);
});

describe('trajectories', () => {
  test.each(cases.filter(({ op }) => op in OPTIMIZERS).map((c) => [c.name, c] as const))('%s', async (_, golden) => {
    const names = golden.params!;
    const params = new Map(names.map((name) => [name, new Parameter(tensorOf(golden, name))]));
    const optimizer = make(golden, params);
    for (let step = 0; step < golden.steps!; step++) {
      const scale = golden.lr_scale_before_step?.[String(step)] ?? 1;
      for (const group of optimizer.paramGroups) group.lr *= scale;
      for (const [name, param] of params) {
        const missing = golden.grad_none_steps?.[name]?.includes(step);
        param.grad = missing ? null : (tensorOf(golden, `grad_${name}`).select(0, step) as Tensor);
      }
      optimizer.step();
      for (const [name, param] of params) {
        const expected = (stored(golden.kind('traj').get(name)!) as Tensor).select(0, step);
        await expectClose(param, expected, `${name} after step ${step + 1}`);
      }
    }

    const { state } = optimizer.stateDict();
    for (const [key, value] of golden.kind('state')) {
      const [name, entry] = key.split('.') as [string, string];
      const own = state[names.indexOf(name)]![entry]!;
      if (typeof own === 'number') expect(own, key).toBe(value.data[0]);
      else await expectClose(own, stored(value) as Tensor, key);
    }
  });
});

function make(golden: GoldenCase, params: ReadonlyMap<string, Parameter>): Optimizer<AdamOptions> {
  const { groups, ...options } = golden.args;
  const list = groups
    ? (groups as readonly { readonly [name: string]: GoldenArg }[]).map(({ params: names, ...own }) => ({
        ...camel(own),
        params: (names as readonly string[]).map((name) => params.get(name)!),
      }))
    : [...params.values()];
  return OPTIMIZERS[golden.op]!(list as Tensor[], camel(options));
}

function camel(options: { readonly [name: string]: GoldenArg }): object {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name.replace(/_(.)/g, (_, c: string) => c.toUpperCase()), value]),
  );
}

function tensorOf(golden: GoldenCase, name: string): Tensor {
  const { data, shape, dtype } = golden.in.get(name)!;
  return tensor(data).reshape(shape).cast(dtype) as Tensor;
}
