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

/** Sees a gradient when it is complete; a tensor that it returns, of the same shape, takes its place. */
export type GradHook = (grad: Tensor) => Tensor | undefined;

/** Nested arrays of values, as `toArray()` gives them. */
export type NestedArray = number | boolean | readonly NestedArray[];

/**
 * An n-dimensional array of one dtype on one device. `Tensor` alone means floats; tokens are an `IntTensor`.
 * Operations are methods (`x.matmul(w).tanh()`) and functions (`tanh(matmul(x, w))`); see `ops/`. Its values change
 * only through `updateInPlace` and `assign`: no operation overwrites its operands.
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 *
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * console.log(x.shape, x.rank, x.size, x.dtype, x.device.name); // [ 2, 2 ] 2 4 f32 wasm
 * console.log(x.mul(2)); // tensor([[2., 4.],
 * //         [6., 8.]], gradFn=<mul>)
 * console.log(await x.toArray(), await x.sum().item()); // [ [ 1, 2 ], [ 3, 4 ] ] 10
 * ```
 */
export class Tensor<D extends DType = FloatDType> implements View {
  /** The memory behind it; views and what `detach()` returns share it. */
  readonly storage: Storage;
  /** Type of the elements. */
  readonly dtype: D;
  /** Size of each dimension; `[]` for a single number. */
  readonly shape: Shape;
  /** How many elements apart neighbours along each dimension are; 0 where `expand` repeats, negative after `flip`. */
  readonly strides: Strides;
  /** Where in the storage the first element lies, in elements. */
  readonly offset: number;

  // How it came to be; set by the tape.
  /** The recorded call that made it; undefined for leaves and for what was not recorded. */
  node: Node | undefined = undefined;
  /** Closed graphs that give their memory back when this leaf is recorded again. */
  expiring: Graph[] | undefined = undefined;
  #requiresGrad = false;
  /** Its gradient's storage, kept for life, and whether it holds a gradient now. */
  #grad: Tensor | undefined = undefined;
  #hasGrad = false;
  /** What `registerHook` added. */
  hooks: GradHook[] | undefined = undefined;
  /** What `registerPostAccumulateGradHook` added. */
  afterGradHooks: ((leaf: Tensor) => void)[] | undefined = undefined;
  /** Whether `retainGrad()` was called. */
  retainsGrad = false;

