/** Activations, dropout and the like as modules; layers that are a line of others. */

import { dropout, type Parameter, type Tensor } from '@tapegrad/core';
import {
  AlphaDropout,
  alphaDropout,
  BatchNorm1d,
  Bilinear,
  CELU,
  CosineSimilarity,
  Dropout1d,
  Dropout2d,
  dropout1d,
  dropout2d,
  Embedding,
  FeatureAlphaDropout,
  Flatten,
  featureAlphaDropout,
  GLU,
  GroupNorm,
  groupNorm,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  type Module,
  PairwiseDistance,
  PReLU,
  parametersToVector,
  removeWeightNorm,
  SELU,
  Softmin,
  Softshrink,
  Tanhshrink,
  Threshold,
  Unflatten,
  weightNorm,
} from '@tapegrad/nn';
import { anything, boolean, dims, indices, int, ints, number, oneOf, string, tensor, tensors } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { some } from './options.ts';

const plain: Readonly<Record<string, new () => Module>> = { SELU, Hardsigmoid, Hardswish, Tanhshrink };

const dropouts = { Dropout1d, Dropout2d, AlphaDropout, FeatureAlphaDropout };

const dropping = (name: string, run: typeof alphaDropout, training: boolean): Row =>
  row(`F.${name}`, { input: tensor, p: number.opt, training: boolean.or(training) }, ({ input, p, training }) =>
    run(input, p, { training }),
  );

const one = (value: number | number[] | undefined): number | undefined => [value].flat()[0];

const windows = (x: Tensor, size: number, stride = size, padding = 0, value = 0): Tensor =>
  (padding > 0 ? x.pad([padding, padding], value) : x).unfold(-1, size, stride);

const pooling = { input: tensor, kernel_size: dims, stride: dims.opt, padding: dims.or(0) };

