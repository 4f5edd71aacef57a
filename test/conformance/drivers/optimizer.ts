/** Trajectories of optimizers: the parameters after each step under given gradients, and the state after the last. */

import { Parameter, Tensor } from '@tapegrad/core';
import type { Optimizer } from '@tapegrad/optim';
import type { Checker } from '../compare.ts';
import { type Arguments, type Case, dictOf } from '../folder.ts';
import { tensorOf } from '../inputs.ts';
import type { Value } from '../python/values.ts';
import { camelCase, type Place } from '../row.ts';
import { table } from '../table/index.ts';

export async function runOptimizer(c: Case, place: Place, check: Checker): Promise<void> {
  const params = new Map(c.params!.map((name) => [name, new Parameter(inputOf(c, name, place))]));
  const optimizer = await makeOptimizer(c.op, c.args, params, place);
  const gradients = new Map(c.params!.map((name) => [name, inputOf(c, `grad_${name}`, place)]));
  const trajectories = new Map([...c.kind('traj')].map(([name, stored]) => [name, tensorOf(stored, place) as Tensor]));

  for (let step = 0; step < c.steps!; step++) {
    const scale = c.lr_scale_before_step?.[String(step)] ?? 1;
    for (const group of optimizer.paramGroups) group.lr *= scale;
    for (const [name, param] of params) {
      const hasNone = c.grad_none_steps?.[name]?.includes(step);
      param.grad = hasNone ? null : gradients.get(name)!.select(0, step);
    }
    optimizer.step();
    for (const [name, trajectory] of trajectories) {
      const expected = trajectory.select(0, step);
      await check.tensor(`traj/${name} after step ${step + 1}`, params.get(name)!, {
        dtype: c.kind('traj').get(name)!.dtype,
        shape: expected.shape,
        data: await expected.data(),
      });
    }
  }

  const { state } = optimizer.stateDict();
  for (const [key, stored] of c.kind('state')) {
    const [name, entry] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)];
    const own = state[c.params!.indexOf(name)]?.[entry];
    if (own instanceof Tensor) await check.tensor(`state/${key}`, own, stored);
    else if (typeof own === 'number') check.numbers(`state/${key}`, { ...stored, shape: [], data: [own] }, stored);
    else check.fail(`state/${key}`, `the state holds ${Object.keys(state[c.params!.indexOf(name)] ?? {}).join(', ')}`);
  }
}

/** An optimizer by PyTorch's name and options; `groups` are parameters by name, with options of their own. */
export async function makeOptimizer(
  name: string,
  { groups, ...options }: Arguments,
  params: ReadonlyMap<string, Parameter>,
  place: Place,
): Promise<Optimizer> {
  const given = groups
    ? (groups as readonly Arguments[]).map(({ params: names, ...own }) => ({
        ...Object.fromEntries(Object.entries(own).map(([key, value]) => [camelCase(key), value])),
        params: (names as readonly string[]).map((key) => params.get(key)!),
      }))
    : [...params.values()];
  const made: Value = await table.call(name, { positional: [given], keywords: dictOf(options) }, place);
  return made as Optimizer;
}

function inputOf(c: Case, name: string, place: Place): Tensor {
  return tensorOf(c.in.get(name)!, place) as Tensor;
}
