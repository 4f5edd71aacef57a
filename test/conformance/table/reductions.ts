/** Sums, means, extremes, and what runs along a dimension. */

import type { Tensor } from '@tapegrad/core';
import { boolean, dims, dtype, int, number, tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { dtypeOf, float, promoted } from './options.ts';

/** Of all elements, or along `dim`. */
const over = { input: tensor, dim: dims.opt, keepdim: boolean.opt };
const along = { input: tensor, dim: int, keepdim: boolean.opt };

/** `unbiased` is the older word for a correction of 1. */
const variance = (name: 'var' | 'std'): Row[] => [
  row(
    `torch|Tensor.${name}`,
    { input: tensor, unbiased: boolean },
    ({ input, unbiased }) => input[name](unbiased ? {} : { correction: 0 }),
    `x.${name}({ correction })`,
  ),
  row(
    `torch|Tensor.${name}`,
    { input: tensor, dim: dims.opt, unbiased: boolean.or(true), keepdim: boolean.opt },
    ({ input, dim, unbiased, keepdim }) => input[name]({ dim, keepdim, correction: unbiased ? undefined : 0 }),
    `x.${name}({ dim, correction })`,
  ),
  row(
    `torch|Tensor.${name}`,
    { ...over, correction: number.opt },
    ({ input, dim, keepdim, correction }) => input[name]({ dim, keepdim, correction }),
    `x.${name}({ dim, correction })`,
  ),
];

const extreme = (name: 'max' | 'min'): Row[] => [
  row(`torch|Tensor.${name}`, { input: tensor }, ({ input }) => input[name]()),
  row(`torch|Tensor.${name}`, along, ({ input, dim, keepdim }) => input[name]({ dim, keepdim }), `x.${name}({ dim })`),
  row(
    `torch|Tensor.${name}`,
    { input: tensor, other: tensor },
    ({ input, other }, place) => {
      const [a, b] = promoted(input, other, place) as [Tensor, Tensor];
      return name === 'max' ? a.maximum(b) : a.minimum(b);
    },
    `x.${name}imum(y)`,
  ),
];

export const reductions: readonly Row[] = [
  row('torch|Tensor.sum', { ...over, dtype: dtype.opt }, ({ input, dim, keepdim, dtype }, place) =>
    (dtype ? (input.cast(dtypeOf(dtype, place)) as Tensor) : input).sum({ dim, keepdim }),
  ),
  row('torch|Tensor.mean', { ...over, dtype: dtype.opt }, ({ input, dim, keepdim, dtype }, place) =>
    (dtype ? float(input, place) : input).mean({ dim, keepdim }),
  ),
  row('torch|Tensor.prod', over, ({ input, dim, keepdim }) => input.prod({ dim, keepdim })),
  row('torch|Tensor.amax', over, ({ input, dim, keepdim }) => input.amax({ dim, keepdim })),
  row('torch|Tensor.amin', over, ({ input, dim, keepdim }) => input.amin({ dim, keepdim })),
  ...variance('var'),
  ...variance('std'),
  ...extreme('max'),
  ...extreme('min'),
  row('torch|Tensor.argmax', { ...along, dim: int.opt }, ({ input, dim, keepdim }) => input.argmax({ dim, keepdim })),
  row('torch|Tensor.argmin', { ...along, dim: int.opt }, ({ input, dim, keepdim }) => input.argmin({ dim, keepdim })),
  row('torch|Tensor.cumsum', { input: tensor, dim: int }, ({ input, dim }) => input.cumsum(dim)),
  row(
    'torch|Tensor.logsumexp torch.special.logsumexp',
    { input: tensor, dim: dims, keepdim: boolean.opt },
    (given) => given.input.logSumExp({ dim: given.dim, keepdim: given.keepdim }),
    'logSumExp',
  ),
];
