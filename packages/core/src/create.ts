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

export interface TensorOptions<D extends DType = DType> {
  readonly dtype?: D | undefined;
  /** The current device where it is not given. */
  readonly device?: DeviceName | undefined;
  readonly requiresGrad?: boolean | undefined;
}

export interface RandomOptions<D extends DType = FloatDType> extends TensorOptions<D> {
  readonly generator?: Generator | undefined;
}

type Nested<T> = T | readonly Nested<T>[];

/**
 * A tensor from a number, nested arrays, or a typed array.
 *
 * Numbers become f32, booleans become bool; typed arrays keep their type: Int32Array is i32, Float64Array is f64,
 * Uint8Array is bool. `dtype` overrides. A typed array gives a tensor of one dimension: `.reshape([...])` it.
 *
 * Throws: ShapeError where rows differ in length, DTypeError where the device lacks the dtype.
 */
export function tensor(data: Int32Array, options?: Omit<TensorOptions, 'dtype'>): IntTensor;
export function tensor(data: Uint8Array, options?: Omit<TensorOptions, 'dtype'>): BoolTensor;
export function tensor<D extends DType = FloatDType>(
  data: Nested<number> | ArrayBufferView,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor(data: Nested<boolean>, options?: Omit<TensorOptions, 'dtype'>): BoolTensor;
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

/** All elements `value`; f32, or bool for a boolean. Throws: ShapeError. */
export function full(shape: Shape, value: boolean, options?: Omit<TensorOptions, 'dtype'>): BoolTensor;
export function full<D extends DType = FloatDType>(
  shape: Shape,
  value: number | boolean,
  options?: TensorOptions<D>,
): Tensor<D>;
export function full(shape: Shape, value: number | boolean, options: TensorOptions = {}): AnyTensor {
  checkShape('full', shape);
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'f32');
  return finish(filled(resolveDevice('full', dtype, options.device), dtype, shape, Number(value)), options);
}

export function zeros<D extends DType = FloatDType>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 0, { ...options, dtype: options.dtype ?? ('f32' as D) });
}

export function ones<D extends DType = FloatDType>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 1, { ...options, dtype: options.dtype ?? ('f32' as D) });
}

/** Zeros with the shape, dtype and device of `x`. */
export function zerosLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return filled(x.device, x.dtype, x.shape, 0);
}

/** Ones with the shape, dtype and device of `x`. */
export function onesLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return filled(x.device, x.dtype, x.shape, 1);
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: TensorOptions<FloatDType> = {}): Tensor {
  const dtype = options.dtype ?? 'f32';
  const data = new arrayTypes[dtype](n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return fromValues(data, [n, n], options) as Tensor;
}

/**
 * `arange(end)`, `arange(start, end)`, `arange(start, end, step)`: start, start + step, ... before end. i32 where all
 * three are whole numbers, as PyTorch's integers; f32 otherwise.
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

/** `steps` values from start to end, both included. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions<FloatDType> = {}): Tensor {
  const dtype = options.dtype ?? 'f32';
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  const values = Array.from({ length: steps }, (_, i) =>
    2 * i < steps ? start + i * step : end - (steps - 1 - i) * step,
  ); // both ends exact
  return fromValues(values, [steps], { ...options, dtype }) as Tensor;
}

/** Uniform in [0, 1). */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return draw('rand', shape, options.dtype ?? 'f32', { kind: 'uniform' }, options) as Tensor;
}

/** Standard normal. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return draw('randn', shape, options.dtype ?? 'f32', { kind: 'normal' }, options) as Tensor;
}

/** Whole numbers in [low, high), i32 unless another dtype is asked for. */
export function randint<D extends NumberDType = 'i32'>(
  low: number,
  high: number,
  shape: Shape,
  options: RandomOptions<D> = {},
): Tensor<D> {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ArgumentError(`randint: expected whole numbers low < high; given low ${low}, high ${high}`);
  }
  return draw('randint', shape, options.dtype ?? 'i32', { kind: 'integer', low, high }, options) as Tensor<D>;
}

/** The numbers 0...n-1 in random order, i32. */
export function randperm(n: number, options: RandomOptions<'i32'> = {}): IntTensor {
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
    throw new DTypeError(
      `${op}: ${device.name} has no ${dtype} (it has ${device.dtypes.join(', ')}); pass { device: 'cpu' }`,
    );
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
