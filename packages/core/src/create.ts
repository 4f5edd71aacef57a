/** Making tensors: from values, constants, sequences and random numbers. */

import type { Device, DeviceName, Distribution } from './device/device.ts';
import { currentDevice, deviceNamed } from './device/registry.ts';
import {
  arrayTypes,
  type DType,
  dtypeOfArray,
  type FloatDType,
  isFloat,
  type NumberDType,
  type TypedArray,
} from './dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from './errors.ts';
import { defaultGenerator, type Generator } from './random.ts';
import { program } from './scalar/program.ts';
import { add, mul, toNumber } from './scalar/rules.ts';
import { iota, uniform } from './scalar/scalar.ts';
import { checkShape, type Shape, showShape, sizeOf } from './shape.ts';
import { type AnyTensor, type BoolTensor, empty, type IntTensor, type NestedArray, type Tensor } from './tensor.ts';

/** What a new tensor is like. */
export interface TensorOptions<D extends DType = DType> {
  /** f32 where neither this nor the function says otherwise. */
  readonly dtype?: D | undefined;
  /** The current device (`setDevice`) where it is not given. */
  readonly device?: DeviceName | undefined;
  /** Whether backward passes compute its gradient. Default: false. */
  readonly requiresGrad?: boolean | undefined;
}

/** What a new tensor is like, and where its numbers come from. */
export interface RandomOptions<D extends DType = FloatDType> extends TensorOptions<D> {
  /** Default: `defaultGenerator`, the one that `manualSeed` resets. */
  readonly generator?: Generator | undefined;
}

type Nested<T> = T | readonly Nested<T>[];

/**
 * A tensor from a number, nested arrays, or a typed array.
 *
 * Numbers become f32, booleans become bool; typed arrays keep their type: Int32Array is i32, Float64Array is f64,
 * Uint8Array is bool. `dtype` overrides. A typed array gives a tensor of one dimension: `.reshape([...])` it.
 *
 * Throws: ShapeError where rows differ in length, DTypeError where the device lacks the dtype or the data has none.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.tensor.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 *
 * console.log(tensor([[1, 2], [3, 4]])); // tensor([[1., 2.],
 * //         [3., 4.]])
 * console.log(tensor([3, 1, 2], { dtype: 'i32' }).dtype, tensor(Int32Array.of(3, 1, 2)).dtype); // i32 i32
 * console.log(tensor([true, false])); // tensor([ True, False])
 * ```
 */
export function tensor(data: Int32Array, options?: Omit<TensorOptions, 'dtype'>): IntTensor;
/** A bool tensor of one dimension: 0 is false, all else true. */
export function tensor(data: Uint8Array, options?: Omit<TensorOptions, 'dtype'>): BoolTensor;
/** A tensor from a number, nested arrays, or a typed array, f32 unless the array or `dtype` says otherwise. */
export function tensor<D extends DType = FloatDType>(
  data: Nested<number> | ArrayBufferView,
  options?: TensorOptions<D>,
): Tensor<D>;
/** A bool tensor. */
export function tensor(data: Nested<boolean>, options?: Omit<TensorOptions, 'dtype'>): BoolTensor;
/** A tensor from numbers, booleans, nested arrays or a typed array, of the given dtype. */
export function tensor<D extends DType = FloatDType>(
  data: NestedArray | ArrayBufferView,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor(data: NestedArray | ArrayBufferView, options: TensorOptions = {}): AnyTensor {
  if (ArrayBuffer.isView(data)) {
    const own = dtypeOfArray(data);
    if (!own)
      throw new DTypeError(
        `tensor: a ${data.constructor.name} has no dtype; use Float32Array, Float64Array, Int32Array or Uint8Array (bool)`,
      );
    return fromValues(data as TypedArray, [(data as TypedArray).length], { ...options, dtype: options.dtype ?? own });
  }
  const shape = shapeOf(data);
  const values: (number | boolean)[] = [];
  flatten(data, shape, 0, values);
  const dtype = options.dtype ?? (values.length > 0 && values.every((v) => typeof v === 'boolean') ? 'bool' : 'f32');
  return fromValues(values.map(Number), shape, { ...options, dtype });
}

/**
 * All elements `value`; f32, or bool for a boolean.
 *
 * Shapes: result `shape`. Throws: ShapeError, DTypeError where the device lacks the dtype.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.full.html
 *
 * ```ts
 * import { full } from '@tapegrad/core';
 *
 * console.log(full([2, 2], 7)); // tensor([[7., 7.],
 * //         [7., 7.]])
 * console.log(full([2], true)); // tensor([True, True])
 * ```
 */
export function full(shape: Shape, value: boolean, options?: Omit<TensorOptions, 'dtype'>): BoolTensor;
/** All elements `value`; f32 unless `dtype` says otherwise. */
export function full<D extends DType = FloatDType>(
  shape: Shape,
  value: number | boolean,
  options?: TensorOptions<D>,
): Tensor<D>;
export function full(shape: Shape, value: number | boolean, options: TensorOptions = {}): AnyTensor {
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'f32');
  return constantOf('full', shape, Number(value), { ...options, dtype });
}

