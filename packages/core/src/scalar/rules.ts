/**
 * Everything the house knows of each scalar function, one row a function: how JavaScript computes it and its gradient.
 *
 * `js` is a loop over a strip of elements, so that the loop lies inside of the dispatch and runs as fast as JavaScript
 * can. `grad` gives dL/d(argument) for each argument, from g = dL/dy, y and the arguments; null where it is zero
 * everywhere.
 */

import { erf as erfOf } from './erf.ts';
import { constant, type Kind, Scalar } from './scalar.ts';

/** Up to 512 elements: a register of the strip interpreter (`to-js.ts`). */
export type Strip = Float32Array | Float64Array | Int32Array | Uint8Array;
type StripLoop = (y: Strip, n: number, a: Strip, b: Strip, c: Strip) => void;

/** One scalar function. */
export interface Rule {
  /** Its name in a program's key. */
  readonly name: string;
  /** y[i] = f(a[i], b[i], c[i]) for i < n. */
  readonly js: StripLoop;
  /** dL/d(argument) for each argument, from g = dL/dy; null where it is zero everywhere. */
  readonly grad: (g: Scalar, y: Scalar, ...args: Scalar[]) => readonly (Scalar | null)[];
  /** Only floats make sense here: exp of an i32 is a DTypeError. */
  readonly float?: true;
  /** What it returns; the kind of its last argument where it is not given. */
  readonly kind?: Kind;
}

/** A function of one scalar. */
export type Unary = (a: Scalar) => Scalar;
/** A function of two scalars. */
export type Binary = (a: Scalar, b: Scalar) => Scalar;
/** A function of three scalars. */
export type Ternary = (a: Scalar, b: Scalar, c: Scalar) => Scalar;

const define =
  (rule: Rule) =>
  (...args: Scalar[]): Scalar =>
    new Scalar(rule, args, rule.kind ?? args[args.length - 1]!.kind);

const num = (value: number): Scalar => constant(value);
const none = (): null[] => [null, null, null];

// ---- arithmetic ----------------------------------------------------------------------------------------------------
/** y = a + b; da = g, db = g */
export const add: Binary = define({
  name: 'add',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! + b[i]!;
  },
  grad: (g) => [g, g],
});
/** y = a - b; da = g, db = -g */
export const sub: Binary = define({
  name: 'sub',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! - b[i]!;
  },
  grad: (g) => [g, neg(g)],
});
/** y = a b (wraps around in i32); da = g b, db = g a */
export const mul: Binary = define({
  name: 'mul',
  js: (y, n, a, b) => {
    if (y instanceof Int32Array)
      for (let i = 0; i < n; i++) y[i] = Math.imul(a[i]!, b[i]!); // wraps as i32 does everywhere
    else for (let i = 0; i < n; i++) y[i] = a[i]! * b[i]!;
  },
  grad: (g, _, a, b) => [mul(g, b), mul(g, a)],
});
/** y = a / b; da = g / b, db = -g y / b */
export const div: Binary = define({
  name: 'div',
  float: true,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! / b[i]!;
  },
  grad: (g, y, _, b) => [div(g, b), neg(div(mul(g, y), b))],
});
/** y = -a; da = -g */
export const neg: Unary = define({
  name: 'neg',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = -a[i]!;
  },
  grad: (g) => [neg(g)],
});
/** y = a^b; da = g b a^(b-1), db = g y log a; 0 where b, or a with b >= 0, is 0 */
export const pow: Binary = define({
  name: 'pow',
  float: true,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++)
      y[i] = a[i] === 1 ? 1 : a[i] === -1 && Math.abs(b[i]!) === Infinity ? 1 : a[i]! ** b[i]!;
  }, // 1^NaN = 1, (+-1)^(+-inf) = 1 (IEEE)
  grad: (g, y, a, b) => [
    where(eq(b, num(0)), num(0), mul(g, mul(b, pow(a, sub(b, num(1)))))),
    where(and(eq(a, num(0)), ge(b, num(0))), num(0), mul(g, mul(y, log(a)))),
  ],
});

