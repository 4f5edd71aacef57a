/** Losses against PyTorch's values and gradients. */

import { type AnyTensor, logSumExp, type Tensor } from '@tapegrad/core';
import {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  KLDivLoss,
  type KLDivOptions,
  L1Loss,
  LogSoftmax,
  MSELoss,
  NLLLoss,
  type Reduction,
  Softmax,
} from '@tapegrad/nn';
import type { GoldenCase } from '../golden/load.ts';
import { type Inputs, type Ran, testGroup } from './golden.ts';

const reductionOf = (c: GoldenCase): { reduction: Reduction } => ({ reduction: c.args.reduction as Reduction });

/** The options of losses over classes. */
function classOptions(c: GoldenCase, { weight }: Inputs) {
  return {
    ...reductionOf(c),
    ignoreIndex: c.args.ignore_index as number | undefined,
    weight: weight as Tensor | undefined,
  };
}

type Loss = { forward(input: Tensor, target: AnyTensor): Tensor };
const lossOf =
  (make: (c: GoldenCase, inputs: Inputs) => Loss) =>
  (c: GoldenCase, inputs: Inputs): Ran => ({
    outputs: { out: make(c, inputs).forward(inputs.input as Tensor, inputs.target!) },
  });

testGroup(
  'cross_entropy',
  {
    'F.cross_entropy': lossOf(
      (c, inputs) =>
        new CrossEntropyLoss({ ...classOptions(c, inputs), labelSmoothing: c.args.label_smoothing as number }),
    ),
  },
  [
    [
      /^edge_huge_(mean|sum|none)(_ls)? f32$/,
      'f32 cannot hold these logits of 1e4; the cases ..._f32 have some that it can',
    ],
  ],
);

const later = 'comes with the long tail of losses';
testGroup(
  'losses',
  {
    'F.nll_loss': lossOf((c, inputs) => new NLLLoss(classOptions(c, inputs))),
    'F.binary_cross_entropy': lossOf(
      (c, { weight }) => new BCELoss({ ...reductionOf(c), weight: weight as Tensor }) as Loss,
    ),
    'F.binary_cross_entropy_with_logits': lossOf(
      (c, { weight, pos_weight }) =>
        new BCEWithLogitsLoss({
          ...reductionOf(c),
          weight: weight as Tensor,
          posWeight: pos_weight as Tensor,
        }) as Loss,
    ),
    'F.kl_div': lossOf(
      (c) =>
        new KLDivLoss({
          reduction: c.args.reduction as KLDivOptions['reduction'],
          logTarget: c.args.log_target as boolean | undefined,
        }) as Loss,
    ),
    'F.mse_loss': lossOf((c) => new MSELoss(reductionOf(c)) as Loss),
    'F.l1_loss': lossOf((c) => new L1Loss(reductionOf(c)) as Loss),
  },
  [
    [/^smooth_l1_/, later],
    [/^huber_/, later],
  ],
);

testGroup(
  'softmax',
  {
    'F.softmax': ({ args }, { input }) => ({
      outputs: { out: new Softmax(args.dim as number).forward(input as Tensor) },
    }),
    'F.log_softmax': ({ args }, { input }) => ({
      outputs: { out: new LogSoftmax(args.dim as number).forward(input as Tensor) },
    }),
    'torch.logsumexp': ({ args }, { input }) => ({
      outputs: { out: logSumExp(input as Tensor, { dim: args.dim as number, keepdim: Boolean(args.keepdim) }) },
    }),
  },
  [
    [/^edge_logsumexp_all_neginf$/, 'informative: PyTorch has a gradient of NaN for a row of -inf, here it is 0'],
    [
      /^edge_(log_)?softmax_posinf$/,
      'informative: PyTorch has NaN for a whole row with inf, here only where inf stands',
    ],
  ],
);
