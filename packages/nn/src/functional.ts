/** Layers and losses as functions: tensors first, in PyTorch's order, all else in one object of options. */

export { linear } from '@tapegrad/core';
export { layerNorm } from './layer-norm.ts';
export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from './losses/binary-cross-entropy.ts';
export { crossEntropy, crossEntropyFromProbabilities } from './losses/cross-entropy.ts';
export { klDiv } from './losses/kl-div.ts';
export { nllLoss } from './losses/nll.ts';
export { l1Loss, mseLoss } from './losses/regression.ts';
