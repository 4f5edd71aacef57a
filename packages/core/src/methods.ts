/**
 * The one place that hangs operations on `Tensor` as methods: `x.matmul(w).tanh()`, `loss.backward()`.
 *
 * A method is the function of the same name with the tensor as its first argument: what it throws, its shapes and an
 * example are with the function.
 */

import { type BackwardOptions, backward } from './backward.ts';
import type { DeviceName } from './device/device.ts';
import type { DType } from './dtype.ts';
import { ShapeError } from './errors.ts';
import * as ops from './ops/index.ts';
import type { Shape } from './shape.ts';
import { showShape } from './shape.ts';
import { type AnyTensor, type BoolTensor, type IntTensor, Tensor } from './tensor.ts';
import { to } from './transfer.ts';

declare module './tensor.ts' {
  interface Tensor<D extends DType> {
    // ---- arithmetic and functions, elementwise -----------------------------------------------------------------------
    /** this + other, with broadcasting. */
    add(other: Tensor<D> | number): Tensor<D>;
    /** this - other, with broadcasting. */
    sub(other: Tensor<D> | number): Tensor<D>;
    /** this * other, elementwise, with broadcasting. */
    mul(other: Tensor<D> | number): Tensor<D>;
    /** max(this, other), elementwise. */
    maximum(other: Tensor<D> | number): Tensor<D>;
    /** min(this, other), elementwise. */
    minimum(other: Tensor<D> | number): Tensor<D>;
    /** this / other, with broadcasting. */
    div(this: Tensor, other: Tensor | number): Tensor;
    /** this ^ other, elementwise. */
    pow(this: Tensor, other: Tensor | number): Tensor;
    /** -x */
    neg(): Tensor<D>;
    /** |x| */
    abs(): Tensor<D>;
    /** -1, 0 or 1: the sign of x. */
    sign(): Tensor<D>;
    /** x^2 */
    square(): Tensor<D>;
    /** The largest whole number <= x. */
    floor(): Tensor<D>;
    /** The smallest whole number >= x. */
    ceil(): Tensor<D>;
    /** x without what follows the point. */
    trunc(): Tensor<D>;
    /** The nearest whole number; halves go to the even one. */
    round(): Tensor<D>;
    /** max(x, 0) */
    relu(): Tensor<D>;
    /** 1 / x */
    reciprocal(this: Tensor): Tensor;
    /** e^x */
    exp(this: Tensor): Tensor;
    /** e^x - 1 */
    expm1(this: Tensor): Tensor;
    /** The natural logarithm of x. */
    log(this: Tensor): Tensor;
    /** log(1 + x) */
    log1p(this: Tensor): Tensor;
    /** The logarithm of x to base 2. */
    log2(this: Tensor): Tensor;
    /** The logarithm of x to base 10. */
    log10(this: Tensor): Tensor;
    /** The square root of x. */
    sqrt(this: Tensor): Tensor;
    /** 1 / sqrt(x) */
    rsqrt(this: Tensor): Tensor;
    /** sin(x), x in radians. */
    sin(this: Tensor): Tensor;
    /** cos(x), x in radians. */
    cos(this: Tensor): Tensor;
    /** tan(x), x in radians. */
    tan(this: Tensor): Tensor;
    /** The angle whose sine is x, in radians. */
    asin(this: Tensor): Tensor;
    /** The angle whose cosine is x, in radians. */
    acos(this: Tensor): Tensor;
    /** The angle whose tangent is x, in radians. */
    atan(this: Tensor): Tensor;
    /** (e^x - e^-x) / 2 */
    sinh(this: Tensor): Tensor;
    /** (e^x + e^-x) / 2 */
    cosh(this: Tensor): Tensor;
    /** sinh(x) / cosh(x) */
    tanh(this: Tensor): Tensor;
    /** The inverse of sinh. */
    asinh(this: Tensor): Tensor;
    /** The inverse of cosh, for x >= 1. */
    acosh(this: Tensor): Tensor;
    /** The inverse of tanh, for -1 <= x <= 1. */
    atanh(this: Tensor): Tensor;
    /** 1 / (1 + e^-x) */
    sigmoid(this: Tensor): Tensor;
    /** log sigmoid(x) */
    logSigmoid(this: Tensor): Tensor;
    /** 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
    erf(this: Tensor): Tensor;
    /** min(max(x, 0), 6) */
    relu6(this: Tensor): Tensor;
    /** x sigmoid(x) */
    silu(this: Tensor): Tensor;
    /** x tanh(log(1 + e^x)) */
    mish(this: Tensor): Tensor;
    /** x / (1 + |x|) */
    softsign(this: Tensor): Tensor;
    /** x Phi(x); `{ approximate: 'tanh' }` for GPT-2's. */
    gelu(this: Tensor, options?: Parameters<typeof ops.gelu>[1]): Tensor;
    /** log(1 + e^(beta x)) / beta; `{ beta: 1, threshold: 20 }`. */
    softplus(this: Tensor, options?: Parameters<typeof ops.softplus>[1]): Tensor;
    /** x above 0, alpha (e^x - 1) below; `{ alpha: 1 }`. */
    elu(this: Tensor, options?: Parameters<typeof ops.elu>[1]): Tensor;
    /** x above 0, slope x below; `{ negativeSlope: 0.01 }`. */
    leakyRelu(this: Tensor, options?: Parameters<typeof ops.leakyRelu>[1]): Tensor;
    /** x within the bounds, either of which may be left out. */
    clamp(bounds: { readonly min?: number; readonly max?: number }): Tensor<D>;
    /** The same values in another dtype. */
    cast<E extends DType>(dtype: E): Tensor<E>;

