/** Sums, means, extremes, and what runs along a dimension. */

import { cosineSimilarity, normalize, pairwiseDistance, type Tensor } from '@tapegrad/core';
import { boolean, dims, dtype, int, number, oneOf, tensor } from '../kinds.ts';
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
  row('torch|Tensor.cumprod', { input: tensor, dim: int }, ({ input, dim }) => input.cumprod(dim)),
  row('torch|Tensor.cummax', { input: tensor, dim: int }, ({ input, dim }) => input.cummax(dim)),
  row('torch|Tensor.cummin', { input: tensor, dim: int }, ({ input, dim }) => input.cummin(dim)),
  row(
    'torch|Tensor.logcumsumexp',
    { input: tensor, dim: int },
    ({ input, dim }) => input.logCumSumExp(dim),
    'logCumSumExp',
  ),
  row(
    'torch|Tensor.logsumexp torch.special.logsumexp',
    { input: tensor, dim: dims, keepdim: boolean.opt },
    (given) => given.input.logSumExp({ dim: given.dim, keepdim: given.keepdim }),
    'logSumExp',
  ),

  row(
    'torch.linalg.vector_norm torch.linalg.norm',
    { x: tensor, ord: number.opt, dim: dims.opt, keepdim: boolean.opt },
    ({ x, ord, dim, keepdim }) => x.norm({ p: ord, dim, keepdim }),
    'x.norm({ p, dim })',
  ),
  row(
    'torch|Tensor.norm',
    { input: tensor, p: number.opt, dim: dims.opt, keepdim: boolean.opt },
    ({ input, ...options }) => input.norm(options),
    'x.norm({ p, dim })',
  ),
  row(
    'torch|Tensor.norm',
    { input: tensor, p: oneOf('fro'), dim: dims.opt, keepdim: boolean.opt },
    ({ input, dim, keepdim }) => input.norm({ dim, keepdim }),
    'x.norm({ p, dim })',
  ),
  row('F.normalize', { input: tensor, p: number.opt, dim: int.opt, eps: number.opt }, ({ input, ...options }) =>
    normalize(input, options),
  ),
  row('F.cosine_similarity', { x1: tensor, x2: tensor, dim: int.opt, eps: number.opt }, ({ x1, x2, ...options }) =>
    cosineSimilarity(x1, x2, options),
  ),
  row(
    'F.pairwise_distance',
    { x1: tensor, x2: tensor, p: number.opt, eps: number.opt, keepdim: boolean.opt },
    ({ x1, x2, ...options }) => pairwiseDistance(x1, x2, options),
  ),

  row('torch|Tensor.sort', { input: tensor, dim: int.opt, descending: boolean.opt, stable: boolean.opt }, (given) =>
    given.input.sort({ dim: given.dim, descending: given.descending }),
  ),
  row('torch|Tensor.argsort', { input: tensor, dim: int.opt, descending: boolean.opt, stable: boolean.opt }, (given) =>
    given.input.argsort({ dim: given.dim, descending: given.descending }),
  ),
  row(
    'torch|Tensor.topk',
    { input: tensor, k: int, dim: int.opt, largest: boolean.opt, sorted: boolean.opt },
    ({ input, k, dim, largest }) => input.topk(k, { dim, largest }),
  ),
  row(
    'torch|Tensor.kthvalue',
    { input: tensor, k: int, dim: int.opt, keepdim: boolean.opt },
    ({ input, k, dim, keepdim }) => input.kthvalue(k, { dim, keepdim }),
  ),
  row('torch|Tensor.median', { input: tensor }, ({ input }) => input.median()),
  row('torch|Tensor.median', along, ({ input, dim, keepdim }) => input.median({ dim, keepdim }), 'x.median({ dim })'),
];
