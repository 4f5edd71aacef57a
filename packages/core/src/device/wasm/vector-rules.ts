/**
 * How the rules of scalar programs are written as vector instructions: one row a rule, a column for each kind of
 * operand.
 *
 * A truth value is a mask (all ones or all zeros in a lane), an index an i32. A missing rule does not compile.
 */

import type * as rules from '../../scalar/rules.ts';
import type { V128 } from './assembler.ts';
import { f32x4, i32x4, v128 } from './instructions.ts';
import { acos, asin, atan } from './vector-arc.ts';
import type { VectorBuilder } from './vector-builder.ts';
import { cosh, exp, expm1, sinh } from './vector-exp.ts';
import { acosh, asinh, atanh, log, log1p, log2, log10 } from './vector-log.ts';
import { pow } from './vector-pow.ts';
import { erf, sigmoid, tanh } from './vector-tanh.ts';
import { cos, sin, tan } from './vector-trig.ts';

export type RuleName = keyof typeof rules;
export type Form = 'f32' | 'i32' | 'bool';

/**
 * Arguments may be used more than once: they are locals. `to` is the form of the result, where it is not the
 * arguments'.
 */
export type Emit = (v: VectorBuilder, a: V128, b: V128, c: V128, to: Form) => V128;

/** By the form of the last argument; undefined where the rule makes no sense of it. */
export type Row = { readonly [F in Form]?: Emit } & {
  /** The first argument is a truth value, whatever the others are. */
  readonly chooses?: true;
};

const same: Emit = (_, a) => a;
const choose: Emit = (_, condition, a, b) => v128.select(a, b, condition);
const never: Emit = (v) => v.int(0);
const always: Emit = (v) => v.int(-1);

// biome-ignore-start format: a table is read row by row
export const vectorRules: Record<RuleName, Row> = {
  add: { f32: (_, a, b) => f32x4.add(a, b), i32: (_, a, b) => i32x4.add(a, b) },
  sub: { f32: (_, a, b) => f32x4.sub(a, b), i32: (_, a, b) => i32x4.sub(a, b) },
  mul: { f32: (_, a, b) => f32x4.mul(a, b), i32: (_, a, b) => i32x4.mul(a, b) },
  div: { f32: (_, a, b) => f32x4.div(a, b) },
  neg: { f32: (_, a) => f32x4.neg(a), i32: (_, a) => i32x4.neg(a) },
  pow: { f32: pow },

  exp: { f32: exp },
  expm1: { f32: expm1 },
  log: { f32: log },
  log1p: { f32: log1p },
  log2: { f32: log2 },
  log10: { f32: log10 },
  sqrt: { f32: (_, a) => f32x4.sqrt(a) },
  rsqrt: { f32: (v, a) => f32x4.div(v.float(1), f32x4.sqrt(a)) },

  sin: { f32: sin },
  cos: { f32: cos },
  tan: { f32: tan },
  asin: { f32: asin },
  acos: { f32: acos },
  atan: { f32: atan },
  sinh: { f32: sinh },
  cosh: { f32: cosh },
  tanh: { f32: tanh },
  asinh: { f32: asinh },
  acosh: { f32: acosh },
  atanh: { f32: atanh },

  sigmoid: { f32: sigmoid },
  erf: { f32: erf },

  abs: { f32: (_, a) => f32x4.abs(a), i32: (_, a) => i32x4.abs(a) },
  sign: { f32: signOfFloat, i32: (v, a) => i32x4.maxS(i32x4.minS(a, v.int(1)), v.int(-1)) },
  floor: { f32: (_, a) => f32x4.floor(a), i32: same },
  ceil: { f32: (_, a) => f32x4.ceil(a), i32: same },
  trunc: { f32: (_, a) => f32x4.trunc(a), i32: same },
  round: { f32: (_, a) => f32x4.nearest(a), i32: same },
  maximum: { f32: (_, a, b) => f32x4.max(a, b), i32: (_, a, b) => i32x4.maxS(a, b), bool: (_, a, b) => v128.or(a, b) },
  minimum: { f32: (_, a, b) => f32x4.min(a, b), i32: (_, a, b) => i32x4.minS(a, b), bool: (_, a, b) => v128.and(a, b) },
  where: { f32: choose, i32: choose, bool: choose, chooses: true },

  // As signed numbers masks are 0 and -1: the other way round.
  lt: { f32: (_, a, b) => f32x4.lt(a, b), i32: (_, a, b) => i32x4.ltS(a, b), bool: (_, a, b) => i32x4.gtS(a, b) },
  le: { f32: (_, a, b) => f32x4.le(a, b), i32: (_, a, b) => i32x4.leS(a, b), bool: (_, a, b) => i32x4.geS(a, b) },
  gt: { f32: (_, a, b) => f32x4.gt(a, b), i32: (_, a, b) => i32x4.gtS(a, b), bool: (_, a, b) => i32x4.ltS(a, b) },
  ge: { f32: (_, a, b) => f32x4.ge(a, b), i32: (_, a, b) => i32x4.geS(a, b), bool: (_, a, b) => i32x4.leS(a, b) },
  eq: { f32: (_, a, b) => f32x4.eq(a, b), i32: (_, a, b) => i32x4.eq(a, b), bool: (_, a, b) => i32x4.eq(a, b) },
  ne: { f32: (_, a, b) => f32x4.ne(a, b), i32: (_, a, b) => i32x4.ne(a, b), bool: (_, a, b) => v128.xor(a, b) },
  isnan: { f32: (_, a) => f32x4.ne(a, a), i32: never, bool: never },
  isfinite: { f32: (v, a) => f32x4.lt(f32x4.abs(a), v.float(Infinity)), i32: always, bool: always },
  not: { bool: (_, a) => v128.not(a) },
  and: { bool: (_, a, b) => v128.and(a, b) },
  or: { bool: (_, a, b) => v128.or(a, b) },
  xor: { bool: (_, a, b) => v128.xor(a, b) },
  toNumber: {
    f32: same,
    i32: (_, a, _b, _c, to) => (to === 'f32' ? f32x4.fromI32(a) : a),
    bool: (v, a, _b, _c, to) => v128.and(a, to === 'f32' ? v.float(1) : v.int(1)),
  },
};
// biome-ignore-end format: a table is read row by row

/** 1 or -1, and x itself where it is 0, -0 or NaN. */
function signOfFloat(v: VectorBuilder, x: V128): V128 {
  return v128.select(v.copySign(v.float(1), x), x, f32x4.gt(f32x4.abs(x), v.float(0)));
}