/**
 * All elements 0. Throws: ShapeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.zeros.html
 *
 * ```ts
 * import { zeros } from '@tapegrad/core';
 *
 * console.log(zeros([3])); // tensor([0., 0., 0.])
 * ```
 */
export function zeros<D extends DType = FloatDType>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return constantOf('zeros', shape, 0, options) as Tensor<D>;
}

/**
 * All elements 1. Throws: ShapeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.ones.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 *
 * console.log(ones([3], { dtype: 'i32' })); // tensor([1, 1, 1])
 * ```
 */
export function ones<D extends DType = FloatDType>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return constantOf('ones', shape, 1, options) as Tensor<D>;
}

/**
 * Zeros with the shape, dtype and device of `x`.
 *
 * ```ts
 * import { tensor, zerosLike } from '@tapegrad/core';
 *
 * console.log(zerosLike(tensor(Int32Array.of(5, 6)))); // tensor([0, 0])
 * ```
 */
export function zerosLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return filled(x.device, x.dtype, x.shape, 0);
}

/**
 * Ones with the shape, dtype and device of `x`.
 *
 * ```ts
 * import { onesLike, tensor } from '@tapegrad/core';
 *
 * console.log(onesLike(tensor([5, 6]))); // tensor([1., 1.])
 * ```
 */
export function onesLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return filled(x.device, x.dtype, x.shape, 1);
}

/**
 * The identity matrix.
 *
 * Shapes: result [n, n]. Throws: ShapeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.eye.html
 *
 * ```ts
 * import { eye } from '@tapegrad/core';
 *
 * console.log(eye(2)); // tensor([[1., 0.],
 * //         [0., 1.]])
 * ```
 */
export function eye(n: number, options: TensorOptions<FloatDType> = {}): Tensor {
  checkShape('eye', [n]);
  const dtype = options.dtype ?? 'f32';
  const data = new arrayTypes[dtype](n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return fromValues(data, [n, n], options) as Tensor;
}

/**
 * The numbers start, start + step, ... before end: `arange(end)`, `arange(start, end)`, `arange(start, end, step)`. i32
 * where all three are whole numbers, as PyTorch's integers; f32 otherwise.
 *
 * Shapes: result [ceil((end - start) / step)]. Throws: ArgumentError where the steps do not lead from start to end.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.arange.html
 *
 * ```ts
 * import { arange } from '@tapegrad/core';
 *
 * console.log(arange(4), arange(2, 8, 3)); // tensor([0, 1, 2, 3]) tensor([2, 5])
 * console.log(arange(0, 1, 0.25)); // tensor([0.0000, 0.2500, 0.5000, 0.7500])
 * ```
 */
export function arange(start: number, end?: number, step = 1, options: TensorOptions<NumberDType> = {}): AnyTensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const whole = [from, to, step].every(Number.isInteger);
  const length = Math.ceil((to - from) / step);
  if (step === 0 || !Number.isFinite(length) || length < 0) {
    throw new ArgumentError(`arange: cannot go from ${from} to ${to} in steps of ${step}`);
  }
  const dtype = options.dtype ?? (whole ? 'i32' : 'f32');
  return finish(
    mapped(resolveDevice('arange', dtype, options.device), dtype, [length], sequence, [from, step]),
    options,
  );
}

