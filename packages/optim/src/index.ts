/** @tapegrad/optim: optimizers and gradient clipping, with PyTorch's names and defaults. */

export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.ts';
export { type FlatState, flattenState, unflattenState } from './flatten.ts';
export { type GivenGroup, Optimizer, type OptimizerParams, type ParamGroup, stateLike } from './optimizer.ts';
export type { Given, OptimizerOptions } from './options.ts';
export {
  ChainedScheduler,
  SequentialLR,
  type SequentialLROptions,
} from './schedulers/compose.ts';
export {
  CyclicLR,
  type CyclicLROptions,
  type MomentumCycle,
  OneCycleLR,
  type OneCycleLROptions,
} from './schedulers/cycles.ts';
export {
  ExponentialLR,
  type Factor,
  LambdaLR,
  MultiplicativeLR,
  MultiStepLR,
  type MultiStepLROptions,
  StepLR,
  type StepLROptions,
} from './schedulers/decays.ts';
export { type PlateauOptions, ReduceLROnPlateau } from './schedulers/plateau.ts';
export {
  ConstantLR,
  type ConstantLROptions,
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  CosineWithWarmupLR,
  type CosineWithWarmupOptions,
  LinearLR,
  type LinearLROptions,
  PolynomialLR,
  type PolynomialLROptions,
  type WarmRestartsOptions,
} from './schedulers/ramps.ts';
export { LRScheduler, type SchedulerState, type Steps } from './schedulers/scheduler.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export type { OptimizerState, OptionValue, ParameterState, SavedGroup, StateLayout } from './state-dict.ts';
