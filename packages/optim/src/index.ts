/** @tapegrad/optim: optimizers and gradient clipping, with PyTorch's names and defaults. */

export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.ts';
export { type FlatState, flattenState, unflattenState } from './flatten.ts';
export { type GivenGroup, Optimizer, type OptimizerParams, type ParamGroup, stateLike } from './optimizer.ts';
export type { Given, OptimizerOptions } from './options.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export type { OptimizerState, OptionValue, ParameterState, SavedGroup, StateLayout } from './state-dict.ts';
