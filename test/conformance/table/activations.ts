/** Softmax, normalisation, activations and dropout. */

import { dropout, type Tensor } from '@tapegrad/core';
import { groupNorm, layerNorm, rmsNorm } from '@tapegrad/nn';
import { boolean, dtype, int, ints, number, oneOf, tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { some } from './options.ts';

const plain = 'relu6 silu mish softsign hardsigmoid hardswish'.split(' ');

export const activations: readonly Row[] = [
  row('F|torch|Tensor|torch.special.softmax', { input: tensor, dim: int, dtype: dtype.opt }, ({ input, dim }) =>
    input.softmax(dim),
  ),
  row('F|torch|Tensor|torch.special.log_softmax', { input: tensor, dim: int, dtype: dtype.opt }, ({ input, dim }) =>
    input.logSoftmax(dim),
  ),
  row('F.softmin', { input: tensor, dim: int, dtype: dtype.opt }, ({ input, dim }) => input.softmin(dim)),
  ...plain.map((name) =>
    row(`F.${name}`, { input: tensor }, ({ input }) => (input[name as 'silu'] as () => Tensor).call(input)),
  ),
  row('F.logsigmoid', { input: tensor }, ({ input }) => input.logSigmoid(), 'logSigmoid'),
  row('F.gelu', { input: tensor, approximate: oneOf('none', 'tanh').opt }, ({ input, approximate }) =>
    input.gelu(some({ approximate })),
  ),
  row('F.softplus', { input: tensor, beta: number.opt, threshold: number.opt }, ({ input, beta, threshold }) =>
    input.softplus(some({ beta, threshold })),
  ),
  row('F.elu', { input: tensor, alpha: number.opt }, ({ input, alpha }) => input.elu(some({ alpha }))),
  row('F.selu torch.selu', { input: tensor }, ({ input }) => input.selu()),
  row('F.celu torch.celu', { input: tensor, alpha: number.opt }, ({ input, alpha }) => input.celu(some({ alpha }))),
  row('F.hardtanh', { input: tensor, min_val: number.opt, max_val: number.opt }, ({ input, min_val, max_val }) =>
    input.hardtanh({ min: min_val, max: max_val }),
  ),
  row('F.softshrink', { input: tensor, lambd: number.opt }, ({ input, lambd }) =>
    input.softshrink(some({ lambda: lambd })),
  ),
  row('F.hardshrink', { input: tensor, lambd: number.opt }, ({ input, lambd }) =>
    input.hardshrink(some({ lambda: lambd })),
  ),
  row(
    'F.threshold torch.threshold',
    { input: tensor, threshold: number, value: number },
    ({ input, threshold, value }) => input.threshold(threshold, value),
  ),
  row('F.glu', { input: tensor, dim: int.opt }, ({ input, dim }) => input.glu(some({ dim }))),
  row('F|torch|Tensor.prelu', { input: tensor, weight: tensor }, ({ input, weight }) => input.prelu(weight)),
  row('F.leaky_relu', { input: tensor, negative_slope: number.opt }, ({ input, negative_slope: negativeSlope }) =>
    input.leakyRelu(some({ negativeSlope })),
  ),
  row('F.dropout', { input: tensor, p: number.opt, training: boolean.opt }, ({ input, p, training }) =>
    dropout(input, p, { training }),
  ),
  row(
    'F.layer_norm',
    { input: tensor, normalized_shape: ints, weight: tensor.opt, bias: tensor.opt, eps: number.opt },
    ({ input, normalized_shape, weight, bias, eps }) => layerNorm(input, normalized_shape, weight, bias, some({ eps })),
  ),
  row(
    'F.group_norm',
    { input: tensor, num_groups: int, weight: tensor.opt, bias: tensor.opt, eps: number.opt },
    ({ input, num_groups, weight, bias, eps }) => groupNorm(input, num_groups, weight, bias, some({ eps })),
  ),
  row(
    'F.rms_norm',
    { input: tensor, normalized_shape: ints, weight: tensor.opt, eps: number.opt },
    ({ input, normalized_shape, weight, eps }) => rmsNorm(input, normalized_shape, weight, some({ eps })),
  ),
];
