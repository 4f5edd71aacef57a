/** Losses. */

import { type IntTensor, Tensor } from '@tapegrad/core';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  CosineEmbeddingLoss,
  CTCLoss,
  cosineEmbeddingLoss,
  crossEntropy,
  ctcLoss,
  GaussianNLLLoss,
  gaussianNllLoss,
  HingeEmbeddingLoss,
  HuberLoss,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  marginRankingLoss,
  mseLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  nllLoss,
  PoissonNLLLoss,
  poissonNllLoss,
  SmoothL1Loss,
  SoftMarginLoss,
  smoothL1Loss,
  softMarginLoss,
  TripletMarginLoss,
  tripletMarginLoss,
} from '@tapegrad/nn';
import { anything, boolean, indices, type Kind, number, oneOf, tensor } from '../kinds.ts';
import type { Value } from '../python/values.ts';
import { camelCase, type Row, row } from '../row.ts';

const pair = { input: tensor, target: tensor };
/** What losses had before `reduction`; positional arguments still count them. */
const size_average = anything.opt;
const reduce = anything.opt;
const reduction = oneOf('mean', 'sum', 'none').opt;

/** Lengths come as tensors or as tuples. */
async function lengthsOf(value: Value): Promise<number[]> {
  return value instanceof Tensor ? [...(await value.data())].map(Number) : (value as number[]);
}

/** A loss as a module: legacy arguments first, then options, which its constructor takes in camelCase. */
function module_<Options>(
  name: string,
  make: (options: Options) => unknown,
  options: Readonly<Record<string, Kind<unknown>>>,
): Row {
  return row(
    `nn.${name}`,
    options,
    (given) => {
      const named = Object.entries(given).filter(([key]) => key !== 'size_average' && key !== 'reduce');
      return make(Object.fromEntries(named.map(([key, value]) => [camelCase(key), value])) as Options) as Value;
    },
    `new ${name}(options)`,
  );
}