// ---- exp and log ---------------------------------------------------------------------------------------------------
/** y = e^a; da = g y */
export const exp: Unary = define({
  name: 'exp',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.exp(a[i]!);
  },
  grad: (g, y) => [mul(g, y)],
});
/** y = e^a - 1; da = g (y + 1) */
export const expm1: Unary = define({
  name: 'expm1',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.expm1(a[i]!);
  },
  grad: (g, y) => [mul(g, add(y, num(1)))],
});
/** y = log a; da = g / a */
export const log: Unary = define({
  name: 'log',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log(a[i]!);
  },
  grad: (g, _, a) => [div(g, a)],
});
/** y = log(1 + a); da = g / (1 + a) */
export const log1p: Unary = define({
  name: 'log1p',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log1p(a[i]!);
  },
  grad: (g, _, a) => [div(g, add(num(1), a))],
});
/** y = log a / log 2; da = g / (a log 2) */
export const log2: Unary = define({
  name: 'log2',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log2(a[i]!);
  },
  grad: (g, _, a) => [div(g, mul(a, num(Math.LN2)))],
});
/** y = log a / log 10; da = g / (a log 10) */
export const log10: Unary = define({
  name: 'log10',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log10(a[i]!);
  },
  grad: (g, _, a) => [div(g, mul(a, num(Math.LN10)))],
});
/** y = sqrt a; da = g / (2 y) */
export const sqrt: Unary = define({
  name: 'sqrt',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sqrt(a[i]!);
  },
  grad: (g, y) => [div(g, mul(num(2), y))],
});
/** y = 1 / sqrt a; da = -g y^3 / 2 */
export const rsqrt: Unary = define({
  name: 'rsqrt',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = 1 / Math.sqrt(a[i]!);
  },
  grad: (g, y) => [mul(num(-0.5), mul(g, mul(y, mul(y, y))))],
});

// ---- trigonometric and hyperbolic ----------------------------------------------------------------------------------
/** y = sin a; da = g cos a */
export const sin: Unary = define({
  name: 'sin',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sin(a[i]!);
  },
  grad: (g, _, a) => [mul(g, cos(a))],
});
/** y = cos a; da = -g sin a */
export const cos: Unary = define({
  name: 'cos',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.cos(a[i]!);
  },
  grad: (g, _, a) => [neg(mul(g, sin(a)))],
});
/** y = tan a; da = g (1 + y^2) */
export const tan: Unary = define({
  name: 'tan',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.tan(a[i]!);
  },
  grad: (g, y) => [mul(g, add(num(1), mul(y, y)))],
});
/** y = asin a; da = g / sqrt(1 - a^2) */
export const asin: Unary = define({
  name: 'asin',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.asin(a[i]!);
  },
  grad: (g, _, a) => [mul(g, rsqrt(sub(num(1), mul(a, a))))],
});
/** y = acos a; da = -g / sqrt(1 - a^2) */
export const acos: Unary = define({
  name: 'acos',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.acos(a[i]!);
  },
  grad: (g, _, a) => [neg(mul(g, rsqrt(sub(num(1), mul(a, a)))))],
});
/** y = atan a; da = g / (1 + a^2) */
export const atan: Unary = define({
  name: 'atan',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.atan(a[i]!);
  },
  grad: (g, _, a) => [div(g, add(num(1), mul(a, a)))],
});
/** y = sinh a; da = g cosh a */
export const sinh: Unary = define({
  name: 'sinh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sinh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, cosh(a))],
});
/** y = cosh a; da = g sinh a */
export const cosh: Unary = define({
  name: 'cosh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.cosh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, sinh(a))],
});
/** y = tanh a; da = g (1 - y^2) */
export const tanh: Unary = define({
  name: 'tanh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.tanh(a[i]!);
  },
  grad: (g, y) => [mul(g, sub(num(1), mul(y, y)))],
});
/** y = asinh a; da = g / sqrt(a^2 + 1) */
export const asinh: Unary = define({
  name: 'asinh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.asinh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, rsqrt(add(mul(a, a), num(1))))],
});
/** y = acosh a; da = g / sqrt(a^2 - 1) */
export const acosh: Unary = define({
  name: 'acosh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.acosh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, rsqrt(sub(mul(a, a), num(1))))],
});
/** y = atanh a; da = g / (1 - a^2) */
export const atanh: Unary = define({
  name: 'atanh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.atanh(a[i]!);
  },
  grad: (g, _, a) => [div(g, sub(num(1), mul(a, a)))],
});

// ---- functions of probability --------------------------------------------------------------------------------------
/** y = 1 / (1 + e^-a); da = g y (1 - y) */
export const sigmoid: Unary = define({
  name: 'sigmoid',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = 1 / (1 + Math.exp(-a[i]!));
  },
  grad: (g, y) => [mul(g, mul(y, sub(num(1), y)))],
});
/** y = erf a; da = g 2 / sqrt(pi) e^(-a^2) */
export const erf: Unary = define({
  name: 'erf',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = erfOf(a[i]!);
  },
  grad: (g, _, a) => [mul(g, mul(num(2 / Math.sqrt(Math.PI)), exp(neg(mul(a, a)))))],
});