/**
 * `steps` values from start to end at equal distances, both ends included exactly; a single one is start.
 *
 * Shapes: result [steps]. Throws: ShapeError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.linspace.html
 *
 * ```ts
 * import { linspace } from '@tapegrad/core';
 *
 * console.log(linspace(0, 1, 5)); // tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
 * ```
 */
export function linspace(start: number, end: number, steps: number, options: TensorOptions<FloatDType> = {}): Tensor {
  checkShape('linspace', [steps]);
  const dtype = options.dtype ?? 'f32';
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  const values = Array.from({ length: steps }, (_, i) =>
    2 * i < steps ? start + i * step : end - (steps - 1 - i) * step,
  ); // both ends exact
  return fromValues(values, [steps], { ...options, dtype }) as Tensor;
}

/**
 * Uniform numbers in [0, 1).
 *
 * Throws: ShapeError, DTypeError unless f32 or f64.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.rand.html
 *
 * ```ts
 * import { manualSeed, rand } from '@tapegrad/core';
 *
 * manualSeed(1);
 * console.log(rand([3])); // tensor([0.8903, 0.8947, 0.5857])
 * ```
 */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return draw('rand', shape, options.dtype ?? 'f32', { kind: 'uniform' }, options) as Tensor;
}

/**
 * Standard normal numbers: mean 0, variance 1.
 *
 * Throws: ShapeError, DTypeError unless f32 or f64.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.randn.html
 *
 * ```ts
 * import { manualSeed, randn } from '@tapegrad/core';
 *
 * manualSeed(1);
 * console.log(randn([3])); // tensor([ 1.6585, -1.2917, -0.3199])
 * ```
 */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return draw('randn', shape, options.dtype ?? 'f32', { kind: 'normal' }, options) as Tensor;
}

/**
 * Whole numbers in [low, high), each equally probable (to within 2^-32); i32 unless another dtype is asked for.
 *
 * Throws: ShapeError, ArgumentError unless low < high are whole numbers.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.randint.html
 *
 * ```ts
 * import { manualSeed, randint } from '@tapegrad/core';
 *
 * manualSeed(1);
 * console.log(randint(0, 10, [5])); // tensor([8, 8, 5, 7, 6])
 * ```
 */
export function randint<D extends NumberDType = 'i32'>(
  low: number,
  high: number,
  shape: Shape,
  options: RandomOptions<D> = {},
): Tensor<D> {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ArgumentError(`randint: expected whole numbers low < high; given low ${low}, high ${high}`);
  }
  if (low < -(2 ** 31) || high > 2 ** 31)
    throw new ArgumentError(`randint: expected numbers that are i32; given low ${low}, high ${high}`);
  return draw('randint', shape, options.dtype ?? 'i32', { kind: 'integer', low, high }, options) as Tensor<D>;
}

/**
 * The numbers 0...n-1 in random order, i32.
 *
 * Shapes: result [n]. Throws: ShapeError. Source: https://docs.pytorch.org/docs/stable/generated/torch.randperm.html
 *
 * ```ts
 * import { manualSeed, randperm } from '@tapegrad/core';
 *
 * manualSeed(1);
 * console.log(randperm(5)); // tensor([4, 3, 1, 2, 0])
 * ```
 */
export function randperm(n: number, options: RandomOptions<'i32'> = {}): IntTensor {
  checkShape('randperm', [n]);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const keys = rand([n], { device: 'cpu', dtype: 'f64', generator: options.generator }).dataSync();
  return fromValues(
    order.sort((a, b) => keys[a]! - keys[b]!),
    [n],
    { ...options, dtype: 'i32' },
  ) as IntTensor;
}

/** A draw on the device of `like`, of its shape and dtype: for ops that need noise. */
export function drawLike(like: AnyTensor, distribution: Distribution, generator: Generator = defaultGenerator): Tensor {
  return drawOn(like.device, like.dtype, like.shape, distribution, generator) as Tensor;
}

