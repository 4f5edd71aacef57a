/**
 * First floor: memory and kernels. What a device must offer; nothing here knows tensors or gradients.
 *
 * Ops check their arguments and allocate the outputs; kernels compute and check nothing.
 */

import type { DType, TypedArray } from '../dtype.ts';
import type { TapegradError } from '../errors.ts';
import type { Derived, Program } from '../scalar/program.ts';
import type { Shape, Strides } from '../shape.ts';
import type { RandomStream } from './philox.ts';
import type { PoolStats } from './pool.ts';

/** Names that devices have; `availableDevices()` says which of them can be used here. */
export type DeviceName = 'cpu' | 'wasm' | 'webgpu';

/** How to set up a device. */
export interface DeviceOptions {
  /** webgpu: a GPUDevice of your own. Without it one is made that has all that the adapter allows. */
  readonly gpuDevice?: object;
}

/** A piece of a device's memory that holds elements of one dtype. What is in it only the device knows. */
export interface Buffer {
  readonly bytes: number;
}

/**
 * A window on a buffer. Offset and strides count elements; stride 0 repeats (broadcasting), a negative one walks back.
 */
export interface View {
  readonly buffer: Buffer;
  readonly dtype: DType;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: Strides;
}

/** argmax and argmin give positions, the others values. */
export type ReduceOp = 'sum' | 'max' | 'min' | 'argmax' | 'argmin';

/** What to draw: floats in [0, 1), standard normals, or integers in [low, high). */
export type Distribution =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'normal' }
  | { readonly kind: 'integer'; readonly low: number; readonly high: number };

/** The kernel families. Outputs never overlap inputs, but for a program's in/out slots. */
export interface Kernels {
  /** Runs a program on each element. Inputs are broadcast to the outputs' shape by their strides. */
  map(program: Program, inputs: readonly View[], outputs: readonly View[], uniforms: readonly number[]): void;
  /** Reduces `dims`, which have size 1 in the output. argmax and argmin take one dimension and put out i32. */
  reduce(op: ReduceOp, input: View, dims: readonly number[], output: View): void;
  /** Running sum along a dimension. */
  cumsum(input: View, dim: number, output: View): void;
  /**
   * The positions that sort the lines of a contiguous [..., N] that is not empty, of f32, f64 or i32; into contiguous
   * i32. Equals keep their order, also where it descends; NaN is the largest.
   */
  argsort(input: View, descending: boolean, output: View): void;
  /**
   * Of floats, [..., M, K] x [..., K, N] = [..., M, N]: equal batch dimensions (broadcast by strides); transposes arrive
   * as strides. `plus` is added, a view of the output's shape: the output itself, to accumulate, or a bias with strides of
   * 0.
   */
  matmul(a: View, b: View, output: View, options?: { readonly plus?: View | undefined }): void;
  /** output[..., i, ...] = source[..., indices[..., i, ...], ...] along `dim`. */
  gather(source: View, dim: number, indices: View, output: View): void;
  /**
   * output[..., indices[..., i, ...], ...] += source[..., i, ...] along `dim`; in a fixed order, so sums are
   * reproducible.
   */
  scatterAdd(source: View, dim: number, indices: View, output: View): void;
  /** Copies between layouts and dtypes: floats to i32 are cut, and anything but 0 is true. */
  copy(input: View, output: View): void;
  /** Fills a contiguous output; returns how far the stream's offset moves on. */
  random(distribution: Distribution, stream: RandomStream, output: View): number;
  /** What the device can do at once. */
  readonly fused?: FusedKernels;
  /**
   * Throws `errorAt(position, value)` for the first element outside [low, high), by its row-major position: at once, or
   * at the next await where the device does not know before.
   */
  checkIndices(
    indices: View,
    low: number,
    high: number,
    errorAt: (position: number, value: number) => TapegradError,
  ): void;
}

/**
 * Kernels that run at once what ops/ composes. Each is optional: its op runs without it, and is its oracle.
 * B: batch, T: time, H: hidden features, N: rows, C: classes, D: elements of a row.
 */
