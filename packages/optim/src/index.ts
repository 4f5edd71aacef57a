/** @tapegrad/optim: optimizers and gradient clipping, with PyTorch's names and defaults. */

export { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { Adamax, type AdamaxOptions } from './adamax.ts';
export { type AverageOptions, type AverageState, ExponentialMovingAverage } from './averages.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.ts';
export { type FlatState, flattenState, unflattenState } from './flatten.ts';
export { Lion, type LionOptions } from './lion.ts';
export { NAdam, type NAdamOptions, RAdam, type RAdamOptions } from './nadam.ts';
export {
  type GivenGroup,
  Optimizer,
  type OptimizerParams,
  type ParamGroup,
  stateLike,
  type Update,
} from './optimizer.ts';
export type { Given, OptimizerOptions } from './options.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
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
