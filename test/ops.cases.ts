/**
 * The table of op cases: rows for every operation of the catalogue, and a bad call of each.
 *
 * `test/core/ops.test.ts` takes each row through gradient checks to order 2, parity on every device, and strided inputs;
 * `completeness.test.ts` demands that no operation is missing.
 */

import {
  ArgumentError,
  type BoolTensor,
  DTypeError,
  IndexError,
  type ReduceOptions,
  ShapeError,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import * as ops from '../packages/core/src/ops/index.ts';
import { linearAlgebra, linearAlgebraBad } from './cases/linear-algebra.ts';
import { pieces, piecesBad } from './cases/pieces.ts';
import { recurrent, recurrentBad } from './cases/recurrent.ts';
import { type BadInput, bad, type OpCase, type OpName, row } from './cases/row.ts';
import { selection, selectionBad, selectionCannotFail } from './cases/selection.ts';
import { sequences, sequencesBad } from './cases/sequences.ts';

import { aboveOne, between, exactly, ints, mask, positive, real, unit, wide } from './support/inputs.ts';

// ---- elementwise -----------------------------------------------------------------------------------------------------

type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
type ComparisonName = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
type ReductionName = 'sum' | 'mean' | 'variance' | 'std' | 'prod' | 'amax' | 'amin' | 'logSumExp';

// The functions of a family have one signature on floats; the union of all that the catalogue exports has none.
const unary = (op: OpName): ((x: Tensor) => Tensor) => ops[op] as unknown as (x: Tensor) => Tensor;
const binary = (op: BinaryName) => ops[op] as (a: Tensor | number, b: Tensor | number) => Tensor;
const reduction = (op: ReductionName) => ops[op] as (x: Tensor, options?: ReduceOptions) => Tensor;

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log1p(Math.exp(x));

// biome-ignore-start format: tables are read row by row

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

const elementwise: readonly OpCase[] = [
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

// ---- reductions ------------------------------------------------------------------------------------------------------

const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const spread = (x: readonly number[]): number => sum(x.map((v) => (v - sum(x) / x.length) ** 2)) / (x.length - 1);

const reductions: readonly [ReductionName, (x: readonly number[]) => number][] = [
  ['sum', sum],
  ['mean', (x) => sum(x) / x.length],
  ['variance', spread],
  ['std', (x) => Math.sqrt(spread(x))],
  ['prod', (x) => x.reduce((a, b) => a * b, 1)],
  ['amax', (x) => Math.max(...x)],
  ['amin', (x) => Math.min(...x)],
  ['logSumExp', (x) => Math.log(sum(x.map(Math.exp)))],
];

/** Position of the first largest. */
const topOf = (x: readonly number[]): number => x.indexOf(Math.max(...x));
const columns = (x: readonly number[], n: number): number[][] =>
  Array.from({ length: n }, (_, j) => x.filter((__, i) => i % n === j));
const rows = (x: readonly number[], n: number): number[][] =>
  Array.from({ length: x.length / n }, (_, i) => x.slice(i * n, (i + 1) * n));

/** Rows as long as `weight` without their mean and scale. */
const normalised = (x: readonly number[], weight: readonly number[], bias: readonly number[]): number[] =>
  rows(x, weight.length).flatMap((r) => {
    const mean = sum(r) / r.length;
    const variance = sum(r.map((v) => (v - mean) ** 2)) / r.length;
    return r.map((v, k) => ((v - mean) / Math.sqrt(variance + 1e-5)) * weight[k]! + bias[k]!);
  });

const reduced: readonly OpCase[] = [
  ...reductions.flatMap(([op, js]) => [
    row(op, 'of everything', [real(2, 3)], (x) => reduction(op)(x), { expected: (x) => [js(x)] }),
    row(op, 'over the first dimension', [real(3, 2)], (x) => reduction(op)(x, { dim: 0 }), {
      expected: (x) => columns(x, 2).map(js),
    }),
    row(op, 'over the last dimension, kept', [real(2, 3)], (x) => reduction(op)(x, { dim: -1, keepdim: true }), {
      expected: (x) => rows(x, 3).map(js),
    }),
    row(op, 'over two dimensions', [real(2, 3, 2)], (x) => reduction(op)(x, { dim: [0, -1] })),
    row(
      op,
      'over all dimensions by name, kept',
      [real(2, 2)],
      (x) => reduction(op)(x, { dim: [1, 0], keepdim: true }),
      { expected: (x) => [js(x)] },
    ),
  ]),
  ...reductions
    .filter(([op]) => op !== 'variance' && op !== 'std')
    .map(([op, js]) => row(op, 'of a scalar', [real()], (x) => reduction(op)(x), { expected: (x) => [js(x)] })),
  row('sum', 'over no dimension', [real(2, 2)], (x) => ops.sum(x, { dim: [] }), { expected: (x) => x }),
  row('sum', 'of integers', [ints(5, 2, 3)], (x) => ops.sum(x, { dim: 0 }), {
    expected: (x) => columns(x, 3).map(sum),
  }),
  row('sum', 'of nothing is 0', [real(0, 2)], (x) => ops.sum(x, { dim: 0 }), { expected: () => [0, 0] }),
  row('prod', 'of nothing is 1', [real(0, 2)], (x) => ops.prod(x, { dim: 0 }), { expected: () => [1, 1] }),
  row(
    'prod',
    'of lines with one and two zeros',
    [
      exactly([
        [0, 2, 3],
        [0, 0, 3],
        [1, -2, 0.5],
      ]),
    ],
    (x) => ops.prod(x, { dim: 1 }),
    { expected: () => [0, 0, -1] },
  ),
  row('variance', 'without correction', [real(2, 3)], (x) => ops.variance(x, { dim: 1, correction: 0 }), {
    expected: (x) => rows(x, 3).map((r) => (spread(r) * 2) / 3),
  }),
  row('std', 'without correction', [real(4)], (x) => ops.std(x, { correction: 0 }), {
    expected: (x) => [Math.sqrt((spread(x) * 3) / 4)],
  }),
  row('max', 'of everything', [real(2, 3)], (x) => ops.max(x), { expected: (x) => [Math.max(...x)] }),
  row('max', 'along a dimension gives values and positions', [real(2, 3)], (x) => ops.max(x, { dim: 1 }), {
    expected: (x) => [...rows(x, 3).map((r) => Math.max(...r)), ...rows(x, 3).map(topOf)],
  }),
  row('max', 'along the first dimension, kept', [real(3, 2)], (x) => ops.max(x, { dim: -2, keepdim: true }), {
    expected: (x) => [...columns(x, 2).map((r) => Math.max(...r)), ...columns(x, 2).map(topOf)],
  }),
  row('min', 'of everything', [real(2, 3)], (x) => ops.min(x), { expected: (x) => [Math.min(...x)] }),
  row('min', 'along a dimension gives values and positions', [real(2, 3)], (x) => ops.min(x, { dim: -1 }), {
    expected: (x) => [...rows(x, 3).map((r) => Math.min(...r)), ...rows(x, 3).map((r) => r.indexOf(Math.min(...r)))],
  }),
  row('argmax', 'in the flattened tensor', [real(2, 3)], (x) => ops.argmax(x), { expected: (x) => [topOf(x)] }),
  row('argmax', 'along a dimension, the first of equals', [ints(2, 3, 4)], (x) => ops.argmax(x, { dim: 0 }), {
    expected: (x) => columns(x, 4).map(topOf),
  }),
  row('argmax', 'where NaN wins', [exactly([1, NaN, 3])], (x) => ops.argmax(x), { expected: () => [1] }),
  row('argmin', 'in the flattened tensor, kept', [real(2, 3)], (x) => ops.argmin(x, { keepdim: true }), {
    expected: (x) => [x.indexOf(Math.min(...x))],
  }),
  row('argmin', 'along the last dimension, kept', [real(2, 3)], (x) => ops.argmin(x, { dim: -1, keepdim: true }), {
    expected: (x) => rows(x, 3).map((r) => r.indexOf(Math.min(...r))),
  }),
  row('cumsum', 'along the first dimension', [real(3, 2)], (x) => ops.cumsum(x, 0), {
    expected: (x) => x.map((_, i) => sum(x.filter((__, j) => j <= i && j % 2 === i % 2))),
  }),
  row('cumsum', 'along the last dimension', [real(2, 3)], (x) => ops.cumsum(x, -1), {
    expected: (x) => rows(x, 3).flatMap((r) => r.map((_, j) => sum(r.slice(0, j + 1)))),
  }),
  row('cumsum', 'of a scalar', [real()], (x) => ops.cumsum(x, 0), { expected: (x) => x }),
  row('logSumExp', 'of large numbers', [between(99, 101)(2, 3)], (x) => ops.logSumExp(x, { dim: 1 }), {
    expected: (x) => rows(x, 3).map((r) => 100 + Math.log(sum(r.map((v) => Math.exp(v - 100))))),
  }),
  row('softmax', 'along the last dimension', [real(2, 3)], (x) => ops.softmax(x, -1), {
    expected: (x) => rows(x, 3).flatMap((r) => r.map((v) => Math.exp(v) / sum(r.map(Math.exp)))),
  }),
  row('softmax', 'along a middle dimension', [real(2, 3, 2)], (x) => ops.softmax(x, 1)),
  row('logSoftmax', 'along the last dimension', [real(2, 3)], (x) => ops.logSoftmax(x, 1), {
    expected: (x) => rows(x, 3).flatMap((r) => r.map((v) => v - Math.log(sum(r.map(Math.exp))))),
  }),
  row('logSoftmax', 'along the first dimension', [real(3, 2)], (x) => ops.logSoftmax(x, -2)),
];

// ---- matrices, views, joins, indices ---------------------------------------------------------------------------------

const products: readonly [what: string, a: readonly number[], b: readonly number[]][] = [
  ['two vectors', [3], [3]],
  ['a matrix and a vector', [2, 3], [3]],
  ['a vector and a matrix', [3], [3, 2]],
  ['two matrices', [2, 3], [3, 4]],
  ['matrices larger than a tile', [5, 6], [6, 7]],
  ['two batches', [2, 2, 3], [2, 3, 2]],
  ['a batch and a matrix', [2, 2, 3], [3, 2]],
  ['a matrix and a batch', [2, 3], [2, 3, 2]],
  ['a batch and a vector', [2, 2, 3], [3]],
  ['a vector and a batch', [3], [2, 3, 2]],
  ['batches that broadcast both ways', [2, 1, 2, 3], [3, 3, 2]],
  ['an inner size of 1', [2, 1], [1, 3]],
];

const structural: readonly OpCase[] = [
  ...products.map(([what, a, b]) => row('matmul', `of ${what}`, [real(...a), real(...b)], (x, y) => ops.matmul(x, y))),
  row('matmul', 'of a matrix and its transpose', [real(2, 3)], (x) => ops.matmul(x, x.T)),
  row('matmul', 'with an inner size of 0 gives zeros', [real(2, 0), real(0, 3)], (x, y) => ops.matmul(x, y), {
    expected: () => [0, 0, 0, 0, 0, 0],
  }),
  ...(
    [
      ['rows', [3, 4], [5, 4]],
      ['a batch of rows', [2, 3, 4], [2, 4]],
      ['a vector', [4], [3, 4]],
      ['more features than a tile has', [7, 9], [19, 9]],
      ['one feature', [3, 1], [1, 1]],
    ] as const
  ).flatMap(([what, x, weight]) => [
    row('linear', `of ${what}`, [real(...x), real(...weight), real(weight[0])], (...all) => ops.linear(...all), {
      expected: (a, w, b) =>
        rows(a, weight[1]).flatMap((r) => rows(w, weight[1]).map((v, o) => sum(r.map((p, k) => p * v[k]!)) + b[o]!)),
    }),
    row('linear', `of ${what}, without a bias`, [real(...x), real(...weight)], (a, w) => ops.linear(a, w)),
  ]),
  row(
    'linear',
    'with no input features gives the bias',
    [real(2, 0), real(3, 0), real(3)],
    (...all) => ops.linear(...all),
    {
      expected: (_, __, b) => [...b, ...b],
    },
  ),
  row('linear', 'of columns, by weights that are a transpose', [real(4, 3), real(4, 2), real(2)], (x, w, b) =>
    ops.linear(x.T, w.T, b),
  ),

  ...(
    [
      ['rows', [3, 5], [5]],
      ['rows of 23, the lengths of all loops', [2, 23], [23]],
      ['two dimensions', [2, 2, 3], [2, 3]],
      ['one element', [3, 1], [1]],
      ['one row', [4], [4]],
    ] as const
  ).flatMap(([what, x, shape]) => [
    row(
      'layerNorm',
      `of ${what}`,
      [real(...x), real(...shape), real(...shape)],
      (x, weight, bias) => ops.layerNorm(x, shape, weight, bias),
      { expected: normalised },
    ),
  ]),
  row('layerNorm', 'without weight and bias', [real(3, 5)], (x) => ops.layerNorm(x, [5], undefined, undefined), {
    expected: (x) => normalised(x, [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]),
  }),
  row('layerNorm', 'with a weight alone', [real(3, 5), real(5)], (x, weight) => ops.layerNorm(x, [5], weight)),
  row('layerNorm', 'with a large eps', [real(3, 5)], (x) => ops.layerNorm(x, [5], undefined, undefined, { eps: 0.5 })),
  row('layerNorm', 'of columns', [real(5, 3), real(5)], (x, weight) => ops.layerNorm(x.T, [5], weight)),
  row('layerNorm', 'of no rows', [real(0, 3), real(3), real(3)], (...all) =>
    ops.layerNorm(all[0], [3], all[1], all[2]),
  ),

  row('reshape', 'with a size to work out', [real(2, 6)], (x) => ops.reshape(x, [3, -1]), { expected: (x) => x }),
  row('reshape', 'of a transposed matrix copies', [real(2, 3)], (x) => ops.reshape(ops.transpose(x), [6]), {
    expected: (x) => columns(x, 3).flat(),
  }),
  row('reshape', 'to a scalar', [real(1, 1)], (x) => ops.reshape(x, []), { expected: (x) => x }),
  row('contiguous', 'of a transposed matrix', [real(2, 3)], (x) => ops.contiguous(ops.transpose(x)), {
    expected: (x) => columns(x, 3).flat(),
  }),
  row('contiguous', 'of what is contiguous', [real(2, 3)], (x) => ops.contiguous(x), { expected: (x) => x }),
  row('permute', 'of three dimensions', [real(2, 3, 2)], (x) => ops.permute(x, [2, 0, -2])),
  row('transpose', 'of the last two dimensions', [real(2, 2, 3)], (x) => ops.transpose(x)),
  row('transpose', 'of two named dimensions', [real(2, 2, 3)], (x) => ops.transpose(x, 0, -1)),
  row('squeeze', 'of all dimensions of size 1', [real(1, 3, 1)], (x) => ops.squeeze(x), { expected: (x) => x }),
  row('squeeze', 'of one dimension', [real(1, 3, 1)], (x) => ops.squeeze(x, -1), { expected: (x) => x }),
  row('unsqueeze', 'at the end', [real(2, 3)], (x) => ops.unsqueeze(x, -1), { expected: (x) => x }),
  row('unsqueeze', 'of a scalar', [real()], (x) => ops.unsqueeze(x, 0), { expected: (x) => x }),
  row('flatten', 'of some dimensions', [real(2, 3, 2)], (x) => ops.flatten(x, 1, -1), { expected: (x) => x }),
  row('flatten', 'of a scalar', [real()], (x) => ops.flatten(x), { expected: (x) => x }),
  row('expand', 'of sizes 1 and a new dimension', [real(3, 1)], (x) => ops.expand(x, [2, -1, 2]), {
    expected: (x) => [...x.flatMap((v) => [v, v]), ...x.flatMap((v) => [v, v])],
  }),
  row('flip', 'of two dimensions', [real(2, 3)], (x) => ops.flip(x, [0, -1]), { expected: (x) => [...x].reverse() }),
  row('slice', 'with a step', [real(5, 2)], (x) => ops.slice(x, 0, 1, 5, 2), {
    expected: (x) => [...x.slice(2, 4), ...x.slice(6, 8)],
  }),
  row('slice', 'with positions from the end', [real(2, 4)], (x) => ops.slice(x, -1, -3, -1), {
    expected: (x) => rows(x, 4).flatMap((r) => r.slice(-3, -1)),
  }),
  row('slice', 'that is empty', [real(3)], (x) => ops.slice(x, 0, 2, 1), { expected: () => [] }),
  row('narrow', 'of the middle', [real(2, 4)], (x) => ops.narrow(x, 1, 1, 2), {
    expected: (x) => rows(x, 4).flatMap((r) => r.slice(1, 3)),
  }),
  row('select', 'of the last position', [real(2, 3)], (x) => ops.select(x, 1, -1), {
    expected: (x) => rows(x, 3).map((r) => r[2]!),
  }),
  row('pad', 'around two dimensions', [real(2, 2)], (x) => ops.pad(x, [1, 0, 0, 1], 0.5), {
    expected: ([a, b, c, d]) => [0.5, a!, b!, 0.5, c!, d!, 0.5, 0.5, 0.5],
  }),
  row('pad', 'that cuts and adds', [real(4)], (x) => ops.pad(x, [-1, 2]), { expected: (x) => [...x.slice(1), 0, 0] }),
  row('detach', 'keeps the values', [real(2, 3)], (x) => ops.cast(ops.detach(x).gt(0), 'i32'), {
    expected: (x) => x.map((v) => (v > 0 ? 1 : 0)),
  }),

  row('cat', 'along the first dimension', [real(2, 2), real(1, 2)], (x, y) => ops.cat([x, y]), {
    expected: (x, y) => [...x, ...y],
  }),
  row('cat', 'along the last dimension, one tensor twice', [real(2, 2), real(2, 1)], (x, y) => ops.cat([x, y, x], -1), {
    expected: (x, y) => rows(x, 2).flatMap((r, i) => [...r, y[i]!, ...r]),
  }),
  row('cat', 'with a piece of size 0', [real(0, 2), real(1, 2)], (x, y) => ops.cat([x, y]), { expected: (_, y) => y }),
  row('cat', 'of integers', [ints(5, 3), ints(3, 2)], (x, y) => ops.cat([x, y]), { expected: (x, y) => [...x, ...y] }),
  row('stack', 'along a new last dimension', [real(3), real(3)], (x, y) => ops.stack([x, y], -1), {
    expected: (x, y) => x.flatMap((v, i) => [v, y[i]!]),
  }),
  row('split', 'in pieces of a size, the last smaller', [real(5, 2)], (x) => ops.split(x, 2), { expected: (x) => x }),
  row('split', 'in pieces of given sizes', [real(2, 4)], (x) => ops.split(x, [1, 3], -1), {
    expected: (x) => [...rows(x, 4).map((r) => r[0]!), ...rows(x, 4).flatMap((r) => r.slice(1))],
  }),
  row('chunk', 'in equal pieces, the last smaller', [real(2, 5)], (x) => ops.chunk(x, 3, 1)),
  row('unbind', 'along the last dimension', [real(2, 3)], (x) => ops.unbind(x, -1), {
    expected: (x) => columns(x, 3).flat(),
  }),

  row('gather', 'along the first dimension, with repeats', [real(3, 2), ints(3, 4, 2)], (x, i) => ops.gather(x, 0, i), {
    expected: (x, i) => i.map((n, k) => x[n * 2 + (k % 2)]!),
  }),
  row('gather', 'along the last dimension, of some rows', [real(3, 4), ints(4, 2, 3)], (x, i) => ops.gather(x, -1, i), {
    expected: (x, i) => i.map((n, k) => x[Math.floor(k / 3) * 4 + n]!),
  }),
  row('gather', 'at no index', [real(3, 2), ints(3, 0, 2)], (x, i) => ops.gather(x, 0, i), { expected: () => [] }),
  row('scatterAdd', 'along the last dimension, with repeats', [real(2, 3), ints(3, 2, 4), real(2, 4)], (x, i, y) =>
    ops.scatterAdd(x, 1, i, y),
  ),
  row(
    'scatterAdd',
    'along the first dimension, of part of the source',
    [real(3, 2), ints(3, 2, 1), real(4, 2)],
    (x, i, y) => ops.scatterAdd(x, 0, i, y),
  ),
  row(
    'indexSelect',
    'along the first dimension, with repeats',
    [real(3, 2), ints(2, 4)],
    (x, i) => ops.indexSelect(x, 0, i),
    { expected: (x, i) => i.flatMap((n) => x.slice(2 * n, 2 * n + 2)) },
  ),
  row('indexSelect', 'along the last dimension', [real(2, 3), ints(3, 2)], (x, i) => ops.indexSelect(x, -1, i), {
    expected: (x, i) => rows(x, 3).flatMap((r) => i.map((n) => r[n]!)),
  }),
  row('embedding', 'of a batch of tokens, with repeats', [real(4, 2), ints(3, 2, 3)], (w, i) => ops.embedding(w, i), {
    expected: (w, i) => i.flatMap((n) => w.slice(2 * n, 2 * n + 2)),
  }),
  row('oneHot', 'of a matrix', [ints(3, 2, 2)], (i) => ops.oneHot(i, 3), {
    expected: (i) => i.flatMap((n) => [0, 1, 2].map((c) => (c === n ? 1 : 0))),
  }),

  row('softmaxCrossEntropy', 'of three rows', [real(3, 4), ints(4, 3)], (x, t) => ops.softmaxCrossEntropy(x, t), {
    expected: (x, t) => rows(x, 4).map((r, i) => Math.log(sum(r.map(Math.exp))) - r[t[i]!]!),
  }),
  row(
    'linearCrossEntropy',
    'with a bias, weighted rows',
    [real(3, 4), real(5, 4), real(5), ints(5, 3)],
    (h, w, b, t) => ops.linearCrossEntropy(h, w, b, t, h.detach().mul(0).sum({ dim: 1 }).add(0.5)),
    {},
  ),
  row('linearCrossEntropy', 'without a bias', [real(2, 3), real(4, 3), ints(4, 2)], (h, w, t) =>
    ops.linearCrossEntropy(h, w, undefined, t, h.detach().mul(0).sum({ dim: 1 }).add(1)),
  ),
  row(
    'lstmCell',
    'with biases',
    [real(2, 3), real(2, 2), real(2, 2), unit(8, 3), unit(8, 2), unit(8), unit(8)],
    (x, h, c, weightIh, weightHh, biasIh, biasHh) => ops.lstmCell(x, [h, c], { weightIh, weightHh, biasIh, biasHh }),
  ),
  row(
    'lstmCell',
    'without biases',
    [real(1, 2), real(1, 2), real(1, 2), unit(8, 2), unit(8, 2)],
    (x, h, c, weightIh, weightHh) => ops.lstmCell(x, [h, c], { weightIh, weightHh }),
  ),
  row(
    'lstm',
    'over three steps, with biases',
    [real(3, 2, 2), real(2, 2), real(2, 2), unit(8, 2), unit(8, 2), unit(8), unit(8)],
    (x, h, c, weightIh, weightHh, biasIh, biasHh) => ops.lstm(x, [h, c], { weightIh, weightHh, biasIh, biasHh }),
  ),
  row(
    'lstm',
    'from the last step to the first',
    [real(3, 1, 2), real(1, 2), real(1, 2), unit(8, 2), unit(8, 2)],
    (x, h, c, weightIh, weightHh) => ops.lstm(x, [h, c], { weightIh, weightHh }, { reverse: true }),
  ),
  row(
    'lstm',
    'where only the last state is used',
    [real(2, 1, 2), real(1, 2), real(1, 2), unit(8, 2), unit(8, 2)],
    (x, h, c, weightIh, weightHh) => ops.lstm(x, [h, c], { weightIh, weightHh })[1],
  ),

  row('dropout', 'in training', [real(3, 4)], (x) => ops.dropout(x, 0.4), {
    noParity: 'f32 and f64 draw different numbers (philox.ts), so the masks differ',
  }),
  row('dropout', 'in evaluation is the identity', [real(2, 3)], (x) => ops.dropout(x, 0.4, { training: false }), {
    expected: (x) => x,
  }),
  row('dropout', 'of everything is 0', [real(2, 3)], (x) => ops.dropout(x, 1), { expected: (x) => x.map(() => 0) }),
  row(
    'multinomial',
    'of certain rows, with replacement',
    [
      exactly([
        [0, 0, 3],
        [2, 0, 0],
      ]),
    ],
    (w) => ops.multinomial(w, 2, { replacement: true }),
    { expected: () => [2, 2, 0, 0] },
  ),
  row(
    'multinomial',
    'of all classes, without replacement',
    [positive(4)],
    (w) => ops.cumsum(ops.sum(ops.oneHot(ops.multinomial(w, 4), 4), { dim: 0 }), 0),
    { expected: () => [1, 2, 3, 4] },
  ),
];

// biome-ignore-end format: tables are read row by row

export const opCases: readonly OpCase[] = [
  ...elementwise,
  ...reduced,
  ...structural,
  ...linearAlgebra,
  ...sequences,
  ...recurrent,
  ...selection,
  ...pieces,
];

// ---- calls that must throw -------------------------------------------------------------------------------------------

const x23 = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const x3 = tensor([1, 2, 3]);
const x4 = tensor([1, 2, 3, 4]);
const i3 = tensor(Int32Array.of(0, 1, 2));
const m3 = tensor([true, false, true]);
const float = <T>(x: T): Tensor => x as unknown as Tensor;
const bool = <T>(x: T): BoolTensor => x as unknown as BoolTensor;
const int = (...values: number[]): typeof i3 => tensor(Int32Array.from(values));
const cellWeights = { weightIh: float(x23.reshape([2, 3])), weightHh: float(tensor([[1], [1], [1], [1]])) };

// biome-ignore-start format: tables are read row by row

export const badInputs: readonly BadInput[] = [
  ...linearAlgebraBad,
  ...sequencesBad,
  ...recurrentBad,
  ...selectionBad,
  ...piecesBad,
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

  ...reductions
    .filter(([op]) => op !== 'sum' && op !== 'prod')
    .map(([op]) =>
      bad(
        op,
        () => reduction(op)(x23, { dim: 2 }),
        IndexError,
        /^\w+: dimension 2 is out of range: expected -2 to 1 for a tensor of rank 2/,
      ),
    ),
  bad('sum', () => ops.sum(x23, { dim: [0, -2] }), ArgumentError, /^sum: a dimension is named twice in \[0,-2\]/),
  bad('prod', () => ops.prod(x23, { dim: -3 }), IndexError, /^prod: dimension -3 is out of range/),
  bad('mean', () => ops.mean(float(i3)), DTypeError, /^mean: expected floats; given i32/),
  bad('variance', () => ops.variance(float(i3)), DTypeError, /^var: expected floats; given i32/),
  bad('logSumExp', () => ops.logSumExp(float(i3)), DTypeError, /^logSumExp: expected floats/),
  bad(
    'amax',
    () => ops.amax(x3.slice(0, 0, 0)),
    ShapeError,
    /^amax: there is no element to choose from: the shape is \[0\]/,
  ),
  bad('max', () => ops.max(x23, { dim: 5 }), IndexError, /^max: dimension 5 is out of range/),
  bad('min', () => ops.min(x3.slice(0, 0, 0)), ShapeError, /^amin: there is no element to choose from/),
  bad(
    'argmax',
    () => ops.argmax(x3.slice(0, 0, 0)),
    ShapeError,
    /^argmax: there is no element to choose from: the shape is \[0\]/,
  ),
  bad('argmin', () => ops.argmin(x23, { dim: 2 }), IndexError, /^argmin: dimension 2 is out of range/),
  bad(
    'cumsum',
    () => ops.cumsum(x3, 1),
    IndexError,
    /^cumsum: dimension 1 is out of range: expected -1 to 0 for a tensor of rank 1/,
  ),
  bad('softmax', () => ops.softmax(x3, 1), IndexError, /^softmax: dimension 1 is out of range/),
  bad('softmax', () => ops.softmax(float(i3), 0), DTypeError, /^softmax: expected floats; given i32/),
  bad('logSoftmax', () => ops.logSoftmax(float(i3), 0), DTypeError, /^logSoftmax: expected floats; given i32/),

  bad('matmul', () => ops.matmul(x23, x23), ShapeError, /^matmul: inner sizes differ: a is \[2, 3\], b is \[2, 3\]/),
  bad(
    'matmul',
    () => ops.matmul(x23.reshape([2, 1, 3]), x23.reshape([1, 3, 2]).expand([3, 3, 2])),
    ShapeError,
    /^matmul: shapes do not broadcast/,
  ),
  bad(
    'matmul',
    () => ops.matmul(x3, tensor(1)),
    ShapeError,
    /^matmul: expected at least one dimension each.*use mul for numbers/,
  ),
  bad(
    'matmul',
    () => ops.matmul(x3, tensor(Float64Array.of(1, 2, 3))),
    DTypeError,
    /^matmul: dtypes do not mix: a is f32, b is f64; use \.cast\('f32'\)/,
  ),
  bad(
    'matmul',
    () => ops.matmul(float(i3), float(i3)),
    DTypeError,
    /^matmul: expected floats; given i32: use \.cast\('f32'\)/,
  ),

  bad(
    'linear',
    () => ops.linear(x23, tensor([[1, 2]])),
    ShapeError,
    /^linear: expected x \[\.\.\., I\] and weight \[O, I\]: x is \[2, 3\], weight is \[1, 2\]/,
  ),
  bad(
    'linear',
    () => ops.linear(x23, x23, x3),
    ShapeError,
    /^linear: expected bias \[O\], a number for each row of weight: .* weight is \[2, 3\], bias is \[3\]/,
  ),
  bad(
    'linear',
    () => ops.linear(x23, x23, tensor(Float64Array.of(1, 2))),
    DTypeError,
    /^linear: dtypes do not mix: x is f32, weight is f32, bias is f64; use \.cast\('f32'\)/,
  ),

  bad(
    'layerNorm',
    () => ops.layerNorm(x23, [2]),
    ShapeError,
    /^layerNorm: expected x to end in the normalised shape: x is \[2, 3\], normalizedShape is \[2\]/,
  ),
  bad(
    'layerNorm',
    () => ops.layerNorm(x23, [3], x23),
    ShapeError,
    /^layerNorm: weight is \[2, 3\], expected normalizedShape \[3\]/,
  ),
  bad(
    'layerNorm',
    () => ops.layerNorm(x23, [3], x3, tensor(Float64Array.of(1, 2, 3))),
    DTypeError,
    /^layerNorm: dtypes do not mix: x is f32, weight is f32, bias is f64; use \.cast\('f32'\)/,
  ),

  bad('reshape', () => ops.reshape(x23, [4]), ShapeError, /^reshape: \[2, 3\] has 6 elements, which do not fill \[4\]/),
  bad('reshape', () => ops.reshape(x23, [-1, -1]), ShapeError, /^reshape: /),
  bad(
    'permute',
    () => ops.permute(x23, [0, 0]),
    ArgumentError,
    /^permute: expected each of the 2 dimensions once; given \[0, 0\] for \[2, 3\]/,
  ),
  bad('transpose', () => ops.transpose(x3), IndexError, /^transpose: dimension -2 is out of range/),
  bad('squeeze', () => ops.squeeze(x3, 1), IndexError, /^squeeze: dimension 1 is out of range/),
  bad('unsqueeze', () => ops.unsqueeze(x3, 2), IndexError, /^unsqueeze: dimension 2 is out of range/),
  bad('flatten', () => ops.flatten(x23, 1, 0), ArgumentError, /^flatten: start 1 lies behind end 0/),
  bad(
    'expand',
    () => ops.expand(x3, [2]),
    ShapeError,
    /^expand: \[3\] does not expand to \[2\]: only sizes of 1 stretch/,
  ),
  bad('expand', () => ops.expand(x3, [-1, 3]), ShapeError, /^expand: .*\[-1, 3\]/),
  bad('flip', () => ops.flip(x3, [0, -1]), ArgumentError, /^flip: a dimension is named twice/),
  bad(
    'slice',
    () => ops.slice(x3, 0, 0, 3, 0),
    ArgumentError,
    /^slice: expected a step of 1 or more; given 0 \(flip\(\) reverses\)/,
  ),
  bad('slice', () => ops.slice(x3, 0, 0.5), ArgumentError, /^slice: expected whole positions; given 0\.5/),
  bad(
    'narrow',
    () => ops.narrow(x3, 0, 2, 2),
    IndexError,
    /^narrow: elements 2 to 4 are not all in dimension 0 of \[3\]/,
  ),
  bad('narrow', () => ops.narrow(x3, 0, 0.5, 1), IndexError, /^narrow: /),
  bad('narrow', () => ops.narrow(tensor(1), 0, 0, 1), IndexError, /^narrow: /),
  bad(
    'select',
    () => ops.select(x3, 0, 3),
    IndexError,
    /^select: index 3 is out of range: expected -3 to 2 in dimension 0 of \[3\]/,
  ),
  bad(
    'pad',
    () => ops.pad(x3, [1]),
    ArgumentError,
    /^pad: expected pairs \[before, after\] for at most 1 dimensions; given \[1\] for \[3\]/,
  ),
  bad('pad', () => ops.pad(x3, [0, -5]), ArgumentError, /^pad: \[0, -5\] cuts more than there is of \[3\]/),

  bad('cat', () => ops.cat([]), ArgumentError, /^cat: expected at least one tensor; given none/),
  bad('cat', () => ops.cat([x23, x3]), ShapeError, /^cat: sizes differ outside of dimension 0: given \[2, 3\], \[3\]/),
  bad(
    'cat',
    () => ops.cat([x3, float(i3)]),
    DTypeError,
    /^cat: dtypes do not mix: given f32, i32; use \.cast\('f32'\)/,
  ),
  bad('cat', () => ops.cat([tensor(1), tensor(2)]), ShapeError, /^cat: .*stack/),
  bad('stack', () => ops.stack([x3, x4]), ShapeError, /^stack: shapes differ: given \[3\], \[4\]/),
  bad(
    'split',
    () => ops.split(x3, [1, 1]),
    ShapeError,
    /^split: sizes \[1, 1\] do not add up to 3, dimension 0 of \[3\]/,
  ),
  bad('split', () => ops.split(x3, 0), ArgumentError, /^split: expected a size of 1 or more; given 0/),
  bad('split', () => ops.split(x3, [-1, 4]), ArgumentError, /^split: expected sizes of 0 or more; given \[-1, 4\]/),
  bad('split', () => ops.split(tensor(1), 1), ShapeError, /^split: a tensor of rank 0/),
  bad('chunk', () => ops.chunk(x3, 0), ArgumentError, /^chunk: expected 1 or more chunks; given 0/),
  bad('unbind', () => ops.unbind(x3, 1), IndexError, /^unbind: dimension 1 is out of range/),
  bad('unbind', () => ops.unbind(tensor(1)), ShapeError, /a tensor of rank 0/),

  bad(
    'gather',
    () => ops.gather(x3, 0, int(0, 3)),
    IndexError,
    /^gather: index 3 at position \[1\] is out of range: expected 0 to 2/,
  ),
  bad(
    'gather',
    () => ops.gather(x3, 0, x3 as unknown as typeof i3),
    DTypeError,
    /^gather: expected i32 indices; given f32: make them with tensor\(\[\.\.\.\], \{ dtype: 'i32' \}\)/,
  ),
  bad(
    'gather',
    () => ops.gather(x23, 0, int(0)),
    ShapeError,
    /^gather: indices must have x's rank.*x is \[2, 3\], indices is \[1\]/,
  ),
  bad(
    'scatterAdd',
    () => ops.scatterAdd(x3, 0, int(-1), tensor([1])),
    IndexError,
    /^scatterAdd: index -1 at position \[0\] is out of range: expected 0 to 2/,
  ),
  bad(
    'scatterAdd',
    () => ops.scatterAdd(x3, 0, int(0, 1), tensor([1])),
    ShapeError,
    /^scatterAdd: source is smaller than indices: source is \[1\], indices is \[2\]/,
  ),
  bad('scatterAdd', () => ops.scatterAdd(x3, 0, int(0), float(int(0))), DTypeError, /^scatterAdd: dtypes do not mix/),
  bad(
    'indexSelect',
    () => ops.indexSelect(x3, 0, int(9)),
    IndexError,
    /^indexSelect: index 9 at position \[0\] is out of range: expected 0 to 2/,
  ),
  bad(
    'indexSelect',
    () => ops.indexSelect(x3, 0, int(0, 1).reshape([1, 2])),
    ShapeError,
    /^indexSelect: expected indices of one dimension; given \[1, 2\]/,
  ),
  bad(
    'embedding',
    () => ops.embedding(x23, int(0, 2)),
    IndexError,
    /^embedding: index 2 at position \[1\] is out of range: expected 0 to 1/,
  ),
  bad(
    'embedding',
    () => ops.embedding(x23, x3 as unknown as typeof i3),
    DTypeError,
    /^embedding: expected i32 indices; given f32/,
  ),
  bad(
    'embedding',
    () => ops.embedding(x3, int(0)),
    ShapeError,
    /^embedding: expected a table \[V, D\]; weight is \[3\]/,
  ),
  bad(
    'oneHot',
    () => ops.oneHot(int(3), 3),
    IndexError,
    /^oneHot: index 3 at position \[0\] is out of range: expected 0 to 2/,
  ),
  bad('oneHot', () => ops.oneHot(int(0), 0), ArgumentError, /^oneHot: expected 1 or more classes; given 0/),

  bad(
    'linearCrossEntropy',
    () => ops.linearCrossEntropy(x23, x23, undefined, i3, x23.sum({ dim: 1 })),
    ShapeError,
    /^linearCrossEntropy: expected hidden \[N, H\].* targets is \[3\]/,
  ),
  bad(
    'softmaxCrossEntropy',
    () => ops.softmaxCrossEntropy(x23, i3),
    ShapeError,
    /^softmaxCrossEntropy: expected logits \[N, C\] and targets \[N\]: logits is \[2, 3\], targets is \[3\]/,
  ),
  bad(
    'softmaxCrossEntropy',
    () => ops.softmaxCrossEntropy(x23, int(0, 3)),
    IndexError,
    /^softmaxCrossEntropy: index 3 at position \[1\] is out of range: expected 0 to 2/,
  ),
  bad(
    'softmaxCrossEntropy',
    () => ops.softmaxCrossEntropy(x23, tensor([0, 1]) as unknown as typeof i3),
    DTypeError,
    /^softmaxCrossEntropy: expected i32 indices; given f32/,
  ),
  bad(
    'lstm',
    () => ops.lstm(x23, [x23, x23], cellWeights),
    ShapeError,
    /^lstm: expected x \[T, B, D\] with at least one time step; given \[2, 3\]/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(tensor([[[1, 2]]]), [tensor([[0]]), tensor([[0, 0]])], {
        ...cellWeights,
        weightIh: tensor([
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ]),
      }),
    ShapeError,
    /^lstm: c0 is \[1, 2\], expected \[1, 1\]/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(tensor([[[1, 2]]]), [tensor([[0]], { dtype: 'f64' }), tensor([[0]])], {
        ...cellWeights,
        weightIh: tensor([
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ]),
      }),
    DTypeError,
    /^lstm: dtypes do not mix: x is f32, h0 is f64/,
  ),
  bad(
    'lstm',
    () =>
      ops.lstm(tensor([[[1, 2]]]), [tensor([[0]]), tensor([[0]])], {
        ...cellWeights,
        weightIh: tensor([
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ]),
        biasIh: x4,
      }),
    ArgumentError,
    /^lstm: expected both biases or none/,
  ),
  bad(
    'lstmCell',
    () => ops.lstmCell(tensor([[1, 2]]), [tensor([[0]]), tensor([[0]])], cellWeights),
    ShapeError,
    /^linear: expected x \[..., I\] and weight \[O, I\]: x is \[1, 2\], weight is \[2, 3\]/,
  ),
  bad(
    'lstmCell',
    () =>
      ops.lstmCell(tensor([[1]]), [tensor([[0]]), tensor([[0]])], {
        weightIh: cellWeights.weightHh,
        weightHh: cellWeights.weightHh,
        biasHh: x4,
      }),
    ArgumentError,
    /^lstmCell: expected both biases or none/,
  ),

  bad('dropout', () => ops.dropout(x3, 1.5), ArgumentError, /^dropout: expected a probability from 0 to 1; given 1\.5/),
  bad('dropout', () => ops.dropout(float(i3), 0.5), DTypeError, /^dropout: expected floats; given i32/),
  bad(
    'multinomial',
    () => ops.multinomial(x3, 4),
    ArgumentError,
    /^multinomial: cannot draw 4 samples from 3 classes; pass \{ replacement: true \}/,
  ),
  bad(
    'multinomial',
    () => ops.multinomial(tensor([0, 0]), 1),
    ArgumentError,
    /^multinomial: expected finite weights of 0 or more, one of them positive/,
  ),
  bad(
    'multinomial',
    () => ops.multinomial(tensor([1, -1]), 1),
    ArgumentError,
    /^multinomial: expected finite weights of 0 or more/,
  ),
  bad('multinomial', () => ops.multinomial(tensor([1, 0, 0]), 2), ArgumentError, /^multinomial: cannot draw 2 samples/),
  bad(
    'multinomial',
    () => ops.multinomial(tensor(1), 1),
    ShapeError,
    /^multinomial: expected weights \[C\] or \[N, C\]; given \[\]/,
  ),
];

// biome-ignore-end format: tables are read row by row

/** Ops that take any tensor, so that no call of them is wrong. */
export const cannotFail: Partial<Record<OpName, string>> = {
  contiguous: 'every tensor can be packed',
  detach: 'every tensor can be cut off from the tape',
  ...selectionCannotFail,
};
