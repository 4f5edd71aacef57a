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
    /** The angle of the point (x, this), in radians. */
    atan2(this: Tensor, x: Tensor | number): Tensor;
    /** What this / other leaves, with the sign of other. */
    remainder(this: Tensor, other: Tensor | number): Tensor;
    /** What this / other leaves, with the sign of this. */
    fmod(this: Tensor, other: Tensor | number): Tensor;
    /** floor(this / other) */
    floorDivide(this: Tensor, other: Tensor | number): Tensor;
    /** this + weight (end - this) */
    lerp(this: Tensor, end: Tensor, weight: Tensor | number): Tensor;
    /** log(e^this + e^other), without overflow. */
    logaddexp(this: Tensor, other: Tensor | number): Tensor;
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
    /** 1.0507 x above 0, 1.0507 * 1.6733 (e^x - 1) below. */
    selu(this: Tensor): Tensor;
    /** x above 0, alpha (e^(x / alpha) - 1) below; `{ alpha: 1 }`. */
    celu(this: Tensor, options?: Parameters<typeof ops.celu>[1]): Tensor;
    /** min(max(x + 3, 0), 6) / 6 */
    hardsigmoid(this: Tensor): Tensor;
    /** x hardsigmoid(x) */
    hardswish(this: Tensor): Tensor;
    /** x within bounds, which have no slope; `{ min: -1, max: 1 }`. */
    hardtanh(this: Tensor, options?: ops.HardtanhOptions): Tensor;
    /** x moved towards 0 by lambda, 0 within it; `{ lambda: 0.5 }`. */
    softshrink(this: Tensor, options?: Parameters<typeof ops.softshrink>[1]): Tensor;
    /** x - tanh(x). */
    tanhshrink(this: Tensor): Tensor;
    /** x, but 0 within lambda of 0; `{ lambda: 0.5 }`. */
    hardshrink(this: Tensor, options?: Parameters<typeof ops.hardshrink>[1]): Tensor;
    /** x where it is above a threshold, `value` elsewhere. */
    threshold(this: Tensor, at: number, value: number): Tensor;
    /** One half of x along `dim` (-1), weighed by the sigmoid of the other. */
    glu(this: Tensor, options?: Parameters<typeof ops.glu>[1]): Tensor;
    /** x above 0, weight x below. */
    prelu(this: Tensor, weight: Tensor): Tensor;
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
    /** Where x is infinite. */
    isinf(this: Tensor): BoolTensor;
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
    /** Sorted along `dim` (-1), and the positions that the elements come from. */
    sort(options?: ops.SortOptions): [values: Tensor<D>, indices: IntTensor];
    /** The positions that sort along `dim` (-1). */
    argsort(options?: ops.SortOptions): IntTensor;
    /** The k largest elements along `dim` (-1), and their positions. */
    topk(k: number, options?: ops.TopkOptions): [values: Tensor<D>, indices: IntTensor];
    /** The k-th smallest element along `dim` (-1), counted from 1, and its position. */
    kthvalue(k: number, options?: ops.KthOptions): [values: Tensor<D>, indices: IntTensor];
    /** The median of all elements, the lower one of two. */
    median(): Tensor<D>;
    /** The medians along `dim` (-1), and their positions. */
    median(options: ops.KthOptions): [values: Tensor<D>, indices: IntTensor];
    /** log sum e^x over `dim`, or of all elements, without overflow. */
    logSumExp(this: Tensor, options?: ops.ReduceOptions): Tensor;
    /** The running sum along `dim`. */
    cumsum(dim: number): Tensor<D>;
    /** The running product along `dim`. */
    cumprod(dim: number): Tensor<D>;
    /** The largest element so far along `dim`, and its position. */
    cummax(dim: number): [values: Tensor<D>, indices: IntTensor];
    /** The smallest element so far along `dim`, and its position. */
    cummin(dim: number): [values: Tensor<D>, indices: IntTensor];
    /** log of the running sum of e^x along `dim`. */
    logCumSumExp(this: Tensor, dim: number): Tensor;
    /** The p-norm (2) over `dim`, or of all elements. */
    norm(this: Tensor, options?: ops.NormOptions): Tensor;
    /** e^x / sum e^x along `dim`: probabilities. */
    softmax(this: Tensor, dim: number): Tensor;
    /** e^-x / sum e^-x along `dim`. */
    softmin(this: Tensor, dim: number): Tensor;
    /** log softmax(x) along `dim`: log probabilities in nats. */
    logSoftmax(this: Tensor, dim: number): Tensor;

    // ---- matrices ----------------------------------------------------------------------------------------------------
    /** The matrix product with `other`; leading dimensions broadcast. */
    matmul(this: Tensor, other: Tensor): Tensor;
    /** The product of two matrices. */
    mm(this: Tensor, other: Tensor): Tensor;
    /** The products of two batches of matrices. */
    bmm(this: Tensor, other: Tensor): Tensor;
    /** The product of a matrix and a vector. */
    mv(this: Tensor, vector: Tensor): Tensor;
    /** The scalar product of two vectors. */
    dot(this: Tensor, other: Tensor): Tensor;
    /** All products of an element of this vector and one of the other. */
    outer(this: Tensor, other: Tensor): Tensor;
    /** beta this + alpha (a b), for matrices. */
    addmm(this: Tensor, a: Tensor, b: Tensor, options?: ops.AddProductOptions): Tensor;
    /** beta this + alpha (a v), for a matrix and a vector. */
    addmv(this: Tensor, a: Tensor, v: Tensor, options?: ops.AddProductOptions): Tensor;
    /** beta this + alpha (a b), for batches of matrices. */
    baddbmm(this: Tensor, a: Tensor, b: Tensor, options?: ops.AddProductOptions): Tensor;
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
    /** A dimension as several, of which one size may be -1. */
    unflatten(dim: number, sizes: Shape): Tensor<D>;
    /** In reverse order along the given dimensions. */
    flip(dims: readonly number[]): Tensor<D>;
    /** With `value` (0) around it: [before, after] of the last dimension, then of the one before it... */
    pad(padding: readonly number[], value?: number): Tensor<D>;
    /** A view of the diagonal of two dimensions (0 and 1), which becomes the last dimension. */
    diagonal(offset?: number, dim1?: number, dim2?: number): Tensor<D>;
    /** The diagonal of a matrix; of a vector, the matrix that has it as its diagonal. */
    diag(offset?: number): Tensor<D>;
    /** Laid out several times along each dimension. */
    repeat(times: Shape): Tensor<D>;
    /** Laid out several times along the last dimensions. */
    tile(times: Shape): Tensor<D>;
    /** Each element along `dim` several times in a row. */
    repeatInterleave(times: number | readonly number[], dim?: number): Tensor<D>;
    /** Moved along dimensions; what leaves at one end comes in at the other. */
    roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor<D>;
    /** Windows of `size` elements along `dim`, every `step` elements, as a new last dimension. */
    unfold(dim: number, size: number, step: number): Tensor<D>;
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
    /** This tensor with `source` written at the indices along `dim`; of several the last stays. */
    scatter(dim: number, indices: IntTensor, source: Tensor<D> | number): Tensor<D>;
    /** This tensor with `source` combined into it at the indices along `dim`. */
    scatterReduce(
      dim: number,
      indices: IntTensor,
      source: Tensor<D>,
      reduce: ops.ScatterReduction,
      options?: ops.ScatterReduceOptions,
    ): Tensor<D>;
    /** This tensor with slices of `source` added at `indices` [N] along `dim`. */
    indexAdd(dim: number, indices: IntTensor, source: Tensor<D>, options?: { readonly alpha?: number }): Tensor<D>;
    /** This tensor with slices of `source` written at `indices` [N] along `dim`. */
    indexCopy(dim: number, indices: IntTensor, source: Tensor<D>): Tensor<D>;
    /** This tensor with `value` in the slices at `indices` [N] along `dim`. */
    indexFill(dim: number, indices: IntTensor, value: number): Tensor<D>;
    /** The elements at positions in the flattened tensor. */
    take(indices: IntTensor): Tensor<D>;
    /** One element per index along `dim`; other dimensions broadcast. */
    takeAlongDim(indices: IntTensor, dim?: number): Tensor<D>;
    /** Indexing by several tensors at once; `null` takes a dimension whole. */
    index(indices: readonly (IntTensor | null)[]): Tensor<D>;
    /** The elements where the mask is true, in row-major order. */
    maskedSelect(mask: BoolTensor): Tensor<D>;
    /** The positions [K, rank] of elements that are not 0. */
    nonzero(): IntTensor;
    /** This tensor with elements of `source`, in their order, where the mask is true. */
    maskedScatter(mask: BoolTensor, source: Tensor<D>): Tensor<D>;
    /** Where each value would be inserted into this sorted tensor. */
    searchSorted(values: Tensor<D>, options?: ops.SearchOptions): IntTensor;
    /** The bucket between sorted boundaries that each element lies in. */
    bucketize(boundaries: Tensor<D>, options?: ops.SearchOptions): IntTensor;
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
  gru,
  gruCell,
  rnn,
  rnnCell,
  multinomial,
  dropout,
  layerNorm,
  linear,
  softmaxCrossEntropy,
  linearCrossEntropy,
  einsum,
  normalize,
  cosineSimilarity,
  pairwiseDistance,
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