    // ---- comparisons and masks ---------------------------------------------------------------------------------------
    /** Where this = other. */
    eq(other: Tensor<D> | number): BoolTensor;
    /** Where this != other. */
    ne(other: Tensor<D> | number): BoolTensor;
    /** Where this < other. */
    lt(other: Tensor<D> | number): BoolTensor;
    /** Where this <= other. */
    le(other: Tensor<D> | number): BoolTensor;
    /** Where this > other. */
    gt(other: Tensor<D> | number): BoolTensor;
    /** Where this >= other. */
    ge(other: Tensor<D> | number): BoolTensor;
    /** Where x is NaN. */
    isnan(this: Tensor): BoolTensor;
    /** Where x is neither NaN nor infinite. */
    isfinite(this: Tensor): BoolTensor;
    /** Where x is false. */
    logicalNot(this: BoolTensor): BoolTensor;
    /** Where both are true. */
    logicalAnd(this: BoolTensor, other: BoolTensor): BoolTensor;
    /** Where one or both are true. */
    logicalOr(this: BoolTensor, other: BoolTensor): BoolTensor;
    /** Where exactly one is true. */
    logicalXor(this: BoolTensor, other: BoolTensor): BoolTensor;
    /** `value` where the mask is true, x elsewhere. */
    maskedFill(mask: BoolTensor, value: number): Tensor<D>;
    /** The lower triangle of matrices [..., M, N]; 0 above the diagonal. */
    tril(diagonal?: number): Tensor<D>;
    /** The upper triangle of matrices [..., M, N]; 0 below the diagonal. */
    triu(diagonal?: number): Tensor<D>;

    // ---- reductions --------------------------------------------------------------------------------------------------
    /** The sum over `dim`, or of all elements. */
    sum(this: BoolTensor, options?: ops.ReduceOptions): IntTensor;
    sum(options?: ops.ReduceOptions): Tensor<D>;
    /** The mean over `dim`, or of all elements. */
    mean(this: Tensor, options?: ops.ReduceOptions): Tensor;
    /** The variance over `dim`, or of all elements; divides by n - `correction` (1). */
    var(this: Tensor, options?: ops.VarianceOptions): Tensor;
    /** The square root of `var`. */
    std(this: Tensor, options?: ops.VarianceOptions): Tensor;
    /** The product over `dim`, or of all elements. */
    prod(options?: ops.ReduceOptions): Tensor<D>;
    /** The largest element over `dim`, or of all; equal ones share the gradient. */
    amax(options?: ops.ReduceOptions): Tensor<D>;
    /** The smallest element over `dim`, or of all; equal ones share the gradient. */
    amin(options?: ops.ReduceOptions): Tensor<D>;
    /** The largest element of all. */
    max(): Tensor<D>;
    /** The largest elements along `dim`, and their positions. */
    max(options: ops.OneDim): [values: Tensor<D>, indices: IntTensor];
    /** The smallest element of all. */
    min(): Tensor<D>;
    /** The smallest elements along `dim`, and their positions. */
    min(options: ops.OneDim): [values: Tensor<D>, indices: IntTensor];
    /** The position of the first largest element along `dim`, or in the flattened tensor. */
    argmax(options?: ops.PositionOptions): IntTensor;
    /** The position of the first smallest element along `dim`, or in the flattened tensor. */
    argmin(options?: ops.PositionOptions): IntTensor;
    /** log sum e^x over `dim`, or of all elements, without overflow. */
    logSumExp(this: Tensor, options?: ops.ReduceOptions): Tensor;
    /** The running sum along `dim`. */
    cumsum(dim: number): Tensor<D>;
    /** e^x / sum e^x along `dim`: probabilities. */
    softmax(this: Tensor, dim: number): Tensor;
    /** log softmax(x) along `dim`: log probabilities in nats. */
    logSoftmax(this: Tensor, dim: number): Tensor;

