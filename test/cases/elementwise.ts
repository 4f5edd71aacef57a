/** Rows of elementwise functions: of one number, two, truth values, masks and casts. */

import { DTypeError, ShapeError, type Tensor, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { aboveOne, exactly, ints, mask, positive, real, unit, wide } from '../support/inputs.ts';
import { bool, float, i3, m3, x3, x4, x23 } from './operands.ts';
import { sigma } from './plain.ts';
import { type BadInput, bad, type OpCase, type OpName, row } from './row.ts';

// biome-ignore-start format: tables are read row by row

type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
type ComparisonName = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

// The functions of a family have one signature on floats; the union of all that the catalogue exports has none.
const unary = (op: OpName): ((x: Tensor) => Tensor) => ops[op] as unknown as (x: Tensor) => Tensor;
const binary = (op: BinaryName) => ops[op] as (a: Tensor | number, b: Tensor | number) => Tensor;

const softplus = (x: number): number => Math.log1p(Math.exp(x));

/** Float functions of one tensor: name, domain, and the same in JavaScript where that is a line. */
const floatUnaries: readonly [OpName, typeof real, ((x: number) => number)?][] = [
  ['reciprocal', positive, (x) => 1 / x],
  ['exp', real, Math.exp],
  ['expm1', real, Math.expm1],
  ['log', positive, Math.log],
  ['log1p', positive, Math.log1p],
  ['log2', positive, Math.log2],
  ['log10', positive, Math.log10],
  ['sqrt', positive, Math.sqrt],
  ['rsqrt', positive, (x) => 1 / Math.sqrt(x)],
  ['sin', real, Math.sin],
  ['cos', real, Math.cos],
  ['tan', unit, Math.tan],
  ['asin', unit, Math.asin],
  ['acos', unit, Math.acos],
  ['atan', real, Math.atan],
  ['sinh', real, Math.sinh],
  ['cosh', real, Math.cosh],
  ['tanh', real, Math.tanh],
  ['asinh', real, Math.asinh],
  ['acosh', aboveOne, Math.acosh],
  ['atanh', unit, Math.atanh],
  ['sigmoid', real, sigma],
  ['logSigmoid', real, (x) => -softplus(-x)],
  ['erf', real],
  ['silu', real, (x) => x * sigma(x)],
  ['gelu', real],
  ['softplus', real, softplus],
  ['elu', real, (x) => (x > 0 ? x : Math.expm1(x))],
  ['mish', real, (x) => x * Math.tanh(softplus(x))],
  ['softsign', real, (x) => x / (1 + Math.abs(x))],
];

/** Functions of one tensor of any number type. */
const numberUnaries: readonly [OpName, (x: number) => number][] = [
  ['neg', (x) => -x],
  ['abs', Math.abs],
  ['sign', Math.sign],
  ['square', (x) => x * x],
  ['relu', (x) => Math.max(x, 0)],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['trunc', Math.trunc],
  ['round', (x) => Math.round(x)],
];

const binaries: readonly [BinaryName, typeof real, (a: number, b: number) => number][] = [
  ['add', real, (a, b) => a + b],
  ['sub', real, (a, b) => a - b],
  ['mul', real, (a, b) => a * b],
  ['div', positive, (a, b) => a / b],
  ['pow', positive, (a, b) => a ** b],
  ['maximum', real, Math.max],
  ['minimum', real, Math.min],
];

const comparisons: readonly [ComparisonName, (a: number, b: number) => boolean][] = [
  ['eq', (a, b) => a === b],
  ['ne', (a, b) => a !== b],
  ['lt', (a, b) => a < b],
  ['le', (a, b) => a <= b],
  ['gt', (a, b) => a > b],
  ['ge', (a, b) => a >= b],
];

const layouts: readonly [what: string, a: readonly number[], b: readonly number[]][] = [
  ['operands of one shape', [2, 3], [2, 3]],
  ['a matrix and a row', [2, 3], [3]],
  ['a column and a row', [2, 1], [1, 3]],
  ['a vector and a batch', [3], [2, 2, 3]],
  ['a matrix and a scalar', [2, 3], []],
];

export const elementwise: readonly OpCase[] = [
  ...floatUnaries.map(([op, domain, js]) =>
    row(op, 'of a matrix', [domain(2, 3)], unary(op), js && { expected: (x) => x.map(js) }),
  ),
  ...numberUnaries.flatMap(([op, js]) => [
    row(op, 'of a matrix', [real(2, 3)], unary(op), { expected: (x) => x.map(js) }),
    row(op, 'of integers', [ints(3, 4)], (x) => unary(op)(float(x.sub(1))), {
      expected: (x) => x.map((v) => js(v - 1)),
    }),
  ]),
  ...binaries.flatMap(([op, domain, js]) => [
    ...layouts.map(([what, a, b]) => row(op, `of ${what}`, [domain(...a), domain(...b)], (x, y) => binary(op)(x, y))),
    row(op, 'of a tensor and a number', [domain(2, 3)], (x) => binary(op)(x, 1.3), {
      expected: (x) => x.map((v) => js(v, 1.3)),
    }),
    row(op, 'of a number and a tensor', [domain(2, 3)], (x) => binary(op)(1.3, x), {
      expected: (x) => x.map((v) => js(1.3, v)),
    }),
    row(op, 'of a tensor and itself', [domain(4)], (x) => binary(op)(x, x), {
      expected: (x) => x.map((v) => js(v, v)),
    }),
  ]),
  ...comparisons.flatMap(([op, js]) => [
    row(op, 'of integers with ties', [ints(3, 8), ints(2, 8)], (a, b) => ops[op](a, b), {
      expected: (a, b) => a.map((v, i) => js(v, b[i]!)),
    }),
    row(op, 'of a column and a row', [real(2, 1), real(3)], (a, b) => ops[op](a, b), {
      expected: (a, b) => a.flatMap((v) => b.map((w) => js(v, w))),
    }),
    row(op, 'with a number', [ints(3, 6)], (a) => ops[op](a, 1), { expected: (a) => a.map((v) => js(v, 1)) }),
    row(op, 'of NaN', [exactly([NaN, 1])], (a) => ops[op](a, a), { expected: (a) => a.map((v) => js(v, v)) }),
  ]),
  row('add', 'of integers', [ints(5, 6), ints(3, 6)], (a, b) => ops.add(a, b), {
    expected: (a, b) => a.map((v, i) => v + b[i]!),
  }),
  row('mul', 'of integers, which wrap as i32', [ints(5, 6)], (a) => ops.mul(a, 2 ** 30), {
    expected: (a) => a.map((v) => Math.imul(v, 2 ** 30)),
  }),
  row('pow', 'with a whole exponent of a negative base', [real(2, 3)], (x) => ops.pow(x, 3), {
    expected: (x) => x.map((v) => v ** 3),
  }),
  row('pow', 'with exponent 2 at 0', [exactly([0, -1, 2])], (x) => ops.pow(x, 2), {
    expected: (x) => x.map((v) => v * v),
  }),
  row(
    'round',
    'of halves, to the even neighbour',
    [exactly([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])],
    (x) => ops.cast(ops.round(x), 'i32'),
    { expected: () => [-2, -2, 0, 0, 2, 2] },
  ),
  row('gelu', "with the approximation of GPT-2's", [real(2, 3)], (x) => ops.gelu(x, { approximate: 'tanh' })),
  row('softplus', 'with beta and threshold', [real(2, 3)], (x) => ops.softplus(x, { beta: 2, threshold: 1.5 }), {
    expected: (x) => x.map((v) => (2 * v > 1.5 ? v : softplus(2 * v) / 2)),
  }),
  row('elu', 'with alpha', [real(2, 3)], (x) => ops.elu(x, { alpha: 0.7 }), {
    expected: (x) => x.map((v) => (v > 0 ? v : 0.7 * Math.expm1(v))),
  }),
  row('relu6', 'of both ends', [wide(2, 3)], ops.relu6, { expected: (x) => x.map((v) => Math.min(Math.max(v, 0), 6)) }),
  row('leakyRelu', 'of a matrix', [real(2, 3)], (x) => ops.leakyRelu(x), {
    expected: (x) => x.map((v) => (v > 0 ? v : 0.01 * v)),
  }),
  row('leakyRelu', 'with a slope', [real(2, 3)], (x) => ops.leakyRelu(x, { negativeSlope: 0.2 }), {
    expected: (x) => x.map((v) => (v > 0 ? v : 0.2 * v)),
  }),
  row('clamp', 'to both bounds', [real(2, 3)], (x) => ops.clamp(x, { min: -0.7, max: 0.9 }), {
    expected: (x) => x.map((v) => Math.min(Math.max(v, -0.7), 0.9)),
  }),
  row('clamp', 'to a lower bound', [real(2, 3)], (x) => ops.clamp(x, { min: 0.1 }), {
    expected: (x) => x.map((v) => Math.max(v, 0.1)),
  }),
  row('clamp', 'of integers to an upper bound', [ints(5, 6)], (x) => ops.clamp(x, { max: 2 }), {
    expected: (x) => x.map((v) => Math.min(v, 2)),
  }),
  row('isnan', 'of a vector', [exactly([0, NaN, Infinity, -Infinity])], ops.isnan, {
    expected: () => [false, true, false, false],
  }),
  row('isfinite', 'of a vector', [exactly([0, NaN, Infinity, -Infinity])], ops.isfinite, {
    expected: () => [true, false, false, false],
  }),
  row('logicalNot', 'of a mask', [mask(2, 3)], ops.logicalNot, { expected: (a) => a.map((v) => !v) }),
  row('logicalAnd', 'of two masks', [mask(8), mask(8)], (a, b) => ops.logicalAnd(a, b.flip([0])), {
    expected: (a, b) => a.map((v, i) => v && b[7 - i]!),
  }),
  row('logicalOr', 'of two masks', [mask(8), mask(8)], (a, b) => ops.logicalOr(a, b.flip([0])), {
    expected: (a, b) => a.map((v, i) => v || b[7 - i]!),
  }),
  row('logicalXor', 'of a column and a row', [mask(2, 1), mask(4)], ops.logicalXor, {
    expected: (a, b) => a.flatMap((v) => b.map((w) => v !== w)),
  }),
  row('where', 'of two tensors', [mask(2, 3), real(2, 3), real(2, 3)], (m, a, b) => ops.where(m, a, b), {
    expected: (m, a, b) => m.map((v, i) => (v ? a[i]! : b[i]!)),
  }),
  row('where', 'of operands that all broadcast', [mask(2, 1), real(3), real(2, 2, 3)], (m, a, b) => ops.where(m, a, b)),
  row('where', 'of a tensor and a number', [mask(2, 3), real(2, 3)], (m, a) => ops.where(m, a, 0.5), {
    expected: (m, a) => m.map((v, i) => (v ? a[i]! : 0.5)),
  }),
  row('where', 'of two numbers', [mask(2, 3)], (m) => ops.where(m, 1, -1), {
    expected: (m) => m.map((v) => (v ? 1 : -1)),
  }),
  row('maskedFill', 'with a mask that broadcasts', [real(2, 3), mask(3)], (x, m) => ops.maskedFill(x, m, 7), {
    expected: (x, m) => x.map((v, i) => (m[i % 3] ? 7 : v)),
  }),
  row('tril', 'of a wide matrix, below the diagonal', [real(3, 4)], (x) => ops.tril(x, -1), {
    expected: (x) => x.map((v, i) => (i % 4 <= Math.floor(i / 4) - 1 ? v : 0)),
  }),
  row('tril', 'of a batch', [real(2, 3, 3)], (x) => ops.tril(x)),
  row('triu', 'of a tall matrix, above the diagonal', [real(4, 3)], (x) => ops.triu(x, 1), {
    expected: (x) => x.map((v, i) => (i % 3 >= Math.floor(i / 3) + 1 ? v : 0)),
  }),
  row('cast', 'of floats to integers cuts', [real(2, 3)], (x) => ops.cast(x, 'i32'), {
    expected: (x) => x.map(Math.trunc),
  }),
  row('cast', 'of integers to floats', [ints(5, 6)], (x) => ops.cast(x, 'f32'), { expected: (x) => x }),
  row('cast', 'of numbers to truth', [exactly([0, -0, 0.25, -3, NaN])], (x) => ops.cast(x, 'bool'), {
    expected: () => [false, false, true, true, true],
  }),
  row('cast', 'of a mask to integers', [mask(2, 3)], (x) => ops.cast(x, 'i32'), { expected: (x) => x }),
];

export const elementwiseBad: readonly BadInput[] = [
  ...floatUnaries.map(([op]) =>
    bad(
      op,
      () => unary(op)(float(i3)),
      DTypeError,
      new RegExp(`^${op}: expected floats; given i32: use .cast\\('f32'\\)`),
    ),
  ),
  ...numberUnaries.map(([op]) =>
    bad(
      op,
      () => unary(op)(float(m3)),
      DTypeError,
      new RegExp(`^${op}: expected numbers; argument 0 is bool: use .cast\\('f32'\\)`),
    ),
  ),
  ...[...binaries, ...comparisons].flatMap(([op]) => [
    bad(
      op,
      () => (ops[op] as typeof ops.add)(x23, x4),
      ShapeError,
      new RegExp(`^${op}: shapes do not broadcast: a is \\[2, 3\\], b is \\[4\\] \\(sizes 3 and 4 at dimension -1\\)`),
    ),
    bad(
      op,
      () => (ops[op] as typeof ops.add)(x3, float(i3)),
      DTypeError,
      new RegExp(`^${op}: dtypes do not mix: given f32 and i32; use .cast\\('f32'\\) on the other`),
    ),
    bad(
      op,
      () => (ops[op] as typeof ops.add)(x3, float(undefined)),
      DTypeError,
      new RegExp(`^${op}: expected a tensor or a number as argument 1; given undefined`),
    ),
    bad(
      op,
      () => (ops[op] as typeof ops.add)(1, 2),
      DTypeError,
      new RegExp(`^${op}: expected a tensor; all arguments are numbers`),
    ),
  ]),
  bad('div', () => ops.div(float(i3), 2), DTypeError, /^div: expected floats; given i32: use \.cast\('f32'\)/),
  bad('pow', () => ops.pow(float(i3), 2), DTypeError, /^pow: expected floats; given i32: use \.cast\('f32'\)/),
  bad('relu6', () => ops.relu6(float(m3)), DTypeError, /^relu6: expected numbers; argument 0 is bool/),
  bad(
    'leakyRelu',
    () => ops.leakyRelu(float(i3)),
    DTypeError,
    /^leakyRelu: 0\.01 is not an i32, as the tensor is: use \.cast\('f32'\)/,
  ),
  bad('mul', () => ops.mul(i3, 0.5), DTypeError, /^mul: 0\.5 is not an i32, as the tensor is: use \.cast\('f32'\)/),
  bad('lt', () => ops.lt(i3, 1.5), DTypeError, /^lt: 1\.5 is not an i32/),
  bad('clamp', () => ops.clamp(float(m3), { min: 0 }), DTypeError, /^clamp: expected numbers; argument 0 is bool/),
  bad('isnan', () => ops.isnan(float(m3)), DTypeError, /^isnan: expected numbers/),
  bad('isfinite', () => ops.isfinite(float(m3)), DTypeError, /^isfinite: expected numbers/),
  bad(
    'logicalNot',
    () => ops.logicalNot(bool(x3)),
    DTypeError,
    /^logicalNot: expected bool as argument 0; given f32: use \.cast\('bool'\)/,
  ),
  bad(
    'logicalAnd',
    () => ops.logicalAnd(m3, bool(x3)),
    DTypeError,
    /^logicalAnd: expected bool as argument 1; given f32/,
  ),
  bad('logicalOr', () => ops.logicalOr(m3, bool(i3)), DTypeError, /^logicalOr: expected bool as argument 1; given i32/),
  bad(
    'logicalXor',
    () => ops.logicalXor(m3, tensor([true, false])),
    ShapeError,
    /^logicalXor: shapes do not broadcast: a is \[3\], b is \[2\]/,
  ),
  bad('where', () => ops.where(bool(x3), 1, 0), DTypeError, /^where: expected bool as argument 0; given f32/),
  bad('where', () => ops.where(m3, x3, float(i3)), DTypeError, /^where: dtypes do not mix/),
  bad('maskedFill', () => ops.maskedFill(x23, tensor([true, false]), 0), ShapeError, /^where: shapes do not broadcast/),
  bad('maskedFill', () => ops.maskedFill(i3, m3, -Infinity), DTypeError, /^where: -Infinity is not an i32/),
  bad('tril', () => ops.tril(float(m3.reshape([1, 3]))), DTypeError, /^tril: expected numbers/),
  bad('tril', () => ops.tril(x3), ShapeError, /^tril: expected a matrix \[\.\.\., M, N\]; given \[3\]/),
  bad('triu', () => ops.triu(x3), ShapeError, /^triu: expected a matrix \[\.\.\., M, N\]; given \[3\]/),
  bad('cast', () => ops.cast(x3, 'f16' as 'f32'), DTypeError, /^cast: cpu has no f16/),
];

// biome-ignore-end format: tables are read row by row
