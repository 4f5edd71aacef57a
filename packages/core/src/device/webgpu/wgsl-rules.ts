/**
 * How the rules of scalar programs are written in WGSL: one row a rule, a column for each kind of operand. A missing
 * rule does not compile.
 *
 * Names that end in an underscore are those of the library (`wgsl-library.ts`). Against the cpu device:
 *
 * - Questions, pieces (`abs`, `round`, `maximum`...) and integers are exact, with NaN, infinities, -0 and subnormal
 *   numbers as there.
 * - Float arithmetic is the driver's, as WGSL has it: subnormal numbers may count as 0, a product and a sum may be
 *   rounded at once, quotients and square roots differently in the last bits, and an expression may be transformed as if
 *   its numbers were real: the sign of a zero may turn, and x - x, or x times a constant 0, be 0 for an infinite x. The
 *   functions (`exp`...) are made of it; their errors are in `test/webgpu/wgsl.test.ts`.
 */

import type * as rules from '../../scalar/rules.ts';
import { castTo } from './wgsl-cast.ts';

export type RuleName = keyof typeof rules;
/** WGSL's types of values. */
export type Form = 'f32' | 'i32' | 'bool';

/** An expression of its arguments, which are names. `to` is the form of the result, where it is not the arguments'. */
export type Write = (a: string, b: string, c: string, to: Form) => string;

/** By the form of the last argument; undefined where the rule makes no sense of it. */
export type Row = { readonly [F in Form]?: Write } & {
  /** The first argument is a truth value, whatever the others are. */
  readonly chooses?: true;
};

/** A function of the library. */
const call = (name: string): { readonly f32: Write } => ({
  f32: (a) => `${name}(${a})`,
});
const same: Write = (a) => a;
const choose: Write = (condition, a, b) => `select(${b}, ${a}, ${condition})`;

// biome-ignore-start format: a table is read row by row
export const wgslRules: Record<RuleName, Row> = {
  add: { f32: (a, b) => `${a} + ${b}`, i32: (a, b) => `${a} + ${b}` },
  sub: { f32: (a, b) => `${a} - ${b}`, i32: (a, b) => `${a} - ${b}` },
  mul: { f32: (a, b) => `${a} * ${b}`, i32: (a, b) => `${a} * ${b}` },
  div: { f32: (a, b) => `divide_(${a}, ${b})` },
  neg: { f32: (a) => `negative_(${a})`, i32: (a) => `-${a}` },
  pow: { f32: (a, b) => `pow_(${a}, ${b})` },

  exp: call('exp_'),
  expm1: call('expm1_'),
  log: call('log_'),
  log1p: call('log1p_'),
  log2: call('log2_'),
  log10: call('log10_'),
  sqrt: call('sqrt'),
  rsqrt: call('inverseSqrt'),

  sin: call('sin_'),
  cos: call('cos_'),
  tan: call('tan_'),
  asin: call('asin_'),
  acos: call('acos_'),
  atan: call('atan_'),
  sinh: call('sinh_'),
  cosh: call('cosh_'),
  tanh: call('tanh_'),
  asinh: call('asinh_'),
  acosh: call('acosh_'),
  atanh: call('atanh_'),

  sigmoid: call('sigmoid_'),
  erf: call('erf_'),

  abs: { f32: (a) => `magnitude_(${a})`, i32: (a) => `abs(${a})` },
  sign: { f32: (a) => `sign_(${a})`, i32: (a) => `sign(${a})` },
  floor: { f32: (a) => `floor_(${a})`, i32: same },
  ceil: { f32: (a) => `ceil_(${a})`, i32: same },
  trunc: { f32: (a) => `trunc(${a})`, i32: same },
  round: { f32: (a) => `round(${a})`, i32: same },
  maximum: { f32: (a, b) => `max_(${a}, ${b})`, i32: (a, b) => `max(${a}, ${b})`, bool: (a, b) => `${a} | ${b}` },
  minimum: { f32: (a, b) => `min_(${a}, ${b})`, i32: (a, b) => `min(${a}, ${b})`, bool: (a, b) => `${a} & ${b}` },
  where: { f32: choose, i32: choose, bool: choose, chooses: true },

  lt: { f32: (a, b) => `less_(${a}, ${b})`, i32: (a, b) => `${a} < ${b}`, bool: (a, b) => `!${a} & ${b}` },
  le: { f32: (a, b) => `lessOrEqual_(${a}, ${b})`, i32: (a, b) => `${a} <= ${b}`, bool: (a, b) => `!${a} | ${b}` },
  gt: { f32: (a, b) => `less_(${b}, ${a})`, i32: (a, b) => `${a} > ${b}`, bool: (a, b) => `${a} & !${b}` },
  ge: { f32: (a, b) => `lessOrEqual_(${b}, ${a})`, i32: (a, b) => `${a} >= ${b}`, bool: (a, b) => `${a} | !${b}` },
  eq: { f32: (a, b) => `equal_(${a}, ${b})`, i32: (a, b) => `${a} == ${b}`, bool: (a, b) => `${a} == ${b}` },
  ne: { f32: (a, b) => `!equal_(${a}, ${b})`, i32: (a, b) => `${a} != ${b}`, bool: (a, b) => `${a} != ${b}` },
  isnan: { f32: (a) => `isNaN_(${a})`, i32: () => 'false', bool: () => 'false' },
  isfinite: { f32: (a) => `isFinite_(${a})`, i32: () => 'true', bool: () => 'true' },
  not: { bool: (a) => `!${a}` },
  and: { bool: (a, b) => `${a} & ${b}` },
  or: { bool: (a, b) => `${a} | ${b}` },
  xor: { bool: (a, b) => `${a} != ${b}` },
  toNumber: {
    f32: same,
    i32: (a, _b, _c, to) => castTo('i32', to, a),
    bool: (a, _b, _c, to) => castTo('bool', to, a),
  },
};
// biome-ignore-end format: a table is read row by row