export const moduleLines: readonly Row[] = [
  ...Object.entries(plain).map(([name, Layer]) => row(`nn.${name}`, {}, () => new Layer(), name)),
  row('F.tanhshrink', { input: tensor }, ({ input }) => input.tanhshrink()),
  row('nn.Identity', {}, () => new Identity(), 'Identity'),
  row(
    'nn.Hardtanh',
    { min_val: number.opt, max_val: number.opt },
    ({ min_val: min, max_val: max }) => new Hardtanh({ min, max }),
  ),
  row('nn.Hardshrink', { lambd: number.opt }, ({ lambd: lambda }) => new Hardshrink(some({ lambda }))),
  row('nn.Softshrink', { lambd: number.opt }, ({ lambd: lambda }) => new Softshrink(some({ lambda }))),
  row('nn.Threshold', { threshold: number, value: number }, ({ threshold, value }) => new Threshold(threshold, value)),
  row('nn.CELU', { alpha: number.opt }, (given) => new CELU(some(given))),
  row('nn.GLU', { dim: int.opt }, (given) => new GLU(some(given))),
  row(
    'nn.PReLU',
    { num_parameters: int.opt, init: number.opt },
    ({ num_parameters: numParameters, init }, place) => new PReLU(numParameters, { init, ...place }),
  ),
  row('nn.Softmin', { dim: int }, ({ dim }) => new Softmin(dim)),
  row(
    'nn.Flatten',
    { start_dim: int.opt, end_dim: int.opt },
    ({ start_dim: startDim, end_dim: endDim }) => new Flatten(startDim, endDim),
  ),
  row(
    'nn.Unflatten',
    { dim: int, unflattened_size: ints },
    ({ dim, unflattened_size }) => new Unflatten(dim, unflattened_size),
  ),
  row(
    'nn.Bilinear',
    { in1_features: int, in2_features: int, out_features: int, bias: boolean.opt },
    ({ in1_features, in2_features, out_features, bias }, place) =>
      new Bilinear(in1_features, in2_features, out_features, { bias, ...place }),
  ),
  row('nn.CosineSimilarity', { dim: int.opt, eps: number.opt }, (given) => new CosineSimilarity(given)),
  row(
    'nn.PairwiseDistance',
    { p: number.opt, eps: number.opt, keepdim: boolean.opt },
    (given) => new PairwiseDistance(given),
  ),
  ...Object.entries(dropouts).map(([name, Layer]) =>
    row(`nn.${name}`, { p: number.opt }, ({ p }) => new Layer(p), name),
  ),
  dropping('dropout1d', dropout1d, true),
  dropping('dropout2d', dropout2d, true),
  dropping('alpha_dropout', alphaDropout, false),
  dropping('feature_alpha_dropout', featureAlphaDropout, false),
  row('torch.dropout', { input: tensor, p: number, train: boolean }, ({ input, p, train }) =>
    dropout(input, p, { training: train }),
  ),

  row('nn.utils.weight_norm', { module: anything, name: string.opt, dim: int.opt }, ({ module, name, dim }) =>
    weightNorm(module as Module, some({ name, dim })),
  ),
  row('nn.utils.remove_weight_norm', { module: anything, name: string.opt }, ({ module, name }) =>
    removeWeightNorm(module as Module, some({ name })),
  ),
  row('nn.utils.parameters_to_vector', { parameters: tensors }, ({ parameters }) => parametersToVector(parameters)),
  row(
    'F.batch_norm',
    {
      ...{ input: tensor, running_mean: tensor.opt, running_var: tensor.opt, weight: tensor.opt, bias: tensor.opt },
      ...{ training: boolean.or(false), momentum: number.opt, eps: number.opt },
    },
    ({ input, running_mean: mean, running_var: variance, weight, bias, training, momentum, eps }, place) => {
      const options = { momentum, eps, affine: false, trackRunningStats: mean !== undefined };
      const layer = new BatchNorm1d(input.shape[1]!, { ...options, ...place }).train(training);
      if (mean && variance) {
        const statistics = new Map([
          ['running_mean', mean],
          ['running_var', variance],
        ]);
        layer.loadStateDict(statistics, { strict: false });
      }
      layer.weight = weight as Parameter | undefined;
      layer.bias = bias as Parameter | undefined;
      return layer.forward(input);
    },
    'BatchNorm1d',
  ),
  row(
    'F.instance_norm',
    {
      ...{ input: tensor, running_mean: tensor.opt, running_var: tensor.opt, weight: tensor.opt, bias: tensor.opt },
      ...{ use_input_stats: boolean.opt, momentum: number.opt, eps: number.opt },
    },
    ({ input, weight, bias, eps }) => groupNorm(input, input.shape[1]!, weight, bias, some({ eps })),
    'groupNorm(x, C, weight, bias)',
  ),
  row(
    'nn.InstanceNorm1d',
    { num_features: int, eps: number.opt, momentum: number.opt, affine: boolean.or(false) },
    ({ num_features: C, eps, affine }, place) => new GroupNorm(C, C, { ...some({ eps, affine }), ...place }),
    'new GroupNorm(C, C, { affine: false })',
  ),
  row(
    'F.embedding_bag',
    { input: indices, weight: tensor, mode: oneOf('mean', 'sum', 'max').or('mean' as const) },
    ({ input, weight, mode }) => {
      const layer = new Embedding(weight.shape[0]!, weight.shape[1]!);
      layer.weight = weight as Parameter;
      const rows = layer.forward(input);
      return mode === 'max' ? rows.max({ dim: 1 })[0] : rows[mode]({ dim: 1 });
    },
    'embedding(weight, bags).mean({ dim: 1 })',
  ),
  row(
    'F.conv1d',
    { input: tensor, weight: tensor, bias: tensor.opt, stride: dims.opt, padding: dims.or(0) },
    ({ input, weight, bias, stride, padding }) => {
      const columns = windows(
        input.rank === 2 ? input.unsqueeze(0) : input,
        weight.shape[2]!,
        one(stride) ?? 1,
        one(padding),
      );
      const y = columns.permute([0, 2, 1, 3]).flatten(2).matmul(weight.flatten(1).T);
      const out = (bias ? y.add(bias) : y).transpose(1, 2);
      return input.rank === 2 ? out.squeeze(0) : out;
    },
    'x.unfold(2, size, stride).permute([0, 2, 1, 3]).flatten(2).matmul(weight.flatten(1).T)',
  ),
  row(
    'F.avg_pool1d',
    pooling,
    ({ input, kernel_size, stride, padding }) =>
      windows(input, one(kernel_size)!, one(stride), one(padding)).mean({ dim: -1 }),
    'x.unfold(-1, size, size).mean({ dim: -1 })',
  ),
  row(
    'F.max_pool1d',
    pooling,
    ({ input, kernel_size, stride, padding }) =>
      windows(input, one(kernel_size)!, one(stride), one(padding), -Infinity).max({ dim: -1 })[0],
    'x.unfold(-1, size, size).max({ dim: -1 })[0]',
  ),
];
