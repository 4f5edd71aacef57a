/** Arithmetic, functions of one number, comparisons. */

import {
  add,
  atan2,
  div,
  eq,
  floorDivide,
  fmod,
  ge,
  gt,
  le,
  lerp,
  logaddexp,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
  remainder,
  sub,
  type Tensor,
  where,
} from '@tapegrad/core';
import { mask, number, operand, tensor } from '../kinds.ts';
import { camelCase, type Row, row } from '../row.ts';
import { float, floats, isFloat, promoted, some } from './options.ts';

/** Functions of floats; integers are cast first, as PyTorch does. */
const functions =
  `exp expm1 log log1p log2 log10 sqrt rsqrt reciprocal sin cos tan asin acos atan sinh cosh tanh asinh acosh
  atanh sigmoid erf`.split(/\s+/);
/** Functions that integers have too. */
const ofNumbers = 'neg abs sign square floor ceil trunc round relu'.split(' ');

/** PyTorch's other names for them. */
const synonyms: Readonly<Record<string, string>> = {
  asin: 'torch|Tensor.arcsin',
  acos: 'torch|Tensor.arccos',
  atan: 'torch|Tensor.arctan',
  asinh: 'torch|Tensor.arcsinh',
  acosh: 'torch|Tensor.arccosh',
  atanh: 'torch|Tensor.arctanh',
  sigmoid: 'torch.special.expit F.sigmoid',
  tanh: 'F.tanh',
  erf: 'torch.special.erf',
  expm1: 'torch.special.expm1',
  log1p: 'torch.special.log1p',
  neg: 'torch|Tensor.negative',
  abs: 'torch|Tensor.absolute',
  sign: 'torch|Tensor.sgn',
  trunc: 'torch|Tensor.fix',
  relu: 'F.relu',
};

const unary = (name: string, prepare: (x: Tensor, dtype: Parameters<Row['run']>[1]) => Tensor): Row =>
  row(`torch|Tensor.${name}${name in synonyms ? ` ${synonyms[name]}` : ''}`, { input: tensor }, ({ input }, place) => {
    const x = prepare(input, place);
    return (x[camelCase(name) as 'exp'] as () => Tensor).call(x);
  });

type Binary = (a: Tensor | number, b: Tensor | number) => unknown;

/** What integers have too in PyTorch; tapegrad divides floats. */
const quotient = (names: string, divide: typeof fmod): Row =>
  row(names, { input: operand, other: operand }, ({ input, other }, place) => {
    const [a, b] = promoted(input, other, place);
    const y = divide(...floats(a, b, place));
    return [a, b].every((x) => typeof x === 'number' || !isFloat(x)) ? y.cast('i32') : y;
  });

const comparison = (names: string, compare: Binary): Row =>
  row(names, { input: operand, other: operand }, ({ input, other }, place) =>
    compare(...promoted(input, other, place)),
  );

const logical = (name: string, ofMasks: (a: never, b: never) => unknown): Row =>
  row(`torch|Tensor.logical_${name} torch|Tensor.bitwise_${name}`, { input: mask, other: mask }, ({ input, other }) =>
    ofMasks(input as never, other as never),
  );

const scaled = (x: Tensor | number, alpha: number): Tensor | number => {
  if (alpha === 1) return x;
  return typeof x === 'number' ? x * alpha : mul(x, alpha);
};

