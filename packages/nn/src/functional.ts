/** Layers and losses as functions: tensors first, in PyTorch's order, all else in one object of options. */

export { layerNorm, linear } from '@tapegrad/core';
export { type AttentionOptions, scaledDotProductAttention } from './attention.ts';
export { alphaDropout, dropout1d, dropout2d, featureAlphaDropout } from './dropout-variants.ts';
export { groupNorm } from './group-norm.ts';
export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from './losses/binary-cross-entropy.ts';
export { crossEntropy, crossEntropyFromProbabilities } from './losses/cross-entropy.ts';
export { ctcLoss } from './losses/ctc.ts';
export { distillationLoss } from './losses/distillation.ts';
export { klDiv } from './losses/kl-div.ts';
export {
  hingeEmbeddingLoss,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
} from './losses/margin.ts';
export { nllLoss } from './losses/nll.ts';
export { l1Loss, mseLoss } from './losses/regression.ts';
export { huberLoss, smoothL1Loss } from './losses/robust.ts';
export { cosineEmbeddingLoss, gaussianNllLoss, poissonNllLoss, tripletMarginLoss } from './losses/similarity.ts';
export { rmsNorm } from './rms-norm.ts';
export { bilinear } from './similarities.ts';
