/** Second floor: a tensor is a view of a storage, and a note of how it came to be. Tensors are immutable. */

import type { Buffer, Device, View } from './device/device.ts';
import { type DType, type FloatDType, isFloat, type TypedArray } from './dtype.ts';
import { DeviceError, DTypeError, GradientError, ShapeError } from './errors.ts';
import type { Graph } from './graph.ts';
import { Storage, withBlock } from './memory.ts';
import { formatTensor } from './print.ts';
import { contiguousStrides, isContiguous, type Shape, type Strides, sameShape, showShape, sizeOf } from './shape.ts';
import type { Node } from './tape.ts';

/** A tensor of any dtype. */
export type AnyTensor = Tensor<DType>;
/** Token ids, class indices, positions. */
export type IntTensor = Tensor<'i32'>;
/** Masks. */
export type BoolTensor = Tensor<'bool'>;

/** Sees a gradient when it is complete; a tensor that it returns takes its place. */
export type GradHook = (grad: Tensor) => Tensor | undefined;

/** Nested arrays of values, as `toArray()` gives them. */
export type NestedArray = number | boolean | readonly NestedArray[];

/**
 * An n-dimensional array of one dtype on one device. `Tensor` alone means floats; tokens are an `IntTensor`.
 * Operations are methods (`x.matmul(w).tanh()`) and functions (`tanh(matmul(x, w))`); see `ops/`.
 */
export class Tensor<D extends DType = FloatDType> implements View {
  readonly storage: Storage;
  readonly dtype: D;
  readonly shape: Shape;
  readonly strides: Strides;
  readonly offset: number;

  // How it came to be; set by the tape.
  /** The recorded call that made it; undefined for leaves and for what was not recorded. */
  node: Node | undefined = undefined;
  /** Closed graphs that give their memory back when this leaf is recorded again. */
  expiring: Graph[] | undefined = undefined;
  #requiresGrad = false;
  /** Its gradient's buffer, kept for life, and whether it holds a gradient now. */
  #grad: Tensor | undefined = undefined;
  #hasGrad = false;
  hooks: GradHook[] | undefined = undefined;
  afterGradHooks: ((leaf: Tensor) => void)[] | undefined = undefined;
  retainsGrad = false;