export interface FusedKernels {
  /** ops/lstm-sequence.ts: the time loop. gates [T, B, 4H] become activations; outputs and cells [T, B, H]. */
  lstmForward?(
    cell: Program,
    inputs: Readonly<Record<'h0' | 'c0' | 'weightHh', View>>,
    outputs: Readonly<Record<'gates' | 'outputs' | 'cells', View>>,
  ): void;
  /** The way back: gGates [T, B, 4H], gh0 and gc0 [B, H], and gBias [B, 4H], to be summed over the batch. */
  lstmBackward?(
    cell: Derived,
    inputs: Readonly<
      Record<'gOutputs' | 'gHn' | 'gCn' | 'c0' | 'weightHh' | 'outputs' | 'cells' | 'activations', View>
    >,
    outputs: Readonly<Record<'gGates' | 'gh0' | 'gc0' | 'gBias', View>>,
  ): void;
  /** ops/layer-norm.ts, of contiguous rows [N, D]: statistics [N, 3] are the mean in two parts, and 1 / deviation. */
  layerNorm?(
    inputs: Readonly<Record<'x' | 'weight' | 'bias', View>>,
    eps: number,
    outputs: Readonly<Record<'y' | 'statistics', View>>,
  ): void;
  /** The way back. gWeight and gBias [P, D] are sums over P parts of the rows. */
  layerNormBackward?(
    inputs: Readonly<Record<'gy' | 'x' | 'weight' | 'statistics', View>>,
    outputs: Readonly<Record<'gx' | 'gWeight' | 'gBias', View>>,
  ): void;
  /** ops/loss.ts: per row the loss, the largest logit, and log sum exp(x - largest), [N] each. */
  softmaxCrossEntropy?(logits: View, targets: View, losses: View, largest: View, logTotals: View): void;
  /** ops/linear-loss.ts: losses [N] of hidden [N, H], and the gradients of sum(scale * losses) where they are asked for. */
  linearCrossEntropy?(
    inputs: Readonly<Record<'hidden' | 'weight' | 'targets' | 'scale', View>> & { readonly bias?: View | undefined },
    losses: View,
    gradients?: Readonly<Record<'hidden' | 'weight', View>> & { readonly bias?: View | undefined },
  ): void;
  /**
   * mutate.ts: `map` on each item, the views of one call; all outputs overwrite inputs (`into`). Items share no memory
   * that one of them overwrites, and slot by slot their dtypes are the same; their shapes differ.
   */
  updateAll?(program: Program, items: readonly (readonly View[])[], uniforms: readonly number[]): void;
}

/** What `deviceInfo()` tells of a device. */
export interface DeviceInfo {
  /** The device's name. */
  readonly name: DeviceName;
  /** The dtypes that it has. */
  readonly dtypes: readonly DType[];
  /** What its pool holds, in bytes. */
  readonly memory: PoolStats;
  /** webgpu: what it has done so far: dispatches, submits, compiled pipelines, bytes moved. */
  readonly counters: Readonly<Record<string, number>>;
  /** What else there is to say of a device: threads, instructions in use, and why. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** The devices that cannot be used here, and why; webgpu after it was looked for. */
  readonly unavailable: Readonly<Partial<Record<DeviceName, string>>>;
}

/** Memory and kernels of one place where tensors can live. */
export interface Device {
  readonly name: DeviceName;
  readonly dtypes: readonly DType[];
  /** Why it cannot be used here; undefined where it can. */
  obstacle(): string | undefined;
  readonly kernels: Kernels;
  /** Memory for `length` elements; what is in it is unspecified. */
  allocate(dtype: DType, length: number): Buffer;
  /** Gives the memory back; the buffer must not be used again. */
  release(buffer: Buffer): void;
  /** Puts host data into a buffer, from its start. */
  write(data: TypedArray, buffer: Buffer): void;
  /** A snapshot of a contiguous view, taken at the call. */
  read(view: View): Promise<TypedArray>;
  /** The same without waiting; undefined on a device that cannot. */
  readonly readSync: ((view: View) => TypedArray) | undefined;
  /** Resolves when all work that was asked for is done. */
  synchronize(): Promise<void>;
  /** Runs `fn` once all kernels that it needs are compiled; only on a device whose kernels take long to compile. */
  warmUp?<R>(fn: () => R): Promise<Awaited<R>>;
  memoryStats(): PoolStats;
  /** How many bytes tensors may take; only on a device that counts them itself. */
  capMemory?(bytes: number): void;
  details?(): DeviceInfo['details'];
  counters?(): DeviceInfo['counters'];
}