  constructor(storage: Storage, shape: Shape, strides: Strides = contiguousStrides(shape), offset = 0) {
    this.storage = storage;
    this.dtype = storage.dtype as D;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  /** The device's memory. Throws: ReleasedError once it went back. */
  get buffer(): Buffer {
    return this.storage.buffer;
  }

  /** The device that holds it. */
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

  /** Whether a backward pass computes its gradient: asked for on a leaf, inherited by what is made from it. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** Throws: DTypeError for integers and masks, GradientError for `false` on a tensor that an operation made. */
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

  /**
   * The gradient that `backward()` gathered, of a leaf or of a tensor with `retainGrad()`; null before the first pass
   * and after `zeroGrad()`. A leaf's gradient has one storage for life, which the next pass adds to or overwrites:
   * `snapshot(x.grad)` holds on to its values.
   */
  get grad(): Tensor | null {
    return this.#hasGrad ? this.#grad! : null;
  }

  /**
   * Copies a gradient into the tensor's own buffer; null empties it and keeps the buffer for the next backward pass.
   * Throws: ShapeError for another shape or dtype, DeviceError for another device.
   */
  set grad(value: Tensor | null) {
    if (value === null) {
      this.#hasGrad = false;
      return;
    }
    const grad = this.#roomFor(value);
    this.device.kernels.copy(value, grad);
    grad.storage.version++;
    this.#hasGrad = true;
  }

  /** The same without a copy, from a temporary that has its storage for itself: takes the memory, and gives the old back. */
  takeGrad(value: Tensor): void {
    this.#roomFor(value).storage.exchange(value.storage);
    value.storage.release('became the gradient of a leaf; take keep(g) in the hook to hold on to a gradient');
    this.#hasGrad = true;
  }

  #roomFor(value: Tensor): Tensor {
    if (!sameShape(value.shape, this.shape) || value.dtype !== (this.dtype as DType)) {
      throw new ShapeError(
        `grad: a gradient has its tensor's shape and dtype: given ${value.dtype} ${showShape(value.shape)}, the tensor is ${this.dtype} ${showShape(this.shape)}`,
      );
    }
    if (value.device !== this.device) {
      throw new DeviceError(
        `grad: a gradient is on its tensor's device: given one on ${value.device.name}, the tensor is on ${this.device.name}; use await g.to('${this.device.name}')`,
      );
    }
    if (!this.#grad?.isLeaf) this.#grad = withBlock(undefined, () => empty(this.device, value.dtype, this.shape));
    return this.#grad;
  }

  /** Makes `value` itself the gradient: one that is on the tape, or that nobody will overwrite. */
  setGrad(value: Tensor): void {
    this.#grad = value;
    this.#hasGrad = true;
  }

  /**
   * Takes over another tensor's memory and dtype, when a module moves to another dtype or device. Its gradient is
   * dropped.
   */
  become(other: AnyTensor): void {
    const self = this as { -readonly [K in keyof this]: this[K] };
    self.storage = other.storage;
    self.dtype = other.dtype as D;
    self.strides = other.strides;
    self.offset = other.offset;
    this.#grad = undefined;
    this.#hasGrad = false;
  }

  /** Empties `.grad`, which is null from now on. */
  zeroGrad(): void {
    this.grad = null;
  }

  /**
   * Lets `backward()` keep the gradient of a tensor that is not a leaf in `.grad`; returns the tensor.
   *
   * Throws: GradientError. Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html
   *
   * ```ts
   * import { tensor } from '@tapegrad/core';
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.mul(3).retainGrad();
   * y.square().sum().backward();
   * console.log(y.grad, x.grad); // tensor([ 6., 12.]) tensor([18., 36.])
   * ```
   */
  retainGrad(): this {
    if (!this.requiresGrad) throw new GradientError('retainGrad: the tensor requires no gradient');
    this.retainsGrad = true;
    return this;
  }

  /**
   * `hook(grad)` runs in each pass when this tensor's gradient is complete, before it flows on; what it returns takes
   * the gradient's place. Returns the function that removes it.
   *
   * Throws: GradientError. Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
   *
   * ```ts
   * import { tensor } from '@tapegrad/core';
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const remove = x.registerHook((grad) => grad.clamp({ max: 3 }));
   * x.square().sum().backward(); // 2 x
   * console.log(x.grad); // tensor([2., 3.])
   * remove();
   * ```
   */
  registerHook(hook: GradHook): () => void {
    if (!this.requiresGrad) throw new GradientError('registerHook: the tensor requires no gradient');
    return addTo((this.hooks ??= []), hook);
  }

  /**
   * `hook(leaf)` runs after `backward()` added to a leaf's `.grad`. Returns the function that removes it.
   *
   * Throws: GradientError.
   * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_post_accumulate_grad_hook.html
   *
   * ```ts
   * import { tensor } from '@tapegrad/core';
   *
   * const w = tensor([1, 2], { requiresGrad: true });
   * w.registerPostAccumulateGradHook((leaf) => {
   *   console.log(leaf.grad); // tensor([2., 4.])
   * });
   * w.square().sum().backward();
   * ```
   */
  registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): () => void {
    if (!this.isLeaf || !this.requiresGrad) {
      throw new GradientError('registerPostAccumulateGradHook: expected a leaf that requires a gradient');
    }
    return addTo((this.afterGradHooks ??= []), hook);
  }

  // ---- values ------------------------------------------------------------------------------------------------------

  /**
   * The elements in row-major order: a snapshot, taken at the call. Throws: ReleasedError, as everything that reads.
   */
  async data(): Promise<TypedArray> {
    return await this.device.read(packed(this));
  }

  /** The only element (0 or 1 of a bool). Throws: ShapeError where there are more or none. */
  async item(): Promise<number> {
    return Number((await one(this, 'item').data())[0]);
  }

  /** The elements as nested arrays, or the number where there are no dimensions: a snapshot, taken at the call. */
  async toArray(): Promise<NestedArray> {
    return nest(await this.data(), this.shape, this.dtype);
  }

  /** `data()` without waiting. Throws: DeviceError on a device that cannot. */
  dataSync(): TypedArray {
    const { readSync } = this.device;
    if (!readSync) throw new DeviceError(`dataSync: not possible on ${this.device.name}; use await x.data()`);
    return readSync(packed(this));
  }

  /** `item()` without waiting. Throws: DeviceError on a device that cannot, ShapeError. */
  itemSync(): number {
    return Number(one(this, 'itemSync').dataSync()[0]);
  }

  /** `toArray()` without waiting. Throws: DeviceError on a device that cannot. */
  toArraySync(): NestedArray {
    return nest(this.dataSync(), this.shape, this.dtype);
  }

  /** The values as PyTorch prints them: floats to four digits, more than 1000 elements by their edges. */
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
