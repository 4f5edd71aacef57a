/** Rows of products, diagonals, norms and einsum. */

import { ArgumentError, DTypeError, ShapeError, type Tensor, tensor } from '@tapegrad/core';
import * as ops from '../../packages/core/src/ops/index.ts';
import { exactly, positive, real } from '../support/inputs.ts';
import { x3, x23 } from './operands.ts';
import { type BadInput, bad, type OpCase, row } from './row.ts';

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const dotOf = (a: readonly number[], b: readonly number[]): number => total(a.map((x, k) => x * b[k]!));

const equations: readonly [equation: string, ...shapes: (readonly number[])[]][] = [
  ['ij,jk->ik', [2, 3], [3, 2]],
  ['bij,bjk->bik', [2, 2, 3], [2, 3, 2]],
  ['ij->ji', [2, 3]],
  ['ij->', [2, 3]],
  ['ij->j', [2, 3]],
  ['ii->i', [3, 3]],
  ['iij', [2, 2, 3]],
  ['i,j->ij', [2], [3]],
  ['i,i', [3], [3]],
  ['ba', [2, 3]],
  ['...ij,...jk->...ik', [2, 1, 2, 3], [3, 3, 2]],
  ['i...,i...->...', [2, 3], [2, 3]],
  ['bn,anm,bm->ba', [2, 2], [3, 2, 2], [2, 2]],
  ['ij,j', [2, 3], [1]],
];

export const linearAlgebra: readonly OpCase[] = [
  row('mm', 'of two matrices', [real(2, 3), real(3, 2)], (a, b) => ops.mm(a, b), {
    expected: (a, b) =>
      [0, 1].flatMap((i) =>
        [0, 1].map((j) =>
          dotOf(
            a.slice(3 * i, 3 * i + 3),
            b.filter((_, k) => k % 2 === j),
          ),
        ),
      ),
  }),
  row('bmm', 'of two batches', [real(2, 2, 3), real(2, 3, 2)], (a, b) => ops.bmm(a, b)),
  row('mv', 'of a matrix and a vector', [real(2, 3), real(3)], (a, v) => ops.mv(a, v), {
    expected: (a, v) => [dotOf(a.slice(0, 3), v), dotOf(a.slice(3), v)],
  }),
  row('dot', 'of two vectors', [real(3), real(3)], (a, b) => ops.dot(a, b), { expected: (a, b) => [dotOf(a, b)] }),
  row('outer', 'of two vectors', [real(2), real(3)], (a, b) => ops.outer(a, b), {
    expected: (a, b) => a.flatMap((x) => b.map((y) => x * y)),
  }),
  row('addmm', 'with factors, what is added broadcast', [real(2), real(3, 3), real(3, 2)], (x, a, b) =>
    ops.addmm(x, a, b, { beta: 0.5, alpha: 2 }),
  ),
  row('addmm', 'without what is added', [exactly([NaN, 1]), real(1, 2), real(2, 2)], (x, a, b) =>
    ops.addmm(ops.detach(x), a, b, { beta: 0 }),
  ),
  row('addmv', 'without factors', [real(2), real(2, 3), real(3)], (x, a, v) => ops.addmv(x, a, v)),
  row('baddbmm', 'with factors', [real(2, 2, 2), real(2, 2, 3), real(2, 3, 2)], (x, a, b) =>
    ops.baddbmm(x, a, b, { beta: -1, alpha: 0.5 }),
  ),
  ...equations.map(([equation, ...shapes]) =>
    row(
      'einsum',
      `of '${equation}' on ${shapes.map((shape) => `[${shape.join(', ')}]`).join(', ')}`,
      shapes.map((shape) => real(...shape)),
      (...operands: Tensor[]) => ops.einsum(equation, ...operands),
    ),
  ),
  row('einsum', 'sums what is not named', [real(2, 3), real(3)], (a, b) => ops.einsum('ij,j->i', a, b), {
    expected: (a, b) => [dotOf(a.slice(0, 3), b), dotOf(a.slice(3), b)],
  }),
  row('einsum', 'without an arrow puts labels in alphabetical order', [real(2, 3)], (x) => ops.einsum('ba', x), {
    expected: (x) => [0, 1, 2].flatMap((j) => [x[j]!, x[3 + j]!]),
  }),

  row('diagonal', 'of a matrix', [real(2, 3)], (x) => ops.diagonal(x), { expected: (x) => [x[0]!, x[4]!] }),
  row('diagonal', 'above, of the outer dimensions', [real(2, 2, 3)], (x) => ops.diagonal(x, 1, 0, -1), {
    expected: (x) => [x[1]!, x[8]!, x[4]!, x[11]!],
  }),
  row('diagonal', 'that lies outside is empty', [real(2, 2)], (x) => ops.diagonal(x, 5), { expected: () => [] }),
  row('diag', 'of a vector, below', [real(2)], (x) => ops.diag(x, -1), {
    expected: ([a, b]) => [0, 0, 0, a!, 0, 0, 0, b!, 0],
  }),
  row('diag', 'of a matrix', [real(3, 2)], (x) => ops.diag(x), { expected: (x) => [x[0]!, x[3]!] }),

  row('norm', 'of all elements', [real(2, 3)], (x) => ops.norm(x), { expected: (x) => [Math.sqrt(dotOf(x, x))] }),
  row('norm', 'with p = 1 along a dimension', [real(2, 3)], (x) => ops.norm(x, { p: 1, dim: 1, keepdim: true }), {
    expected: (x) => [total(x.slice(0, 3).map(Math.abs)), total(x.slice(3).map(Math.abs))],
  }),
  row('norm', 'with p = 3', [real(2, 3)], (x) => ops.norm(x, { p: 3, dim: 0 })),
  row('norm', 'with p = Infinity', [real(2, 3)], (x) => ops.norm(x, { p: Infinity }), {
    expected: (x) => [Math.max(...x.map(Math.abs))],
  }),
  row('norm', 'with p = -Infinity', [real(2, 3)], (x) => ops.norm(x, { p: -Infinity }), {
    expected: (x) => [Math.min(...x.map(Math.abs))],
  }),
  row('norm', 'with p = 0 counts', [exactly([0, 2, -1])], (x) => ops.norm(ops.detach(x), { p: 0 }), {
    expected: () => [2],
  }),
  row('normalize', 'of rows', [real(2, 3)], (x) => ops.normalize(x)),
  row('cosineSimilarity', 'of rows and one vector', [real(2, 3), real(1, 3)], (a, b) => ops.cosineSimilarity(a, b)),
  row('pairwiseDistance', 'of rows', [positive(2, 3), real(2, 3)], (a, b) =>
    ops.pairwiseDistance(a, b, { keepdim: true }),
  ),
];

