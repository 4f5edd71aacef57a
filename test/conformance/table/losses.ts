/** Losses. */

import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  klDiv,
  l1Loss,
  mseLoss,
  nllLoss,
} from '@tapegrad/nn';
import { anything, boolean, number, oneOf, tensor } from '../kinds.ts';
import { type Row, row } from '../row.ts';

const pair = { input: tensor, target: tensor };
/** What losses had before `reduction`; positional arguments still count them. */
const size_average = anything.opt;
const reduce = anything.opt;
const reduction = oneOf('mean', 'sum', 'none').opt;

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
  row('F.l1_loss', { ...pair, size_average, reduce, reduction }, ({ input, target, reduction }) =>
    l1Loss(input, target, { reduction }),
  ),
];