export const elementwise: readonly Row[] = [
  ...functions.map((name) => unary(name, float)),
  ...ofNumbers.map((name) => unary(name, (x) => x)),
  row('torch|Tensor.positive torch.clone Tensor.clone Tensor.contiguous', { input: tensor }, ({ input }) => input, 'x'),

  row('torch|Tensor.add', { input: mask, other: mask }, ({ input, other }) => logicalOr(input, other)),
  row(
    'torch|Tensor.add',
    { input: operand, other: operand, alpha: number.or(1) },
    ({ input, other, alpha }, place) => {
      const [a, b] = promoted(input, other, place);
      return add(a, scaled(b, alpha));
    },
    'add(x, y), add(x, mul(y, alpha))',
  ),
  row(
    'torch|Tensor.sub torch|Tensor.subtract',
    { input: operand, other: operand, alpha: number.or(1) },
    ({ input, other, alpha }, place) => {
      const [a, b] = promoted(input, other, place);
      return sub(a, scaled(b, alpha));
    },
    'sub(x, y), sub(x, mul(y, alpha))',
  ),
  row(
    'torch.rsub',
    { input: tensor, other: operand, alpha: number.or(1) },
    ({ input, other, alpha }) => sub(other, input.mul(alpha)),
    'sub(y, mul(x, alpha))',
  ),
  row('torch|Tensor.mul torch|Tensor.multiply', { input: mask, other: mask }, ({ input, other }) =>
    logicalAnd(input, other),
  ),
  row('torch|Tensor.mul torch|Tensor.multiply', { input: operand, other: operand }, ({ input, other }, place) =>
    mul(...promoted(input, other, place)),
  ),
  row(
    'torch|Tensor.div torch|Tensor.divide torch|Tensor.true_divide',
    { input: operand, other: operand },
    ({ input, other }, place) => div(...floats(input, other, place)),
  ),
  quotient('torch|Tensor.floor_divide', floorDivide),
  quotient('torch|Tensor.remainder', remainder),
  quotient('torch|Tensor.fmod', fmod),
  row('torch|Tensor.pow torch.float_power', { input: operand, exponent: operand }, ({ input, exponent }, place) =>
    pow(...floats(input, exponent, place)),
  ),
  row('torch|Tensor.maximum torch|Tensor.fmax', { input: operand, other: operand }, ({ input, other }, place) =>
    maximum(...promoted(input, other, place)),
  ),
  row('torch|Tensor.minimum torch|Tensor.fmin', { input: operand, other: operand }, ({ input, other }, place) =>
    minimum(...promoted(input, other, place)),
  ),
  row(
    'torch|Tensor.clamp torch|Tensor.clip',
    { input: tensor, min: number.opt, max: number.opt },
    ({ input, min, max }) => input.clamp(some({ min, max })),
    'x.clamp({ min, max })',
  ),
  row(
    'torch|Tensor.clamp_min',
    { input: tensor, min: number },
    ({ input, min }) => input.clamp({ min }),
    'x.clamp({ min })',
  ),
  row(
    'torch|Tensor.clamp_max',
    { input: tensor, max: number },
    ({ input, max }) => input.clamp({ max }),
    'x.clamp({ max })',
  ),
  row(
    'torch|Tensor.addcmul',
    { input: tensor, tensor1: tensor, tensor2: tensor, value: number.or(1) },
    ({ input, tensor1, tensor2, value }) => input.add(tensor1.mul(tensor2).mul(value)),
    'x.add(y.mul(z).mul(value))',
  ),
  row(
    'torch|Tensor.addcdiv',
    { input: tensor, tensor1: tensor, tensor2: tensor, value: number.or(1) },
    ({ input, tensor1, tensor2, value }) => input.add(tensor1.div(tensor2).mul(value)),
    'x.add(y.div(z).mul(value))',
  ),
  row('torch|Tensor.lerp', { input: tensor, end: tensor, weight: operand }, ({ input, end, weight }) =>
    lerp(input, end, weight),
  ),
  row('torch|Tensor.atan2 torch|Tensor.arctan2', { input: tensor, other: tensor }, ({ input, other }) =>
    atan2(input, other),
  ),
  row('torch|Tensor.logaddexp', { input: tensor, other: tensor }, ({ input, other }) => logaddexp(input, other)),

  comparison('torch|Tensor.eq', eq as Binary),
  comparison('torch|Tensor.ne torch|Tensor.not_equal', ne as Binary),
  comparison('torch|Tensor.lt torch|Tensor.less', lt as Binary),
  comparison('torch|Tensor.le torch|Tensor.less_equal', le as Binary),
  comparison('torch|Tensor.gt torch|Tensor.greater', gt as Binary),
  comparison('torch|Tensor.ge torch|Tensor.greater_equal', ge as Binary),
  logical('and', logicalAnd),
  logical('or', logicalOr),
  logical('xor', logicalXor),
  row('torch|Tensor.logical_not torch|Tensor.bitwise_not', { input: mask }, ({ input }) => logicalNot(input)),
  row('torch|Tensor.isnan', { input: tensor }, ({ input }) => input.isnan()),
  row('torch|Tensor.isinf', { input: tensor }, ({ input }) => input.isinf()),
  row('torch|Tensor.isfinite', { input: tensor }, ({ input }) => input.isfinite()),
  row('torch.where', { condition: mask, input: operand, other: operand }, ({ condition, input, other }, place) =>
    where(condition, ...promoted(input, other, place)),
  ),
  row('Tensor.where', { input: tensor, condition: mask, other: operand }, ({ input, condition, other }, place) =>
    where(condition, ...promoted(input, other, place)),
  ),
  row('torch|Tensor.masked_fill', { input: tensor, mask, value: operand }, ({ input, mask: where_, value }) =>
    typeof value === 'number' ? input.maskedFill(where_, value) : where(where_, value, input),
  ),
  row('torch|Tensor.tril', { input: tensor, diagonal: number.opt }, ({ input, diagonal }) => input.tril(diagonal)),
  row('torch|Tensor.triu', { input: tensor, diagonal: number.opt }, ({ input, diagonal }) => input.triu(diagonal)),
];
