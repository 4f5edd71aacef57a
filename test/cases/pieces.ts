/** Rows of activations of several pieces, and of arithmetic of several rules. */

import { ArgumentError, DTypeError, IndexError, ShapeError, type Tensor, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { exactly, positive, real, wide } from '../support/inputs.ts';
import { x3, x4, x23 } from './operands.ts';
import { sigma } from './plain.ts';
import { type BadInput, bad, type OpCase, type OpName, row } from './row.ts';

const alpha = 1.6732632423543772;
const scale = 1.0507009873554805;

/** A value on each side of every edge of a quotient, an angle, and a sum of exponentials. */
const edges = [0, -0, 1, -1, Infinity, -Infinity, NaN];
const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));
const first = exactly(pairs.map(([a]) => a));
const second = exactly(pairs.map(([, b]) => b));

export const pieces: readonly OpCase[] = [
  row('selu', 'on both sides', [real(2, 3)], (x) => ops.selu(x), {
    expected: (x) => x.map((v) => scale * (v > 0 ? v : alpha * Math.expm1(v))),
  }),
  row('celu', 'with alpha', [real(2, 3)], (x) => ops.celu(x, { alpha: 1.5 }), {
    expected: (x) => x.map((v) => (v > 0 ? v : 1.5 * Math.expm1(v / 1.5))),
  }),
  row('hardsigmoid', 'in all its pieces', [wide(7)], (x) => ops.hardsigmoid(ops.sub(x, 2)), {
    expected: (x) => x.map((v) => Math.min(Math.max(v + 1, 0), 6) / 6),
  }),
  row('hardswish', 'in all its pieces', [wide(7)], (x) => ops.hardswish(ops.sub(x, 2)), {
    expected: (x) => x.map((v) => ((v - 2) * Math.min(Math.max(v + 1, 0), 6)) / 6),
  }),
  row('hardtanh', 'with bounds', [real(7)], (x) => ops.hardtanh(x, { min: -1.5, max: 0.7 }), {
    expected: (x) => x.map((v) => Math.min(Math.max(v, -1.5), 0.7)),
  }),
  row('softshrink', 'in all its pieces', [real(7)], (x) => ops.softshrink(x), {
    expected: (x) => x.map((v) => Math.sign(v) * Math.max(Math.abs(v) - 0.5, 0)),
  }),
  row('hardshrink', 'with lambda', [real(7)], (x) => ops.hardshrink(x, { lambda: 1 }), {
    expected: (x) => x.map((v) => (Math.abs(v) > 1 ? v : 0)),
  }),
  row('tanhshrink', 'on both sides', [real(7)], (x) => ops.tanhshrink(x), {
    expected: (x) => x.map((v) => v - Math.tanh(v)),
  }),
  row('threshold', 'with a value', [real(7)], (x) => ops.threshold(x, 0.3, -2), {
    expected: (x) => x.map((v) => (v > 0.3 ? v : -2)),
  }),
  row('glu', 'of the last dimension', [real(2, 4)], (x) => ops.glu(x)),
  row('glu', 'of the first dimension', [real(2, 3)], (x) => ops.glu(x, { dim: 0 }), {
    expected: (x) => x.slice(0, 3).map((v, k) => v * sigma(x[3 + k]!)),
  }),
  row('prelu', 'with one weight', [real(5), positive(1)], (x, w) => ops.prelu(x, w), {
    expected: (x, [w]) => x.map((v) => (v > 0 ? v : w! * v)),
  }),
  row('prelu', 'with a weight a channel', [real(2, 3, 2), positive(3)], (x, w) => ops.prelu(x, w)),
  row('softmin', 'of a row', [real(4)], (x) => ops.softmin(x, 0)),

  row('atan2', 'in every quadrant', [real(4, 1), real(1, 5)], (y, x) => ops.atan2(y, x), {
    expected: (y, x) => y.flatMap((a) => x.map((b) => Math.atan2(a, b))),
  }),
  row(
    'atan2',
    'on axes and at infinities',
    [first, second],
    (y, x) => ops.cast(ops.mul(ops.atan2(ops.detach(y), ops.detach(x)), 1e6), 'i32'),
    {
      expected: (y, x) =>
        y.map((v, k) =>
          Number.isNaN(v + x[k]!) && (Number.isNaN(v) || Number.isNaN(x[k]!))
            ? 0
            : Math.trunc(Math.atan2(v, x[k]!) * 1e6),
        ),
      noParity: 'f32 rounds a millionth',
    },
  ),
  row(
    'remainder',
    'of all signs',
    [exactly([-7, 7, -7, 7, 0.5, -0.25]), exactly([3, 3, -3, -3, 1, 1])],
    (a, b) => ops.remainder(a, b),
    {
      expected: () => [2, 1, -1, -2, 0.5, 0.75],
    },
  ),
  row('remainder', 'of a number', [real(6)], (x) => ops.remainder(x, 0.9), {
    expected: (x) => x.map((v) => ((v % 0.9) + 0.9) % 0.9),
  }),
  row('remainder', 'by infinity', [exactly([5, -5])], (x) => ops.remainder(ops.detach(x), Infinity).isinf(), {
    expected: () => [false, true],
  }),
  row('fmod', 'of all signs', [exactly([-7.5, 7.5, -7.5, 7.5]), exactly([3, 3, -3, -3])], (a, b) => ops.fmod(a, b), {
    expected: (a, b) => a.map((v, k) => v % b[k]!),
  }),
  row(
    'floorDivide',
    'of all signs',
    [exactly([-7, 7, -7, 7]), exactly([2, 2, -2, -2])],
    (a, b) => ops.floorDivide(a, b),
    {
      expected: (a, b) => a.map((v, k) => Math.floor(v / b[k]!)),
    },
  ),
  row('lerp', 'by a number', [real(3), real(3)], (a, b) => ops.lerp(a, b, 0.25), {
    expected: (a, b) => a.map((v, k) => 0.75 * v + 0.25 * b[k]!),
  }),
  row('lerp', 'by a tensor that broadcasts', [real(2, 3), real(2, 3), real(3)], (a, b, w) => ops.lerp(a, b, w)),
  row('logaddexp', 'of two tensors', [real(2, 3), real(3)], (a, b) => ops.logaddexp(a, b), {
    expected: (a, b) => a.map((v, k) => Math.log(Math.exp(v) + Math.exp(b[k % 3]!))),
  }),
  row('logaddexp', 'of equals', [exactly([0.5, -1])], (a) => ops.logaddexp(a, ops.mul(a, 1)), {
    expected: (a) => a.map((v) => v + Math.LN2),
  }),
  row(
    'logaddexp',
    'of infinities',
    [exactly([-Infinity, -Infinity, Infinity]), exactly([-Infinity, 2, 0])],
    (a, b) => ops.cast(ops.clamp(ops.logaddexp(ops.detach(a), ops.detach(b)), { min: -9, max: 9 }), 'i32'),
    { expected: () => [-9, 2, 9] },
  ),
  row('isinf', 'of all kinds', [exactly([1, Infinity, -Infinity, NaN])], (x) => ops.isinf(x), {
    expected: () => [false, true, true, false],
  }),
];