    // ---- matrices ----------------------------------------------------------------------------------------------------
    /** The matrix product with `other`; leading dimensions broadcast. */
    matmul(this: Tensor, other: Tensor): Tensor;
    /** The transpose of a matrix, as a view. Throws: ShapeError unless the tensor has two dimensions. */
    readonly T: Tensor<D>;

    // ---- views -------------------------------------------------------------------------------------------------------
    /** The same elements under another shape; one size may be -1. */
    reshape(shape: Shape): Tensor<D>;
    /** The dimensions in another order. */
    permute(dims: readonly number[]): Tensor<D>;
    /** Two dimensions swapped. */
    transpose(dim0: number, dim1: number): Tensor<D>;
    /** Dimensions of size 1 repeated, without copying; -1 keeps a size. */
    expand(shape: Shape): Tensor<D>;
    /** Elements start, start + step, ... before `end` along `dim`. */
    slice(dim: number, start?: number, end?: number, step?: number): Tensor<D>;
    /** `length` elements along `dim` from `start` on. */
    narrow(dim: number, start: number, length: number): Tensor<D>;
    /** The slice at one position along `dim`, without the dimension. */
    select(dim: number, index: number): Tensor<D>;
    /** Without the dimensions of size 1, or without `dim` if its size is 1. */
    squeeze(dim?: number): Tensor<D>;
    /** With a new dimension of size 1 at `dim`. */
    unsqueeze(dim: number): Tensor<D>;
    /** Dimensions from `start` to `end` (included) as one. */
    flatten(start?: number, end?: number): Tensor<D>;
    /** In reverse order along the given dimensions. */
    flip(dims: readonly number[]): Tensor<D>;
    /** With `value` (0) around it: [before, after] of the last dimension, then of the one before it... */
    pad(padding: readonly number[], value?: number): Tensor<D>;
    /** The same elements, row-major without gaps; a copy unless they lie so already. */
    contiguous(): Tensor<D>;
    /** The same values, cut off from the tape; they outlive the graph. */
    detach(): Tensor<D>;
    /** Pieces of the given sizes along `dim` (0), or of one size. */
    split(sizes: number | readonly number[], dim?: number): Tensor<D>[];
    /** At most `chunks` pieces of equal size along `dim` (0). */
    chunk(chunks: number, dim?: number): Tensor<D>[];
    /** The slices along `dim` (0), without the dimension. */
    unbind(dim?: number): Tensor<D>[];

    // ---- indices -----------------------------------------------------------------------------------------------------
    /** One element per index along `dim`. */
    gather(dim: number, indices: IntTensor): Tensor<D>;
    /** This tensor with `source` added at the indices along `dim`. */
    scatterAdd(dim: number, indices: IntTensor, source: Tensor<D>): Tensor<D>;
    /** The slices at `indices` [N] along `dim`. */
    indexSelect(dim: number, indices: IntTensor): Tensor<D>;

    // ---- the tape and devices ----------------------------------------------------------------------------------------
    /** Accumulates dL/dx into `.grad` of every leaf that this loss depends on, and closes the graph. */
    backward(this: Tensor, options?: BackwardOptions): void;
    /**
     * The tensor on another device; itself if it is there already. A leaf stays a leaf, with no gradient yet.
     * Throws: DeviceError, DTypeError where the device lacks the dtype, GradientError for a tensor on the tape.
     */
    to(device: DeviceName): Promise<Tensor<D>>;
  }
}

const {
  variance,
  cat,
  stack,
  where,
  embedding,
  oneHot,
  lstm,
  lstmCell,
  multinomial,
  dropout,
  linear,
  softmaxCrossEntropy,
  linearCrossEntropy,
  ...methods
} = ops;

for (const [name, run] of Object.entries({ ...methods, var: variance, backward, to })) {
  const call = run as (x: AnyTensor, ...rest: readonly unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: AnyTensor, ...rest: readonly unknown[]) {
      return call(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

Object.defineProperty(Tensor.prototype, 'T', {
  get(this: AnyTensor) {
    if (this.rank !== 2)
      throw new ShapeError(`T: expected a matrix; the shape is ${showShape(this.shape)}: use permute or transpose`);
    return ops.transpose(this);
  },
  configurable: true,
});
