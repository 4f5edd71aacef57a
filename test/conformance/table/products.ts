/** Matrix products and what is built from them. */

import { matmul } from '@tapegrad/core';
import { tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';

export const products: readonly Row[] = [
  row('torch|Tensor.matmul torch.linalg.matmul', { input: tensor, other: tensor }, ({ input, other }) =>
    matmul(input, other),
  ),
  row('torch|Tensor.mm', { input: tensor, mat2: tensor }, ({ input, mat2 }) => matmul(input, mat2), 'matmul'),
  row('torch|Tensor.bmm', { input: tensor, mat2: tensor }, ({ input, mat2 }) => matmul(input, mat2), 'matmul'),
  row('torch|Tensor.mv', { input: tensor, vec: tensor }, ({ input, vec }) => matmul(input, vec), 'matmul'),
  row('torch|Tensor.dot', { input: tensor, other: tensor }, ({ input, other }) => matmul(input, other), 'matmul'),
];
