/** Matrix products and what is built from them. */

import { einsum, matmul } from '@tapegrad/core';
import { number, string, tensor, tensors } from '../kinds.ts';
import { type Row, row } from '../row.ts';

const factors = { beta: number.opt, alpha: number.opt };

export const products: readonly Row[] = [
  row('torch|Tensor.matmul torch.linalg.matmul', { input: tensor, other: tensor }, ({ input, other }) =>
    matmul(input, other),
  ),
  row('torch|Tensor.mm', { input: tensor, mat2: tensor }, ({ input, mat2 }) => input.mm(mat2)),
  row('torch|Tensor.bmm', { input: tensor, mat2: tensor }, ({ input, mat2 }) => input.bmm(mat2)),
  row('torch|Tensor.mv', { input: tensor, vec: tensor }, ({ input, vec }) => input.mv(vec)),
  row('torch|Tensor.dot', { input: tensor, tensor }, ({ input, tensor }) => input.dot(tensor)),
  row('torch|Tensor.outer torch|Tensor.ger', { input: tensor, vec2: tensor }, ({ input, vec2 }) => input.outer(vec2)),
  row(
    'torch|Tensor.addmm',
    { input: tensor, mat1: tensor, mat2: tensor, ...factors },
    ({ input, mat1, mat2, ...given }) => input.addmm(mat1, mat2, given),
  ),
  row('torch|Tensor.addmv', { input: tensor, mat: tensor, vec: tensor, ...factors }, ({ input, mat, vec, ...given }) =>
    input.addmv(mat, vec, given),
  ),
  row(
    'torch|Tensor.baddbmm',
    { input: tensor, batch1: tensor, batch2: tensor, ...factors },
    ({ input, batch1, batch2, ...given }) => input.baddbmm(batch1, batch2, given),
  ),
  row('torch.einsum', { equation: string, operands: tensors }, ({ equation, operands }) =>
    einsum(equation, ...operands),
  ),
];
