/** Products that are a line of others in tapegrad, and attention. */

import { einsum, eye, matmul, type Tensor } from '@tapegrad/core';
import { bilinear, scaledDotProductAttention } from '@tapegrad/nn';
import { anything, boolean, int, number, tensor, tensors } from '../kinds.ts';
import { Missing } from '../python/values.ts';
import { type Row, row } from '../row.ts';
import { some } from './options.ts';

const factors = { beta: number.or(1), alpha: number.or(1) };

/** Dimensions `da` of a times dimensions `db` of b. */
function tensordot(a: Tensor, b: Tensor, da: readonly number[], db: readonly number[]): Tensor {
  const at = (x: Tensor, dims: readonly number[]): number[] => dims.map((d) => (d < 0 ? d + x.rank : d));
  const [inA, inB] = [at(a, da), at(b, db)];
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const ofA = letters.slice(0, a.rank);
  const ofB = letters.slice(a.rank, a.rank + b.rank);
  for (const [k, d] of inB.entries()) ofB[d] = ofA[inA[k]!]!;
  const left = [...ofA.filter((_, d) => !inA.includes(d)), ...ofB.filter((_, d) => !inB.includes(d))];
  return einsum(`${ofA.join('')},${ofB.join('')}->${left.join('')}`, a, b);
}

export const productLines: readonly Row[] = [
  row(
    'torch|Tensor.inner',
    { input: tensor, other: tensor },
    ({ input, other }) =>
      input.rank === 0 || other.rank === 0 ? input.mul(other) : tensordot(input, other, [-1], [-1]),
    'einsum(equation, x, y)',
  ),
  row('torch|Tensor.vdot', { input: tensor, tensor }, ({ input, tensor }) => input.dot(tensor), 'x.dot(y)'),
  row(
    'torch.linalg.vecdot',
    { x: tensor, y: tensor, dim: int.or(-1) },
    ({ x, y, dim }) => x.mul(y).sum({ dim }),
    'x.mul(y).sum({ dim })',
  ),
  row(
    'torch|Tensor.addr',
    { input: tensor, vec1: tensor, vec2: tensor, ...factors },
    ({ input, vec1, vec2, beta, alpha }) => input.mul(beta).add(vec1.outer(vec2).mul(alpha)),
    'x.add(v.outer(w))',
  ),
  row(
    'torch|Tensor.addbmm',
    { input: tensor, batch1: tensor, batch2: tensor, ...factors },
    ({ input, batch1, batch2, beta, alpha }) => input.mul(beta).add(batch1.bmm(batch2).sum({ dim: 0 }).mul(alpha)),
    'x.add(a.bmm(b).sum({ dim: 0 }))',
  ),
  row(
    'torch.chain_matmul torch.linalg.multi_dot',
    { matrices: tensors },
    ({ matrices }) => matrices.reduce((a, b) => matmul(a, b)),
    'matmul(matmul(a, b), c)',
  ),
  row(
    'torch.tensordot',
    { a: tensor, b: tensor, dims: anything },
    ({ a, b, dims = 2 }) => {
      const count = typeof dims === 'number' ? dims : undefined;
      const range = (n: number, from: number): number[] => Array.from({ length: n }, (_, k) => from + k);
      const [da, db] =
        count === undefined ? (dims as [number[], number[]]) : [range(count, a.rank - count), range(count, 0)];
      return tensordot(a, b, [da].flat(), [db].flat());
    },
    'einsum(equation, a, b)',
  ),
  row(
    'torch|Tensor|torch.linalg.matrix_power',
    { input: tensor, n: int },
    ({ input, n }, place) => {
      if (n < 0) throw new Missing('matrix_power of a power below 0');
      if (n === 0) return eye(input.shape.at(-1)!, { ...place, dtype: input.dtype }).add(input.mul(0));
      return Array.from({ length: n - 1 }).reduce<Tensor>((power) => matmul(power, input), input);
    },
    'matmul(x, matmul(x, x))',
  ),
  row(
    'torch.kron',
    { input: tensor, other: tensor },
    ({ input, other }) => {
      const rank = Math.max(input.rank, other.rank);
      const sizes = (x: Tensor): number[] => [...Array.from({ length: rank - x.rank }, () => 1), ...x.shape];
      const [a, b] = [sizes(input), sizes(other)];
      const spread = input.reshape(a.flatMap((n) => [n, 1])).mul(other.reshape(b.flatMap((n) => [1, n])));
      return spread.reshape(a.map((n, d) => n * b[d]!));
    },
    'x.reshape([n, 1, m, 1]).mul(y.reshape([1, k, 1, l])).reshape([n * k, m * l])',
  ),
  row(
    'torch.cross torch.linalg.cross Tensor.cross',
    { input: tensor, other: tensor, dim: int.or(-1) },
    ({ input, other, dim }) => {
      const turned = (x: Tensor, by: number): Tensor => x.roll(-by, dim);
      return turned(input, 1)
        .mul(turned(other, 2))
        .sub(turned(input, 2).mul(turned(other, 1)));
    },
    'x.roll(-1, d).mul(y.roll(-2, d)).sub(x.roll(-2, d).mul(y.roll(-1, d)))',
  ),
  row(
    'F.bilinear',
    { input1: tensor, input2: tensor, weight: tensor, bias: tensor.opt },
    ({ input1, input2, weight, bias }) => bilinear(input1, input2, weight, bias),
  ),
  row(
    'F.scaled_dot_product_attention',
    {
      ...{ query: tensor, key: tensor, value: tensor, attn_mask: tensor.opt },
      ...{ dropout_p: number.opt, is_causal: boolean.opt, scale: number.opt },
    },
    ({ query, key, value, attn_mask: mask, dropout_p: dropout, is_causal: isCausal, scale }) =>
      scaledDotProductAttention(query, key, value, some({ mask, dropout, isCausal, scale })),
  ),
];