  constructor(storage: Storage, shape: Shape, strides: Strides = contiguousStrides(shape), offset = 0) {
    this.storage = storage;
    this.dtype = storage.dtype as D;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  get buffer(): Buffer {
    return this.storage.buffer;
  }

  get device(): Device {
    return this.storage.device;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  // ---- gradients ---------------------------------------------------------------------------------------------------

  /** Not made by a recorded operation: data, or a parameter. */
  get isLeaf(): boolean {
    return this.node === undefined;
  }

  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** Throws: DTypeError for integers and masks, GradientError for a tensor that an operation made. */
  set requiresGrad(value: boolean) {
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError(
        `requiresGrad: only floats have gradients; the tensor is ${this.dtype}: use .cast('f32') first`,
      );
    }
    if (!value && this.node)
      throw new GradientError('requiresGrad: only a leaf can stop requiring a gradient; use detach()');
    this.#requiresGrad = value;
  }

  /** The accumulated gradient of a leaf, or of a tensor with `retainGrad()`; null before the first backward pass and after `zeroGrad()`. */
  get grad(): Tensor | null {
    return this.#hasGrad ? this.#grad! : null;
  }

  /** Copies a gradient into the tensor's own buffer; null empties it and keeps the buffer for the next backward pass. */
  set grad(value: Tensor | null) {
    if (value === null) {
      this.#hasGrad = false;
      return;
    }
    if (!sameShape(value.shape, this.shape) || value.dtype !== (this.dtype as DType)) {
      throw new ShapeError(
        `grad: a gradient has its tensor's shape and dtype: given ${value.dtype} ${showShape(value.shape)}, the tensor is ${this.dtype} ${showShape(this.shape)}`,
      );
    }
    if (!this.#grad?.isLeaf) this.#grad = withBlock(undefined, () => empty(this.device, value.dtype, this.shape));
    this.device.kernels.copy(value, this.#grad);
    this.#grad.storage.version++;
    this.#hasGrad = true;
  }

  /** Makes `value` itself the gradient: one that is on the tape, or that nobody will overwrite. */
  setGrad(value: Tensor): void {
    this.#grad = value;
    this.#hasGrad = true;
  }

  /** Takes over another tensor's memory and dtype, when a module moves to another dtype or device. Its gradient is dropped. */
  become(other: AnyTensor): void {
    const self = this as { -readonly [K in keyof this]: this[K] };
    self.storage = other.storage;
    self.dtype = other.dtype as D;
    self.strides = other.strides;
    self.offset = other.offset;
    this.#grad = undefined;
    this.#hasGrad = false;
  }

  zeroGrad(): void {
    this.grad = null;
  }

  /** Keeps the gradient of a tensor that is not a leaf in `.grad`. */
  retainGrad(): this {
    if (!this.requiresGrad) throw new GradientError('retainGrad: the tensor requires no gradient');
    this.retainsGrad = true;
    return this;
  }

  /** `hook(grad)` runs when this tensor's gradient is complete, before it flows on. Returns the function that removes it. */
  registerHook(hook: GradHook): () => void {
    if (!this.requiresGrad) throw new GradientError('registerHook: the tensor requires no gradient');
    return addTo((this.hooks ??= []), hook);
  }

  /** `hook(leaf)` runs after a leaf's gradient was accumulated into `.grad`. Returns the function that removes it. */
  registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): () => void {
    if (!this.isLeaf || !this.requiresGrad) {
      throw new GradientError('registerPostAccumulateGradHook: expected a leaf that requires a gradient');
    }
    return addTo((this.afterGradHooks ??= []), hook);
  }

  // ---- values ------------------------------------------------------------------------------------------------------

  /** The elements in row-major order: a snapshot, taken at the call. */
  async data(): Promise<TypedArray> {
    return await this.device.read(packed(this));
  }

  /** The only element. Throws: ShapeError where there are more or none. */
  async item(): Promise<number> {
    return Number((await one(this, 'item').data())[0]);
  }

  async toArray(): Promise<NestedArray> {
    return nest(await this.data(), this.shape, this.dtype);
  }

  /** `data()` without waiting. Throws: DeviceError on a device that cannot. */
  dataSync(): TypedArray {
    const { readSync } = this.device;
    if (!readSync) throw new DeviceError(`dataSync: not possible on ${this.device.name}; use await x.data()`);
    return readSync(packed(this));
  }

  itemSync(): number {
    return Number(one(this, 'itemSync').dataSync()[0]);
  }

  toArraySync(): NestedArray {
    return nest(this.dataSync(), this.shape, this.dtype);
  }

  /** Prints as PyTorch does. */
  toString(): string {
    if (!this.device.readSync)
      return `tensor(${showShape(this.shape)}, dtype=${this.dtype}, device=${this.device.name}; await x.data() reads it)`;
    const gradFn = this.node?.op.name;
    return formatTensor(
      this.dataSync(),
      this.shape,
      this.dtype,
      gradFn ? { gradFn } : { requiresGrad: this.requiresGrad },
    );
  }
}

// Node's console.log prints a tensor as String(tensor) does.
Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: AnyTensor) {
    return this.toString();
  },
});

/** A new tensor whose elements are not set yet: for kernels to fill. */
export function empty<D extends DType>(device: Device, dtype: D, shape: Shape): Tensor<D> {
  return new Tensor<D>(new Storage(device, dtype, sizeOf(shape)), shape);
}

/** The view itself where it is row-major without gaps, otherwise a copy that is. */
export function packed(x: AnyTensor): AnyTensor {
  if (isContiguous(x.shape, x.strides)) return x;
  const y = empty(x.device, x.dtype, x.shape);
  x.device.kernels.copy(x, y);
  return y;
}

function one(x: AnyTensor, method: string): AnyTensor {
  if (x.size !== 1)
    throw new ShapeError(
      `${method}: expected a tensor of one element; the shape is ${showShape(x.shape)}: use data() or toArray()`,
    );
  return x;
}

function nest(data: TypedArray, shape: Shape, dtype: DType): NestedArray {
  const build = (d: number, at: number, step: number): NestedArray => {
    if (d === shape.length) return dtype === 'bool' ? data[at] === 1 : data[at]!;
    const inner = step / shape[d]!;
    return Array.from({ length: shape[d]! }, (_, i) => build(d + 1, at + i * inner, inner));
  };
  return build(0, 0, data.length);
}

function addTo<T>(list: T[], entry: T): () => void {
  list.push(entry);
  return () => {
    const at = list.indexOf(entry);
    if (at >= 0) list.splice(at, 1);
  };
}