/** A tensor from values in row-major order. */
export function fromValues(values: ArrayLike<number>, shape: Shape, options: TensorOptions = {}): AnyTensor {
  const dtype = options.dtype ?? 'f32';
  checkShape('tensor', shape);
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(
      `tensor: ${values.length} values do not fill the shape ${showShape(shape)}, which has ${sizeOf(shape)} elements`,
    );
  }
  const device = resolveDevice('tensor', dtype, options.device);
  const x = empty(device, dtype, shape);
  const truth = dtype === 'bool' ? Uint8Array.from(values, (v) => (v ? 1 : 0)) : undefined;
  device.write(truth ?? (values instanceof arrayTypes[dtype] ? values : arrayTypes[dtype].from(values)), x.buffer);
  return finish(x, options);
}

/** A constant tensor on a given device, for ops. */
export function filled<D extends DType>(device: Device, dtype: D, shape: Shape, value: number): Tensor<D> {
  return mapped(device, dtype, shape, dtype === 'bool' ? repeatBool : repeat, [value]);
}

const repeat = program('full', () => [uniform(0)]);
const repeatBool = program('full', () => [uniform(0, 'bool')]);
const sequence = program('arange', () => [add(uniform(0), mul(toNumber(iota(-1)), uniform(1)))]);

function constantOf(op: string, shape: Shape, value: number, options: TensorOptions): AnyTensor {
  checkShape(op, shape);
  const dtype = options.dtype ?? 'f32';
  return finish(filled(resolveDevice(op, dtype, options.device), dtype, shape, value), options);
}

function mapped<D extends DType>(
  device: Device,
  dtype: D,
  shape: Shape,
  source: typeof repeat,
  uniforms: readonly number[],
): Tensor<D> {
  const x = empty(device, dtype, shape);
  device.kernels.map(source, [], [x], uniforms);
  return x;
}

function draw(
  op: string,
  shape: Shape,
  dtype: DType,
  distribution: Distribution,
  options: RandomOptions<DType>,
): AnyTensor {
  checkShape(op, shape);
  if (distribution.kind !== 'integer' && !isFloat(dtype))
    throw new DTypeError(`${op}: expected f32 or f64; given ${dtype}`);
  return finish(
    drawOn(resolveDevice(op, dtype, options.device), dtype, shape, distribution, options.generator ?? defaultGenerator),
    options,
  );
}

function drawOn(
  device: Device,
  dtype: DType,
  shape: Shape,
  distribution: Distribution,
  generator: Generator,
): AnyTensor {
  const x = empty(device, dtype, shape);
  const { seed, offset } = generator.state;
  generator.state = { seed, offset: offset + device.kernels.random(distribution, generator.state, x) };
  return x;
}

function finish<D extends DType>(x: Tensor<D>, { requiresGrad }: TensorOptions): Tensor<D> {
  if (requiresGrad) x.requiresGrad = true;
  return x;
}

function resolveDevice(op: string, dtype: DType, name: DeviceName | undefined): Device {
  const device = name === undefined ? currentDevice() : deviceNamed(name);
  if (!device.dtypes.includes(dtype)) {
    const remedy = deviceNamed('cpu').dtypes.includes(dtype)
      ? `; cpu has it: pass { device: 'cpu' }, or await setDevice('cpu') first`
      : '';
    throw new DTypeError(`${op}: ${device.name} has no ${dtype} (it has ${device.dtypes.join(', ')})${remedy}`);
  }
  return device;
}

function shapeOf(data: NestedArray): number[] {
  return Array.isArray(data) ? [data.length, ...(data.length > 0 ? shapeOf(data[0] as NestedArray) : [])] : [];
}

function flatten(data: NestedArray, shape: Shape, d: number, values: (number | boolean)[]): void {
  const length = Array.isArray(data) ? data.length : undefined;
  if (length !== shape[d]) {
    const given = length === undefined ? 'a number' : `${length} elements`;
    throw new ShapeError(
      `tensor: rows differ: expected ${shape[d] ?? 'a number'} at depth ${d}, given ${given}; the first row makes the shape ${showShape(shape)}`,
    );
  }
  if (Array.isArray(data)) for (const part of data) flatten(part as NestedArray, shape, d + 1, values);
  else if (typeof data === 'number' || typeof data === 'boolean') values.push(data);
  else throw new DTypeError(`tensor: expected numbers or booleans; given ${data === null ? 'null' : typeof data}`);
}
