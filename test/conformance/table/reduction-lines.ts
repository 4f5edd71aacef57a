/** Reductions, differences and distances that are a line of others in tapegrad. */

import { type AnyTensor, cat, oneHot, stack, type Tensor, where } from '@tapegrad/core';
import { boolean, dims, dtype, indices, int, number, oneOf, tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { dtypeOf } from './options.ts';

const over = { input: tensor, dim: dims.opt, keepdim: boolean.opt };

const withMean = (name: 'var' | 'std'): Row[] => [
  row(
    `torch.${name}_mean`,
    { input: tensor, dim: dims.opt, unbiased: boolean.or(true), keepdim: boolean.opt },
    ({ input, dim, unbiased, keepdim }) => [
      input[name]({ dim, keepdim, correction: unbiased ? undefined : 0 }),
      input.mean({ dim, keepdim }),
    ],
    `[x.${name}({ dim }), x.mean({ dim })]`,
  ),
  row(
    `torch.${name}_mean`,
    { ...over, correction: number.opt },
    ({ input, dim, keepdim, correction }) => [input[name]({ dim, keepdim, correction }), input.mean({ dim, keepdim })],
    `[x.${name}({ dim }), x.mean({ dim })]`,
  ),
];

/** x[1:] - x[:-1] */
const step = (x: Tensor, dim: number): Tensor => x.slice(dim, 1).sub(x.slice(dim, 0, -1));

/** Half the sum of neighbours. */
const middles = (y: Tensor, dim: number): Tensor =>
  y
    .slice(dim, 1)
    .add(y.slice(dim, 0, -1))
    .div(2);

/** How much of the neighbour above is taken. */
const FRACTIONS = {
  linear: (part: number): number => part,
  lower: (): number => 0,
  higher: (part: number): number => Math.ceil(part),
  nearest: (part: number): number => (part > 0.5 ? 1 : 0),
  midpoint: (part: number): number => (part > 0 ? 0.5 : 0),
};
const interpolation = oneOf('linear', 'lower', 'higher', 'nearest', 'midpoint').or('linear' as const);

/** Between the two neighbours of position q (n - 1) in order. */
function quantile(x: Tensor, q: number, dim: number, keepdim: boolean, how: keyof typeof FRACTIONS): Tensor {
  const [sorted] = x.sort({ dim });
  const at = q * (x.shape.at(dim)! - 1);
  const [below, above] = [Math.floor(at), Math.ceil(at)].map((k) => sorted.narrow(dim, k, 1)) as [Tensor, Tensor];
  const y = below.lerp(above, FRACTIONS[how](at - Math.floor(at)));
  return keepdim ? y : y.squeeze(dim);
}

const known = (x: Tensor): Tensor => where(x.isnan(), 0, x);

export const reductionLines: readonly Row[] = [
  ...withMean('var'),
  ...withMean('std'),
  row(
    'torch|Tensor.nansum',
    { ...over, dtype: dtype.opt },
    ({ input, dim, keepdim, dtype }, place) =>
      known(dtype ? (input.cast(dtypeOf(dtype, place)) as Tensor) : input).sum({ dim, keepdim }),
    'where(x.isnan(), 0, x).sum({ dim })',
  ),
  row(
    'torch|Tensor.nanmean',
    over,
    ({ input, dim, keepdim }) => {
      const counts = input.isnan().logicalNot().sum({ dim, keepdim });
      return known(input)
        .sum({ dim, keepdim })
        .div(counts.cast(input.dtype) as Tensor);
    },
    'where(x.isnan(), 0, x).sum({ dim }).div(counts)',
  ),
  row(
    'torch|Tensor.count_nonzero',
    { input: tensor, dim: dims.opt },
    ({ input, dim }) =>
      ((input as AnyTensor).dtype === 'bool' ? input : (input.ne(0) as unknown as Tensor)).sum({ dim }),
    'x.ne(0).sum({ dim })',
  ),
  row(
    'torch|Tensor.aminmax',
    over,
    ({ input, dim, keepdim }) => [input.amin({ dim, keepdim }), input.amax({ dim, keepdim })],
    '[x.amin({ dim }), x.amax({ dim })]',
  ),
  row(
    'torch|Tensor.diff',
    { input: tensor, n: int.or(1), dim: int.or(-1), prepend: tensor.opt, append: tensor.opt },
    ({ input, n, dim, prepend, append }) => {
      const whole = cat(
        [prepend, input, append].filter((x) => x !== undefined),
        dim,
      );
      return Array.from({ length: n }).reduce<Tensor>((x) => step(x, dim), whole);
    },
    'x.slice(dim, 1).sub(x.slice(dim, 0, -1))',
  ),
  row(
    'torch.trapezoid torch.trapz',
    { y: tensor, dx: number.or(1), dim: int.or(-1) },
    ({ y, dx, dim }) => middles(y, dim).sum({ dim }).mul(dx),
    'y.slice(dim, 1).add(y.slice(dim, 0, -1)).div(2).sum({ dim })',
  ),
  row(
    'torch.trapezoid torch.trapz',
    { y: tensor, x: tensor, dim: int.or(-1) },
    ({ y, x, dim }) =>
      middles(y, dim)
        .mul(step(x, x.rank === 1 ? 0 : dim))
        .sum({ dim }),
    'y.slice(dim, 1).add(y.slice(dim, 0, -1)).div(2).sum({ dim })',
  ),
  row(
    'torch.cdist',
    { x1: tensor, x2: tensor, p: number.or(2) },
    ({ x1, x2, p }) => x1.unsqueeze(-2).sub(x2.unsqueeze(-3)).norm({ p, dim: -1 }),
    'x.unsqueeze(-2).sub(y.unsqueeze(-3)).norm({ p, dim: -1 })',
  ),
  row(
    'torch|Tensor.dist',
    { input: tensor, other: tensor, p: number.or(2) },
    ({ input, other, p }) => input.sub(other).norm({ p }),
    'x.sub(y).norm({ p })',
  ),
  row(
    'torch.cumulative_trapezoid',
    { y: tensor, dx: number.or(1), dim: int.or(-1) },
    ({ y, dx, dim }) => middles(y, dim).cumsum(dim).mul(dx),
    'y.slice(dim, 1).add(y.slice(dim, 0, -1)).div(2).cumsum(dim)',
  ),
  row('torch|Tensor.trace', { input: tensor }, ({ input }) => input.diagonal().sum(), 'x.diagonal().sum()'),
  row(
    'torch.linalg.matrix_norm',
    { A: tensor, ord: number, dim: dims.or([-2, -1]), keepdim: boolean.or(false) },
    ({ A, ord, dim, keepdim }) => {
      const [rows, columns] = dim as [number, number];
      const added = A.abs().sum({ dim: Math.abs(ord) === 1 ? rows : columns, keepdim: true });
      const norm = ord > 0 ? added.amax({ dim, keepdim: true }) : added.amin({ dim, keepdim: true });
      return keepdim ? norm : norm.sum({ dim });
    },
    'x.abs().sum({ dim: -2 }).amax({ dim: -1 })',
  ),
  row(
    'torch.linalg.matrix_norm',
    { A: tensor, ord: oneOf('fro').opt, dim: dims.or([-2, -1]), keepdim: boolean.opt },
    ({ A, dim, keepdim }) => A.norm({ dim, keepdim }),
    'x.norm({ dim: [-2, -1] })',
  ),
  row(
    'torch|Tensor.quantile',
    { input: tensor, q: number, dim: int.opt, keepdim: boolean.or(false), interpolation },
    ({ input, q, dim, keepdim, interpolation }) =>
      quantile(dim === undefined ? input.flatten() : input, q, dim ?? 0, keepdim, interpolation),
    'x.sort({ dim })[0], then lerp(below, above, fraction)',
  ),
  row(
    'torch|Tensor.quantile',
    { input: tensor, q: tensor, dim: int.opt, keepdim: boolean.or(false), interpolation },
    async ({ input, q, dim, keepdim, interpolation }) => {
      const x = dim === undefined ? input.flatten() : input;
      return stack([...(await q.data())].map((part) => quantile(x, part, dim ?? 0, keepdim, interpolation)));
    },
    'x.sort({ dim })[0], then lerp(below, above, fraction)',
  ),
  row(
    'torch.cov',
    { input: tensor, correction: number.or(1) },
    ({ input, correction }) => {
      const centred = input.sub(input.mean({ dim: -1, keepdim: true }));
      return centred.matmul(centred.transpose(0, 1)).div(input.shape[1]! - correction);
    },
    'centred.matmul(centred.T).div(n - 1)',
  ),
  row('torch|Tensor.msort', { input: tensor }, ({ input }) => input.sort({ dim: 0 })[0], 'x.sort({ dim: 0 })[0]'),
  row(
    'torch|Tensor.bincount',
    { input: indices, weights: tensor.opt, minlength: int.or(0) },
    async ({ input, weights, minlength }, place) => {
      const classes = Math.max(minlength, (await input.max().item()) + 1);
      const rows = oneHot(input, classes);
      return weights
        ? (rows.cast(place.dtype) as unknown as Tensor).mul(weights.unsqueeze(1)).sum({ dim: 0 })
        : rows.sum({ dim: 0 });
    },
    'oneHot(x, C).sum({ dim: 0 })',
  ),
];
