/**
 * Everything the house knows of each scalar function, one row a function: how JavaScript computes it and its gradient.
 *
 * `js` is a loop over a strip of elements, so that the loop lies inside of the dispatch and runs as fast as JavaScript can.
 * `grad` gives dL/d(argument) for each argument, from g = dL/dy, y and the arguments; null where it is zero everywhere.
 */

import { erf as erfOf } from './erf.ts';
import { constant, type Kind, Scalar } from './scalar.ts';

export type Strip = Float32Array | Float64Array | Int32Array | Uint8Array;
type StripLoop = (y: Strip, n: number, a: Strip, b: Strip, c: Strip) => void;

export interface Rule {
  readonly name: string;
  readonly js: StripLoop;
  readonly grad: (g: Scalar, y: Scalar, ...args: Scalar[]) => readonly (Scalar | null)[];
  /** Only floats make sense here: exp of an i32 is a DTypeError. */
  readonly float?: true;
  /** What it returns; the kind of its last argument where it is not given. */
  readonly kind?: Kind;
}

export type Unary = (a: Scalar) => Scalar;
export type Binary = (a: Scalar, b: Scalar) => Scalar;
export type Ternary = (a: Scalar, b: Scalar, c: Scalar) => Scalar;

const define =
  (rule: Rule) =>
  (...args: Scalar[]): Scalar =>
    new Scalar(rule, args, rule.kind ?? args[args.length - 1]!.kind);

const num = (value: number): Scalar => constant(value);
const none = (): null[] => [null, null, null];

// ---- arithmetic ----------------------------------------------------------------------------------------------------
export const add: Binary = define({
  name: 'add',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! + b[i]!;
  },
  grad: (g) => [g, g],
});
export const sub: Binary = define({
  name: 'sub',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! - b[i]!;
  },
  grad: (g) => [g, neg(g)],
});
export const mul: Binary = define({
  name: 'mul',
  js: (y, n, a, b) => {
    if (y instanceof Int32Array)
      for (let i = 0; i < n; i++) y[i] = Math.imul(a[i]!, b[i]!); // wraps as i32 does everywhere
    else for (let i = 0; i < n; i++) y[i] = a[i]! * b[i]!;
  },
  grad: (g, _, a, b) => [mul(g, b), mul(g, a)],
});
export const div: Binary = define({
  name: 'div',
  float: true,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! / b[i]!;
  },
  grad: (g, y, _, b) => [div(g, b), neg(div(mul(g, y), b))],
});
export const neg: Unary = define({
  name: 'neg',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = -a[i]!;
  },
  grad: (g) => [neg(g)],
});
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
export const exp: Unary = define({
  name: 'exp',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.exp(a[i]!);
  },
  grad: (g, y) => [mul(g, y)],
});
export const expm1: Unary = define({
  name: 'expm1',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.expm1(a[i]!);
  },
  grad: (g, y) => [mul(g, add(y, num(1)))],
});
export const log: Unary = define({
  name: 'log',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log(a[i]!);
  },
  grad: (g, _, a) => [div(g, a)],
});
export const log1p: Unary = define({
  name: 'log1p',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log1p(a[i]!);
  },
  grad: (g, _, a) => [div(g, add(num(1), a))],
});
export const log2: Unary = define({
  name: 'log2',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log2(a[i]!);
  },
  grad: (g, _, a) => [div(g, mul(a, num(Math.LN2)))],
});
export const log10: Unary = define({
  name: 'log10',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.log10(a[i]!);
  },
  grad: (g, _, a) => [div(g, mul(a, num(Math.LN10)))],
});
export const sqrt: Unary = define({
  name: 'sqrt',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sqrt(a[i]!);
  },
  grad: (g, y) => [div(g, mul(num(2), y))],
});
export const rsqrt: Unary = define({
  name: 'rsqrt',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = 1 / Math.sqrt(a[i]!);
  },
  grad: (g, y) => [mul(num(-0.5), mul(g, mul(y, mul(y, y))))],
});

