/** Rows of views, joins and pieces. */

import { ArgumentError, DTypeError, IndexError, ShapeError, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { ints, real } from '../support/inputs.ts';
import { float, i3, x3, x4, x23 } from './operands.ts';
import { columns, rows } from './plain.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

// biome-ignore-start format: tables are read row by row

export const views: readonly OpCase[] = [
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
  row('unflatten', 'of a dimension, with an open size', [real(2, 6)], (x) => ops.unflatten(x, -1, [3, -1]), {
    expected: (x) => x,
  }),
  row('unflatten', 'as it is', [real(0, 3)], (x) => ops.unflatten(x, 0, [-1, 2]), { expected: (x) => x }),
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
  row('narrow', 'from the end', [real(2, 4)], (x) => ops.narrow(x, -1, -2, 2), {
    expected: (x) => x.filter((_, i) => i % 4 > 1),
  }),
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
];

export const viewsBad: readonly BadInput[] = [
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
  bad(
    'unflatten',
    () => ops.unflatten(x23, 1, [2, -1]),
    ShapeError,
    /^unflatten: dimension 1 of \[2, 3\] does not split/,
  ),
  bad('unflatten', () => ops.unflatten(x23, 2, [1]), IndexError, /^unflatten: dimension 2 is out of range/),
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
];

// biome-ignore-end format: tables are read row by row
