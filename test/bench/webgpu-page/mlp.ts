/** The MLP of all contenders: 784-128-10 with relu, mean cross-entropy of a batch of 64. Matrices are [in, out]. */

import { tokens, uniform } from '../problem.ts';

export const [INPUTS, HIDDEN, CLASSES, BATCH] = [784, 128, 10, 64] as const;

/** Starting weights: uniform in +-1/sqrt(inputs). */
export const mlpWeights = () => ({
  hidden: uniform(INPUTS * HIDDEN, 1 / Math.sqrt(INPUTS), 201),
  hiddenBias: uniform(HIDDEN, 1 / Math.sqrt(INPUTS), 202),
  output: uniform(HIDDEN * CLASSES, 1 / Math.sqrt(HIDDEN), 203),
  outputBias: uniform(CLASSES, 1 / Math.sqrt(HIDDEN), 204),
});

export const mlpBatch = () => ({ inputs: uniform(BATCH * INPUTS, 1, 205), targets: tokens(BATCH, CLASSES, 206) });