const i3 = tensor(Int32Array.of(0, 1, 2)) as unknown as Tensor;
const b123 = x23.reshape([1, 2, 3]);

export const linearAlgebraBad: readonly BadInput[] = [
  bad(
    'mm',
    () => ops.mm(x23, x3),
    ShapeError,
    /^mm: expected a matrix and a matrix: a is \[2, 3\], b is \[3\]; matmul takes/,
  ),
  bad('mm', () => ops.mm(x23, x23), ShapeError, /^matmul: inner sizes differ/),
  bad('bmm', () => ops.bmm(x23, x23), ShapeError, /^bmm: expected a batch of matrices and a batch/),
  bad('bmm', () => ops.bmm(b123, x23.reshape([2, 3, 1])), ShapeError, /^bmm: batch sizes differ: a is \[1, 2, 3\]/),
  bad('mv', () => ops.mv(x3, x3), ShapeError, /^mv: expected a matrix and a vector/),
  bad('dot', () => ops.dot(x23, x3), ShapeError, /^dot: expected a vector and a vector/),
  bad('outer', () => ops.outer(x23, x3), ShapeError, /^outer: expected a vector and a vector/),
  bad(
    'addmm',
    () => ops.addmm(x3, x23, x23.T),
    ShapeError,
    /^addmm: what is added does not broadcast.*x is \[3\].*\[2, 2\]/,
  ),
  bad('addmv', () => ops.addmv(x23, x23, x3), ShapeError, /^addmv: what is added does not broadcast/),
  bad('baddbmm', () => ops.baddbmm(x3, b123, b123.transpose(1, 2)), ShapeError, /^baddbmm: what is added/),
  bad('einsum', () => ops.einsum('ij,jk', x23), ArgumentError, /^einsum: 'ij,jk' has 2 operands; given 1 tensors/),
  bad('einsum', () => ops.einsum('i1', x23), ArgumentError, /^einsum: expected an equation such as/),
  bad('einsum', () => ops.einsum('ij->k', x23), ArgumentError, /^einsum: 'k' in the result of 'ij->k' must name/),
  bad('einsum', () => ops.einsum('ij->ii', x23), ArgumentError, /^einsum: 'i' in the result/),
  bad(
    'einsum',
    () => ops.einsum('i', x23),
    ShapeError,
    /^einsum: 'i' of 'i' names 1 dimensions; the operand is \[2, 3\]/,
  ),
  bad(
    'einsum',
    () => ops.einsum('ij,j', x23, tensor([1, 2])),
    ShapeError,
    /^einsum: sizes of 'j' differ in 'ij,j': given \[2, 3\], \[2\]/,
  ),
  bad(
    'diagonal',
    () => ops.diagonal(x23, 0, 1, -1),
    ArgumentError,
    /^diagonal: expected two dimensions; given 1 and -1/,
  ),
  bad('diagonal', () => ops.diagonal(x23, 0.5), ArgumentError, /^diagonal: expected a whole offset; given 0\.5/),
  bad('diag', () => ops.diag(b123), ShapeError, /^diag: expected a vector or a matrix; given \[1, 2, 3\]/),
  bad('norm', () => ops.norm(i3), DTypeError, /^norm: expected floats; given i32/),
  bad('norm', () => ops.norm(x3, { p: NaN }), ArgumentError, /^norm: expected a number p; given NaN/),
  bad('normalize', () => ops.normalize(i3, { dim: 0 }), DTypeError, /^norm: expected floats/),
  bad('cosineSimilarity', () => ops.cosineSimilarity(x23, tensor([[1, 2]])), ShapeError, /shapes do not broadcast/),
  bad(
    'pairwiseDistance',
    () => ops.pairwiseDistance(x23, tensor([[1, 2]])),
    ShapeError,
    /^sub: shapes do not broadcast/,
  ),
];
