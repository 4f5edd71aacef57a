/** Layers as functions and as modules. A module takes its parameters from the inputs that have their names. */

import type { Parameter } from '@tapegrad/core';
import {
  BatchNorm1d,
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  Dropout,
  ELU,
  Embedding,
  GELU,
  GroupNorm,
  KLDivLoss,
  L1Loss,
  type Layer,
  LayerNorm,
  LeakyReLU,
  Linear,
  LogSigmoid,
  LogSoftmax,
  linear,
  Mish,
  type Module,
  MSELoss,
  NLLLoss,
  ReLU,
  ReLU6,
  RMSNorm,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
} from '@tapegrad/nn';
import { boolean, dims, indices, int, modules, number, oneOf, tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { some } from './options.ts';

const reduction = oneOf('mean', 'sum', 'none').opt;

const plain: Readonly<Record<string, new () => Module>> = {
  ReLU,
  ReLU6,
  SiLU,
  Mish,
  Sigmoid,
  LogSigmoid,
  Softsign,
  Tanh,
};

export const layers: readonly Row[] = [
  row('F.linear', { input: tensor, weight: tensor, bias: tensor.opt }, ({ input, weight, bias }) =>
    linear(input, weight, bias),
  ),
  row(
    'nn.Linear',
    { in_features: int, out_features: int, bias: boolean.opt },
    ({ in_features, out_features, bias }, place) => new Linear(in_features, out_features, { bias, ...place }),
  ),
  row(
    'F.embedding',
    {
      input: indices,
      weight: tensor,
      ...{ padding_idx: int.opt, max_norm: number.opt, norm_type: number.opt, scale_grad_by_freq: boolean.opt },
    },
    ({ input, weight, padding_idx: paddingIdx, max_norm: maxNorm, norm_type: normType, scale_grad_by_freq }) => {
      const options = { paddingIdx, maxNorm, normType, scaleGradByFreq: scale_grad_by_freq };
      const layer = new Embedding(weight.shape[0]!, weight.shape[1]!, options);
      layer.weight = weight as Parameter;
      return layer.forward(input);
    },
    'Embedding',
  ),
  row(
    'nn.Embedding',
    {
      ...{ num_embeddings: int, embedding_dim: int, padding_idx: int.opt },
      ...{ max_norm: number.opt, norm_type: number.opt, scale_grad_by_freq: boolean.opt },
    },
    (
      { num_embeddings, embedding_dim, padding_idx: paddingIdx, max_norm: maxNorm, norm_type: normType, ...given },
      place,
    ) =>
      new Embedding(num_embeddings, embedding_dim, {
        ...{ paddingIdx, maxNorm, normType, scaleGradByFreq: given.scale_grad_by_freq },
        ...place,
      }),
  ),
  row(
    'nn.LayerNorm',
    { normalized_shape: dims, eps: number.opt, elementwise_affine: boolean.opt, bias: boolean.opt },
    ({ normalized_shape, eps, elementwise_affine: elementwiseAffine, bias }, place) =>
      new LayerNorm(normalized_shape, { eps, elementwiseAffine, bias, ...place }),
  ),
  row('nn.Dropout', { p: number.opt }, ({ p }) => new Dropout(p)),

  ...Object.entries(plain).map(([name, Layer]) => row(`nn.${name}`, {}, () => new Layer(), name)),
  row('nn.Sequential', { layers: modules }, ({ layers }) => new Sequential(...(layers as Layer[]))),
  row('nn.Softmax', { dim: int }, ({ dim }) => new Softmax(dim)),
  row('nn.LogSoftmax', { dim: int }, ({ dim }) => new LogSoftmax(dim)),
  row('nn.GELU', { approximate: oneOf('none', 'tanh').opt }, (given) => new GELU(some(given))),
  row('nn.ELU', { alpha: number.opt }, (given) => new ELU(some(given))),
  row(
    'nn.LeakyReLU',
    { negative_slope: number.opt },
    ({ negative_slope: negativeSlope }) => new LeakyReLU(some({ negativeSlope })),
  ),
  row('nn.Softplus', { beta: number.opt, threshold: number.opt }, (given) => new Softplus(some(given))),

  row(
    'nn.CrossEntropyLoss',
    { weight: tensor.opt, ignore_index: number.opt, reduction, label_smoothing: number.opt },
    ({ weight, ignore_index: ignoreIndex, reduction, label_smoothing: labelSmoothing }) =>
      new CrossEntropyLoss({ weight, ignoreIndex, reduction, labelSmoothing }),
  ),
  row(
    'nn.NLLLoss',
    { weight: tensor.opt, ignore_index: number.opt, reduction },
    ({ weight, ignore_index: ignoreIndex, reduction }) => new NLLLoss({ weight, ignoreIndex, reduction }),
  ),
  row('nn.BCELoss', { weight: tensor.opt, reduction }, (given) => new BCELoss(given)),
  row(
    'nn.BCEWithLogitsLoss',
    { weight: tensor.opt, reduction, pos_weight: tensor.opt },
    ({ weight, reduction, pos_weight: posWeight }) => new BCEWithLogitsLoss({ weight, reduction, posWeight }),
  ),
  row(
    'nn.KLDivLoss',
    { reduction: oneOf('mean', 'sum', 'none', 'batchmean').opt, log_target: boolean.opt },
    ({ reduction, log_target: logTarget }) => new KLDivLoss({ reduction, logTarget }),
  ),
  row(
    'nn.GroupNorm',
    { num_groups: int, num_channels: int, eps: number.opt, affine: boolean.opt },
    (given, place) =>
      new GroupNorm(given.num_groups, given.num_channels, {
        ...some({ eps: given.eps, affine: given.affine }),
        ...place,
      }),
  ),
  row(
    'nn.RMSNorm',
    { normalized_shape: dims, eps: number.opt, elementwise_affine: boolean.opt },
    ({ normalized_shape, eps, elementwise_affine: elementwiseAffine }, place) =>
      new RMSNorm(normalized_shape, { ...some({ eps, elementwiseAffine }), ...place }),
  ),
  row(
    'nn.BatchNorm1d',
    {
      ...{ num_features: int, eps: number.opt, momentum: number.opt },
      ...{ affine: boolean.opt, track_running_stats: boolean.opt },
    },
    ({ num_features, eps, momentum, affine, track_running_stats: trackRunningStats }, place) =>
      new BatchNorm1d(num_features, { ...some({ eps, momentum, affine, trackRunningStats }), ...place }),
  ),
  row('nn.MSELoss', { reduction }, (given) => new MSELoss(given)),
  row('nn.L1Loss', { reduction }, (given) => new L1Loss(given)),
];
