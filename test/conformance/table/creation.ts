/** New tensors, and what they have to do with the tape. */

import {
  arange,
  eye,
  full,
  grad,
  linspace,
  type NestedArray,
  ones,
  onesLike,
  type Tensor,
  tensor as tensorOf,
  where,
  zeros,
  zerosLike,
} from '@tapegrad/core';
import { anything, boolean, dtype, int, ints, number, operand, tensor } from '../kinds.ts';
import type { DTypeValue } from '../python/values.ts';
import { type Place, type Row, row } from '../row.ts';
import { dtypeOf } from './options.ts';

const sized = { size: ints, dtype: dtype.opt };

function options(given: DTypeValue | undefined, place: Place, values: readonly unknown[] = [0.5]) {
  const isWhole = values.every((x) => Number.isInteger(x));
  const isMask = values.length > 0 && values.every((x) => typeof x === 'boolean');
  const dtype = given ? dtypeOf(given, place) : isMask ? 'bool' : isWhole ? 'i32' : place.dtype;
  return { ...place, dtype } as { device: Place['device']; dtype: 'f32' };
}

/** Another tensor in the place of x, whose gradient is 0 then. */
function overwritten(x: Tensor, value: Tensor | number, { device }: Place): Tensor {
  return where(full(x.shape, true, { device }), value, x);
}

export const creation: readonly Row[] = [
  row(
    'torch.tensor torch.as_tensor',
    { data: anything, dtype: dtype.opt },
    ({ data, dtype }, place) => tensorOf(data as NestedArray, options(dtype, place, [data].flat(9))),
    'tensor',
  ),
  row('torch.zeros', sized, ({ size, dtype }, place) => zeros(size, options(dtype, place))),
  row('torch.ones', sized, ({ size, dtype }, place) => ones(size, options(dtype, place))),
  row('torch.full', { size: ints, fill_value: number, dtype: dtype.opt }, ({ size, fill_value, dtype }, place) =>
    full(size, fill_value, options(dtype, place)),
  ),
  row('torch.eye', { n: int, dtype: dtype.opt }, ({ n, dtype }, place) => eye(n, options(dtype, place))),
  row(
    'torch.arange',
    { start: number, end: number.opt, step: number.opt, dtype: dtype.opt },
    ({ start, end, step = 1, dtype }, place) => {
      const [from, to] = end === undefined ? [0, start] : [start, end];
      return arange(from, to, step, options(dtype, place, [from, to, step]));
    },
  ),
  row(
    'torch.linspace',
    { start: number, end: number, steps: int, dtype: dtype.opt },
    ({ start, end, steps, dtype }, place) => linspace(start, end, steps, options(dtype, place)),
  ),
  row('torch.zeros_like', { input: tensor }, ({ input }) => zerosLike(input)),
  row('torch.ones_like', { input: tensor }, ({ input }) => onesLike(input)),
  row(
    'torch.full_like',
    { input: tensor, fill_value: number },
    ({ input, fill_value }) => onesLike(input).mul(fill_value),
    'onesLike(x).mul(value)',
  ),

  row('Tensor.zero_', { input: tensor }, ({ input }, place) => overwritten(input, 0, place), 'zerosLike'),
  row(
    'Tensor.fill_',
    { input: tensor, value: operand },
    ({ input, value }, place) => overwritten(input, value, place),
    'full(x.shape, value)',
  ),
  row(
    'Tensor.copy_',
    { input: tensor, src: operand },
    ({ input, src }, place) => overwritten(input, src, place),
    'y.expand(x.shape)',
  ),
  row('torch.detach Tensor.detach', { input: tensor }, ({ input }) => input.detach()),
  row(
    'torch.autograd.grad',
    {
      outputs: anything,
      inputs: anything,
      grad_outputs: anything.opt,
      retain_graph: boolean.opt,
      create_graph: boolean.opt,
      allow_unused: boolean.opt,
    },
    ({
      outputs,
      inputs,
      grad_outputs,
      retain_graph: retainGraph,
      create_graph: createGraph,
      allow_unused: allowUnused,
    }) => {
      const gradOutputs = grad_outputs === undefined ? undefined : ([grad_outputs].flat() as Tensor[]);
      const given = { retainGraph, createGraph, allowUnused };
      return grad(
        [outputs].flat() as Tensor[],
        [inputs].flat() as Tensor[],
        gradOutputs ? { ...given, gradOutputs } : given,
      );
    },
    'grad',
  ),
];
