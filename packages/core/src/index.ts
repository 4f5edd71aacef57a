/** The front door of @tapegrad/core: everything that other packages may import. */

import './methods.ts';

export { type AnomalyOptions, detectAnomaly } from './anomaly.ts';
export { type BackwardOptions, backward, type GradOptions, grad } from './backward.ts';
export { checkpoint } from './checkpoint.ts';
export {
  arange,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  type RandomOptions,
  rand,
  randint,
  randn,
  randperm,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './create.ts';
export { defineOp, type OpDefinition } from './define-op.ts';
export {
  availableDevices,
  type DeviceInfo,
  type DeviceName,
  type DeviceOptions,
  deviceInfo,
  type PoolStats,
  setDevice,
  setMemoryCap,
  setThreads,
  synchronize,
  type ThreadOptions,
  type WorkerLike,
  warmUp,
} from './device/index.ts';
export type { DType, FloatDType, NumberDType, TypedArray } from './dtype.ts';
export {
  AnomalyError,
  ArgumentError,
  DeviceError,
  DTypeError,
  GradientError,
  IndexError,
  MemoryError,
  ReleasedError,
  ShapeError,
  TapegradError,
} from './errors.ts';
export { assign, snapshot, updateAllInPlace, updateInPlace } from './mutate.ts';
export { checkIndices } from './ops/check.ts';
export * from './ops/index.ts';
export { Parameter } from './parameter.ts';
export { defaultGenerator, Generator, manualSeed, type RandomState } from './random.ts';
export { readInstead } from './read-instead.ts';
export * as scalar from './scalar/index.ts';
export { keep, noGrad, scope } from './scope.ts';
export { type Shape, sameShape, showShape } from './shape.ts';
export { isRecording } from './tape.ts';
export { type AnyTensor, type BoolTensor, type GradHook, type IntTensor, type NestedArray, Tensor } from './tensor.ts';
export { type Trace, type TracedNode, type TracedTensor, trace } from './trace.ts';