// ---- trigonometric and hyperbolic ----------------------------------------------------------------------------------
export const sin: Unary = define({
  name: 'sin',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sin(a[i]!);
  },
  grad: (g, _, a) => [mul(g, cos(a))],
});
export const cos: Unary = define({
  name: 'cos',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.cos(a[i]!);
  },
  grad: (g, _, a) => [neg(mul(g, sin(a)))],
});
export const tan: Unary = define({
  name: 'tan',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.tan(a[i]!);
  },
  grad: (g, y) => [mul(g, add(num(1), mul(y, y)))],
});
export const asin: Unary = define({
  name: 'asin',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.asin(a[i]!);
  },
  grad: (g, _, a) => [mul(g, rsqrt(sub(num(1), mul(a, a))))],
});
export const acos: Unary = define({
  name: 'acos',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.acos(a[i]!);
  },
  grad: (g, _, a) => [neg(mul(g, rsqrt(sub(num(1), mul(a, a)))))],
});
export const atan: Unary = define({
  name: 'atan',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.atan(a[i]!);
  },
  grad: (g, _, a) => [div(g, add(num(1), mul(a, a)))],
});
export const sinh: Unary = define({
  name: 'sinh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sinh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, cosh(a))],
});
export const cosh: Unary = define({
  name: 'cosh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.cosh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, sinh(a))],
});
/** d tanh(x) = (1 - tanh(x)^2) dx */
export const tanh: Unary = define({
  name: 'tanh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.tanh(a[i]!);
  },
  grad: (g, y) => [mul(g, sub(num(1), mul(y, y)))],
});
export const asinh: Unary = define({
  name: 'asinh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.asinh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, rsqrt(add(mul(a, a), num(1))))],
});
export const acosh: Unary = define({
  name: 'acosh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.acosh(a[i]!);
  },
  grad: (g, _, a) => [mul(g, rsqrt(sub(mul(a, a), num(1))))],
});
export const atanh: Unary = define({
  name: 'atanh',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.atanh(a[i]!);
  },
  grad: (g, _, a) => [div(g, sub(num(1), mul(a, a)))],
});

// ---- functions of probability --------------------------------------------------------------------------------------
/** d sigmoid(x) = sigmoid(x) (1 - sigmoid(x)) dx */
export const sigmoid: Unary = define({
  name: 'sigmoid',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = 1 / (1 + Math.exp(-a[i]!));
  },
  grad: (g, y) => [mul(g, mul(y, sub(num(1), y)))],
});
/** d erf(x) = 2 / sqrt(pi) exp(-x^2) dx */
export const erf: Unary = define({
  name: 'erf',
  float: true,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = erfOf(a[i]!);
  },
  grad: (g, _, a) => [mul(g, mul(num(2 / Math.sqrt(Math.PI)), exp(neg(mul(a, a)))))],
});

// ---- pieces: the gradient jumps, PyTorch's choice at the jump ------------------------------------------------------
export const abs: Unary = define({
  name: 'abs',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.abs(a[i]!);
  },
  grad: (g, _, a) => [mul(g, sign(a))],
});
export const sign: Unary = define({
  name: 'sign',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sign(a[i]!);
  },
  grad: none,
});
export const floor: Unary = define({
  name: 'floor',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.floor(a[i]!);
  },
  grad: none,
});
export const ceil: Unary = define({
  name: 'ceil',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.ceil(a[i]!);
  },
  grad: none,
});
export const trunc: Unary = define({
  name: 'trunc',
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.trunc(a[i]!);
  },
  grad: none,
});
/** To the nearest whole number, halves to the even one (IEEE, PyTorch). */
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
/** The gradient of equal arguments is shared in halves. */
export const maximum: Binary = define({
  name: 'maximum',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = Math.max(a[i]!, b[i]!);
  },
  grad: (g, _, a, b) => [towards(gt(a, b), eq(a, b), g), towards(gt(b, a), eq(a, b), g)],
});
export const minimum: Binary = define({
  name: 'minimum',
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = Math.min(a[i]!, b[i]!);
  },
  grad: (g, _, a, b) => [towards(lt(a, b), eq(a, b), g), towards(lt(b, a), eq(a, b), g)],
});
export const where: Ternary = define({
  name: 'where',
  js: (y, n, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = a[i] !== 0 ? b[i]! : c[i]!;
  },
  grad: (g, _, a) => [null, where(a, g, num(0)), where(a, num(0), g)],
});

// ---- questions: answers are bool, and nothing flows back -----------------------------------------------------------
export const lt: Binary = define({
  name: 'lt',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! < b[i]! ? 1 : 0;
  },
});
export const le: Binary = define({
  name: 'le',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! <= b[i]! ? 1 : 0;
  },
});
export const gt: Binary = define({
  name: 'gt',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! > b[i]! ? 1 : 0;
  },
});
export const ge: Binary = define({
  name: 'ge',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! >= b[i]! ? 1 : 0;
  },
});
export const eq: Binary = define({
  name: 'eq',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i] === b[i] ? 1 : 0;
  },
});
export const ne: Binary = define({
  name: 'ne',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i] !== b[i] ? 1 : 0;
  },
});
export const isnan: Unary = define({
  name: 'isnan',
  kind: 'bool',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Number.isNaN(a[i]) ? 1 : 0;
  },
});
export const isfinite: Unary = define({
  name: 'isfinite',
  kind: 'bool',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Number.isFinite(a[i]) ? 1 : 0;
  },
});
export const not: Unary = define({
  name: 'not',
  kind: 'bool',
  grad: none,
  js: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = 1 - a[i]!;
  },
});
export const and: Binary = define({
  name: 'and',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! & b[i]!;
  },
});
export const or: Binary = define({
  name: 'or',
  kind: 'bool',
  grad: none,
  js: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! | b[i]!;
  },
});
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