const i3 = tensor(Int32Array.of(0, 1, 2)) as unknown as Tensor;

const floatsOnly: readonly [OpName, () => unknown][] = [
  ['selu', () => ops.selu(i3)],
  ['tanhshrink', () => ops.tanhshrink(i3)],
  ['hardsigmoid', () => ops.hardsigmoid(i3)],
  ['hardswish', () => ops.hardswish(i3)],
  ['softmin', () => ops.softmin(i3, 0)],
];

export const piecesBad: readonly BadInput[] = [
  ...floatsOnly.map(([op, call]) => bad(op, call, DTypeError, /./)),
  bad('celu', () => ops.celu(x3, { alpha: 0 }), ArgumentError, /^celu: expected an alpha other than 0/),
  bad(
    'hardtanh',
    () => ops.hardtanh(x3, { min: 1, max: 1 }),
    ArgumentError,
    /^hardtanh: expected min below max; given 1 and 1/,
  ),
  bad(
    'softshrink',
    () => ops.softshrink(x3, { lambda: -1 }),
    ArgumentError,
    /^softshrink: expected a lambda of 0 or more; given -1/,
  ),
  bad('hardshrink', () => ops.hardshrink(i3), DTypeError, /^hardshrink: 0\.5 is not an i32/),
  bad('threshold', () => ops.threshold(i3, 0.5, 1), DTypeError, /^threshold: 0\.5 is not an i32/),
  bad('glu', () => ops.glu(x23), ShapeError, /^glu: expected an even size along dimension -1; x is \[2, 3\]/),
  bad('glu', () => ops.glu(x4, { dim: 1 }), IndexError, /^glu: dimension 1 is out of range/),
  bad(
    'prelu',
    () => ops.prelu(x23, x4),
    ShapeError,
    /^prelu: expected a weight of \[1\] or \[3\]: x is \[2, 3\], weight is \[4\]/,
  ),
  bad('atan2', () => ops.atan2(x23, x4), ShapeError, /^atan2: shapes do not broadcast/),
  bad('remainder', () => ops.remainder(i3, 2), DTypeError, /^remainder: expected floats/),
  bad('fmod', () => ops.fmod(i3, 2), DTypeError, /^fmod: expected floats/),
  bad('floorDivide', () => ops.floorDivide(i3, 2), DTypeError, /^floorDivide: expected floats/),
  bad('lerp', () => ops.lerp(x23, x4, 0.5), ShapeError, /^lerp: shapes do not broadcast/),
  bad('logaddexp', () => ops.logaddexp(i3, 2), DTypeError, /^logaddexp: expected floats/),
  bad('isinf', () => ops.isinf(tensor([true]) as unknown as Tensor), DTypeError, /^isinf: expected numbers/),
];
