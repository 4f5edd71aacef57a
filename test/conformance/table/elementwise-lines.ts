/** Functions of elements that are a line of others in tapegrad. */

import {
  type AnyTensor,
  type BoolTensor,
  logaddexp,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  mul,
  pow,
  type Tensor,
  where,
} from '@tapegrad/core';
import { boolean, dims, number, oneOf, operand, tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { float, floats, promoted } from './options.ts';

/** x log(y), 0 where x is 0. */
const timesLog = (x: Tensor | number, log: Tensor): Tensor => {
  const isZero = typeof x === 'number' ? log.mul(0).add(x).eq(0) : x.eq(0);
  return where(isZero, 0, mul(x, log));
};

const unary = (names: string, run: (x: Tensor) => Tensor, tapegrad: string): Row =>
  row(names, { input: tensor }, ({ input }, place) => run(float(input, place)), tapegrad);

/** Where it is not 0. */
const truthOf = (x: AnyTensor): BoolTensor => (x.dtype === 'bool' ? (x as unknown as BoolTensor) : (x as Tensor).ne(0));

/** Rounded to so many decimals. */
const decimals = (x: Tensor, count: number): Tensor =>
  x
    .mul(10 ** count)
    .round()
    .div(10 ** count);

const over = { input: tensor, dim: dims.opt, keepdim: boolean.opt };

export const elementwiseLines: readonly Row[] = [
  unary('torch|Tensor|torch.special.erfc', (x) => x.erf().neg().add(1), 'x.erf().neg().add(1)'),
  unary('torch|Tensor.frac', (x) => x.sub(x.trunc()), 'x.sub(x.trunc())'),
  unary('torch|Tensor.deg2rad', (x) => x.mul(Math.PI / 180), 'x.mul(degree)'),
  unary('torch|Tensor.rad2deg', (x) => x.mul(180 / Math.PI), 'x.div(degree)'),
  unary('torch|Tensor|torch.special.exp2', (x) => pow(2, x), 'pow(2, x)'),
  unary(
    'torch|Tensor|torch.special.sinc',
    (x) => {
      const angle = where(x.eq(0), 1, x.mul(Math.PI));
      return where(x.eq(0), 1, angle.sin().div(angle));
    },
    'where(x.eq(0), 1, x.mul(pi).sin().div(x.mul(pi)))',
  ),
  unary('torch|Tensor.signbit', (x) => x.lt(0) as unknown as Tensor, 'x.lt(0)'),
  unary('torch|Tensor.isposinf', (x) => x.eq(Infinity) as unknown as Tensor, 'x.eq(Infinity)'),
  unary('torch|Tensor.isneginf', (x) => x.eq(-Infinity) as unknown as Tensor, 'x.eq(-Infinity)'),
  row(
    'torch|Tensor|torch.special.logit',
    { input: tensor, eps: number.opt },
    ({ input, eps }) => {
      const p = eps === undefined ? input : input.clamp({ min: eps, max: 1 - eps });
      return p.div(p.neg().add(1)).log();
    },
    'p.div(p.neg().add(1)).log()',
  ),
  row(
    'torch|Tensor.nan_to_num',
    { input: tensor, nan: number.or(0), posinf: number.opt, neginf: number.opt },
    ({ input, nan, posinf, neginf }, { dtype }) => {
      const largest = dtype === 'f64' ? Number.MAX_VALUE : 3.4028234663852886e38;
      const bounded = where(
        input.eq(Infinity),
        posinf ?? largest,
        where(input.eq(-Infinity), neginf ?? -largest, input),
      );
      return where(input.isnan(), nan, bounded);
    },
    'where(x.isnan(), 0, x)',
  ),
  row(
    'torch|Tensor.hypot',
    { input: tensor, other: tensor },
    ({ input, other }) => input.square().add(other.square()).sqrt(),
    'x.square().add(y.square()).sqrt()',
  ),
  row(
    'torch|Tensor.logaddexp2',
    { input: tensor, other: tensor },
    ({ input, other }) => logaddexp(input.mul(Math.LN2), other.mul(Math.LN2)).div(Math.LN2),
    'logaddexp(x.mul(ln2), y.mul(ln2)).div(ln2)',
  ),
  row(
    'torch|Tensor|torch.special.xlogy',
    { input: operand, other: tensor },
    ({ input, other }) => timesLog(input, other.log()),
    'where(x.eq(0), 0, x.mul(y.log()))',
  ),
  row(
    'torch.special.xlog1py',
    { input: operand, other: tensor },
    ({ input, other }) => timesLog(input, other.log1p()),
    'where(x.eq(0), 0, x.mul(y.log1p()))',
  ),
  row(
    'torch.special.entr',
    { input: tensor },
    ({ input }) => timesLog(input, where(input.gt(0), input, 1).log()).neg(),
    'x.mul(x.log()).neg()',
  ),
  row(
    'torch|Tensor.copysign',
    { input: tensor, other: operand },
    ({ input, other }) =>
      input.abs().mul(typeof other === 'number' ? Math.sign(other) : where(other.eq(0), 1, other.sign())),
    'x.abs().mul(where(y.eq(0), 1, y.sign()))',
  ),
  row(
    'torch|Tensor.heaviside',
    { input: tensor, values: tensor },
    ({ input, values }) => where(input.eq(0), values, input.gt(0).cast(input.dtype) as Tensor),
    'where(x.eq(0), y, x.gt(0).cast(x.dtype))',
  ),
  row(
    'torch|Tensor.div torch|Tensor.divide torch|Tensor.true_divide',
    { input: operand, other: operand, rounding_mode: oneOf('floor', 'trunc') },
    ({ input, other, rounding_mode }, place) => {
      const [a, b] = floats(input, other, place);
      const quotient = (a as Tensor).div(b);
      return rounding_mode === 'floor' ? quotient.floor() : quotient.trunc();
    },
    'x.div(y).floor()',
  ),
  row(
    'torch|Tensor.clamp torch|Tensor.clip',
    { input: tensor, min: operand.opt, max: operand.opt },
    ({ input, min, max }) => {
      const above = min === undefined ? input : maximum(input, min);
      return max === undefined ? above : minimum(above, max);
    },
    'minimum(maximum(x, low), high)',
  ),
  row(
    'torch|Tensor.clamp_min',
    { input: tensor, min: tensor },
    ({ input, min }) => maximum(input, min),
    'maximum(x, low)',
  ),
  row(
    'torch|Tensor.clamp_max',
    { input: tensor, max: tensor },
    ({ input, max }) => minimum(input, max),
    'minimum(x, high)',
  ),
  row(
    'torch|Tensor.isclose',
    { input: tensor, other: tensor, rtol: number.or(1e-5), atol: number.or(1e-8), equal_nan: boolean.or(false) },
    ({ input, other, rtol, atol, equal_nan }, place) => {
      const [a, b] = promoted(input, other, place) as [Tensor, Tensor];
      const apart = a.sub(b).abs();
      const near = logicalOr(a.eq(b), logicalAnd(apart.isfinite(), apart.le(b.abs().mul(rtol).add(atol))));
      return equal_nan ? logicalOr(near, logicalAnd(a.isnan(), b.isnan())) : near;
    },
    'x.sub(y).abs().le(y.abs().mul(rtol).add(atol))',
  ),
  row(
    'torch|Tensor|torch.special.round',
    { input: tensor, decimals: number.or(0) },
    ({ input, decimals: count }) => decimals(input, count),
    'x.mul(100).round().div(100)',
  ),
  unary('torch.special.ndtr', (x) => x.div(Math.SQRT2).erf().add(1).div(2), 'x.div(root2).erf().add(1).div(2)'),
  row(
    'torch|Tensor.ldexp',
    { input: tensor, other: tensor },
    ({ input, other }, place) => input.mul(pow(2, float(other, place))),
    'x.mul(pow(2, y))',
  ),
  row(
    'torch|Tensor.any',
    over,
    ({ input, dim, keepdim }) => truthOf(input).sum({ dim, keepdim }).gt(0),
    'mask.sum({ dim }).gt(0)',
  ),
  row(
    'torch|Tensor.all',
    over,
    ({ input, dim, keepdim }) => truthOf(input).logicalNot().sum({ dim, keepdim }).eq(0),
    'mask.logicalNot().sum({ dim }).eq(0)',
  ),
];