export const losses: readonly Row[] = [
  row(
    'F.cross_entropy',
    {
      ...pair,
      weight: tensor.opt,
      size_average,
      ignore_index: number.opt,
      reduce,
      reduction,
      label_smoothing: number.opt,
    },
    ({ input, target, weight, ignore_index: ignoreIndex, reduction, label_smoothing: labelSmoothing }) =>
      crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing }),
  ),
  row(
    'F.nll_loss',
    { ...pair, weight: tensor.opt, size_average, ignore_index: number.opt, reduce, reduction },
    ({ input, target, weight, ignore_index: ignoreIndex, reduction }) =>
      nllLoss(input, target, { weight, ignoreIndex, reduction }),
  ),
  row(
    'F.binary_cross_entropy',
    { ...pair, weight: tensor.opt, size_average, reduce, reduction },
    ({ input, target, weight, reduction }) => binaryCrossEntropy(input, target, { weight, reduction }),
  ),
  row(
    'F.binary_cross_entropy_with_logits',
    { ...pair, weight: tensor.opt, size_average, reduce, reduction, pos_weight: tensor.opt },
    ({ input, target, weight, reduction, pos_weight: posWeight }) =>
      binaryCrossEntropyWithLogits(input, target, { weight, reduction, posWeight }),
  ),
  row(
    'F.kl_div',
    {
      ...pair,
      size_average,
      reduce,
      reduction: oneOf('mean', 'sum', 'none', 'batchmean').opt,
      log_target: boolean.opt,
    },
    ({ input, target, reduction, log_target: logTarget }) => klDiv(input, target, { reduction, logTarget }),
  ),
  row('F.mse_loss', { ...pair, size_average, reduce, reduction }, ({ input, target, reduction }) =>
    mseLoss(input, target, { reduction }),
  ),
  row(
    'F.smooth_l1_loss',
    { ...pair, size_average, reduce, reduction, beta: number.opt },
    ({ input, target, reduction, beta }) => smoothL1Loss(input, target, { reduction, beta }),
  ),
  row('F.huber_loss', { ...pair, reduction, delta: number.opt }, ({ input, target, reduction, delta }) =>
    huberLoss(input, target, { reduction, delta }),
  ),
  row(
    'F.hinge_embedding_loss',
    { ...pair, margin: number.opt, size_average, reduce, reduction },
    ({ input, target, margin, reduction }) => hingeEmbeddingLoss(input, target, { margin, reduction }),
  ),
  row(
    'F.margin_ranking_loss',
    { input1: tensor, input2: tensor, target: tensor, margin: number.opt, size_average, reduce, reduction },
    ({ input1, input2, target, margin, reduction }) => marginRankingLoss(input1, input2, target, { margin, reduction }),
  ),
  row('F.soft_margin_loss', { ...pair, size_average, reduce, reduction }, ({ input, target, reduction }) =>
    softMarginLoss(input, target, { reduction }),
  ),
  row(
    'F.multi_margin_loss',
    {
      input: tensor,
      target: indices,
      p: number.opt,
      margin: number.opt,
      weight: tensor.opt,
      size_average,
      reduce,
      reduction,
    },
    ({ input, target, p, margin, weight, reduction }) =>
      multiMarginLoss(input, target, { p: p as 1 | 2 | undefined, margin, weight, reduction }),
  ),
  row(
    'F.multilabel_margin_loss',
    { input: tensor, target: indices, size_average, reduce, reduction },
    ({ input, target, reduction }) => multilabelMarginLoss(input, target, { reduction }),
  ),
  row(
    'F.multilabel_soft_margin_loss',
    { ...pair, weight: tensor.opt, size_average, reduce, reduction },
    ({ input, target, weight, reduction }) => multilabelSoftMarginLoss(input, target, { weight, reduction }),
  ),
  row(
    'F.cosine_embedding_loss',
    { input1: tensor, input2: tensor, target: tensor, margin: number.opt, size_average, reduce, reduction },
    ({ input1, input2, target, margin, reduction }) =>
      cosineEmbeddingLoss(input1, input2, target, { margin, reduction }),
  ),
  row(
    'F.triplet_margin_loss',
    {
      ...{ anchor: tensor, positive: tensor, negative: tensor },
      ...{ margin: number.opt, p: number.opt, eps: number.opt, swap: boolean.opt },
      ...{ size_average, reduce, reduction },
    },
    ({ anchor, positive, negative, margin, p, eps, swap, reduction }) =>
      tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction }),
  ),
  row(
    'F.gaussian_nll_loss',
    { ...pair, var: tensor, full: boolean.opt, eps: number.opt, reduction },
    ({ input, target, var: variance, full, eps, reduction }) =>
      gaussianNllLoss(input, target, variance, { full, eps, reduction }),
  ),
  row(
    'F.poisson_nll_loss',
    { ...pair, log_input: boolean.opt, full: boolean.opt, size_average, eps: number.opt, reduce, reduction },
    ({ input, target, log_input: logInput, full, eps, reduction }) =>
      poissonNllLoss(input, target, { logInput, full, eps, reduction }),
  ),
  row(
    'F.ctc_loss',
    {
      ...{ log_probs: tensor, targets: indices, input_lengths: anything, target_lengths: anything },
      ...{ blank: number.opt, reduction, zero_infinity: boolean.opt },
    },
    async ({ log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity: zeroInfinity }) =>
      ctcLoss(log_probs, targets, await lengthsOf(input_lengths), await lengthsOf(target_lengths), {
        blank,
        reduction,
        zeroInfinity,
      }),
  ),
  row(
    'nn.CTCLoss',
    { blank: number.opt, reduction, zero_infinity: boolean.opt },
    ({ blank, reduction, zero_infinity: zeroInfinity }) => {
      const loss = new CTCLoss({ blank, reduction, zeroInfinity });
      const forward = async (logP: Tensor, targets: IntTensor, inputs: Value, lengths: Value): Promise<Tensor> =>
        ctcLoss(logP, targets, await lengthsOf(inputs), await lengthsOf(lengths), loss.options);
      return Object.assign(loss, { forward });
    },
    'new CTCLoss(options)',
  ),
  row('F.l1_loss', { ...pair, size_average, reduce, reduction }, ({ input, target, reduction }) =>
    l1Loss(input, target, { reduction }),
  ),

  module_('SmoothL1Loss', (options) => new SmoothL1Loss(options as object), {
    ...{ size_average, reduce, reduction },
    beta: number.opt,
  }),
  module_('HuberLoss', (options) => new HuberLoss(options as object), { reduction, delta: number.opt }),
  module_('HingeEmbeddingLoss', (options) => new HingeEmbeddingLoss(options as object), {
    margin: number.opt,
    ...{ size_average, reduce, reduction },
  }),
  module_('MarginRankingLoss', (options) => new MarginRankingLoss(options as object), {
    margin: number.opt,
    ...{ size_average, reduce, reduction },
  }),
  module_('SoftMarginLoss', (options) => new SoftMarginLoss(options as object), { size_average, reduce, reduction }),
  module_('MultiMarginLoss', (options) => new MultiMarginLoss(options as object), {
    ...{ p: number.opt, margin: number.opt, weight: tensor.opt },
    ...{ size_average, reduce, reduction },
  }),
  module_('MultiLabelMarginLoss', (options) => new MultiLabelMarginLoss(options as object), {
    ...{ size_average, reduce, reduction },
  }),
  module_('MultiLabelSoftMarginLoss', (options) => new MultiLabelSoftMarginLoss(options as object), {
    weight: tensor.opt,
    ...{ size_average, reduce, reduction },
  }),
  module_('CosineEmbeddingLoss', (options) => new CosineEmbeddingLoss(options as object), {
    margin: number.opt,
    ...{ size_average, reduce, reduction },
  }),
  module_('TripletMarginLoss', (options) => new TripletMarginLoss(options as object), {
    ...{ margin: number.opt, p: number.opt, eps: number.opt, swap: boolean.opt },
    ...{ size_average, reduce, reduction },
  }),
  module_('GaussianNLLLoss', (options) => new GaussianNLLLoss(options as object), {
    ...{ full: boolean.opt, eps: number.opt, reduction },
  }),
  module_('PoissonNLLLoss', (options) => new PoissonNLLLoss(options as object), {
    ...{ log_input: boolean.opt, full: boolean.opt, size_average, eps: number.opt, reduce, reduction },
  }),
];