// ---- pieces: the gradient jumps, PyTorch's choice at the jump ------------------------------------------------------
/** y = |a|; da = g sign a */
export const abs: Unary = define({
  name: 'abs',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.abs(a[i]!);
  },
  grad: (g, _, a) => [mul(g, sign(a))],
});
/** y = sign a; da = 0 */
export const sign: Unary = define({
  name: 'sign',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sign(a[i]!);
  },
  grad: none,
});
/** y = the largest whole number <= a; da = 0 */
export const floor: Unary = define({
  name: 'floor',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.floor(a[i]!);
  },
  grad: none,
});
/** y = the smallest whole number >= a; da = 0 */
export const ceil: Unary = define({
  name: 'ceil',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.ceil(a[i]!);
  },
  grad: none,
});
/** y = a without what follows the point; da = 0 */
export const trunc: Unary = define({
  name: 'trunc',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.trunc(a[i]!);
  },
  grad: none,
});
/** y = the nearest whole number, halves to the even one (IEEE, PyTorch); da = 0 */
export const round: Unary = define({
  name: 'round',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) {
      const r = Math.round(a[i]!);
      y[i] = r - a[i]! === 0.5 && r % 2 !== 0 ? r - 1 : r;
    }
  },
  grad: none,
});
/** y = max(a, b); g goes to the larger one, in halves where they are equal */
export const maximum: Binary = define({
  name: 'maximum',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = Math.max(a[i]!, b[i]!);
  },
  grad: (g, _, a, b) => [towards(gt(a, b), eq(a, b), g), towards(gt(b, a), eq(a, b), g)],
});
/** y = min(a, b); g goes to the smaller one, in halves where they are equal */
export const minimum: Binary = define({
  name: 'minimum',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = Math.min(a[i]!, b[i]!);
  },
  grad: (g, _, a, b) => [towards(lt(a, b), eq(a, b), g), towards(lt(b, a), eq(a, b), g)],
});
/** y = b where a is true, else c; g goes to the one that was chosen */
export const where: Ternary = define({
  name: 'where',
  js: (y, n, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = a[i] !== 0 ? b[i]! : c[i]!;
  },
  grad: (g, _, a) => [null, where(a, g, num(0)), where(a, num(0), g)],
});

// ---- questions: answers are bool, and nothing flows back -----------------------------------------------------------
/** Whether a < b. */
export const lt: Binary = define({
  name: 'lt',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! < b[i]! ? 1 : 0;
  },
});
/** Whether a <= b. */
export const le: Binary = define({
  name: 'le',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! <= b[i]! ? 1 : 0;
  },
});
/** Whether a > b. */
export const gt: Binary = define({
  name: 'gt',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! > b[i]! ? 1 : 0;
  },
});
/** Whether a >= b. */
export const ge: Binary = define({
  name: 'ge',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! >= b[i]! ? 1 : 0;
  },
});
/** Whether a = b. */
export const eq: Binary = define({
  name: 'eq',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i] === b[i] ? 1 : 0;
  },
});
/** Whether a != b. */
export const ne: Binary = define({
  name: 'ne',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i] !== b[i] ? 1 : 0;
  },
});
/** Whether a is NaN. */
export const isnan: Unary = define({
  name: 'isnan',
  kind: 'bool',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Number.isNaN(a[i]) ? 1 : 0;
  },
});
/** Whether a is neither NaN nor infinite. */
export const isfinite: Unary = define({
  name: 'isfinite',
  kind: 'bool',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Number.isFinite(a[i]) ? 1 : 0;
  },
});
/** not a */
export const not: Unary = define({
  name: 'not',
  kind: 'bool',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = 1 - a[i]!;
  },
});
/** a and b */
export const and: Binary = define({
  name: 'and',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! & b[i]!;
  },
});
/** a or b */
export const or: Binary = define({
  name: 'or',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! | b[i]!;
  },
});
/** either a or b */
export const xor: Binary = define({
  name: 'xor',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! ^ b[i]!;
  },
});
/** An index or a truth value as a number of the program's dtype. */
export const toNumber: Unary = define({
  name: 'toNumber',
  kind: 'number',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = a[i]!;
  },
});

/** The whole gradient where `wins`, half of it at a tie. */
function towards(wins: Scalar, tie: Scalar, g: Scalar): Scalar {
  return where(wins, g, where(tie, mul(g, num(0.5)), num(0)));
}
