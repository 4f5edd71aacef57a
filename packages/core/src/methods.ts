/**
 * The one place that hangs operations on `Tensor` as methods: `x.matmul(w).tanh()`, `loss.backward()`.
 *
 * A method is the function of the same name with the tensor as its first argument.
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
    add(other: Tensor<D> | number): Tensor<D>;
    sub(other: Tensor<D> | number): Tensor<D>;
    mul(other: Tensor<D> | number): Tensor<D>;
    maximum(other: Tensor<D> | number): Tensor<D>;
    minimum(other: Tensor<D> | number): Tensor<D>;
    div(this: Tensor, other: Tensor | number): Tensor;
    pow(this: Tensor, other: Tensor | number): Tensor;
    neg(): Tensor<D>;
    abs(): Tensor<D>;
    sign(): Tensor<D>;
    square(): Tensor<D>;
    floor(): Tensor<D>;
    ceil(): Tensor<D>;
    trunc(): Tensor<D>;
    round(): Tensor<D>;
    relu(): Tensor<D>;
    reciprocal(this: Tensor): Tensor;
    exp(this: Tensor): Tensor;
    expm1(this: Tensor): Tensor;
    log(this: Tensor): Tensor;
    log1p(this: Tensor): Tensor;
    log2(this: Tensor): Tensor;
    log10(this: Tensor): Tensor;
    sqrt(this: Tensor): Tensor;
    rsqrt(this: Tensor): Tensor;
    sin(this: Tensor): Tensor;
    cos(this: Tensor): Tensor;
    tan(this: Tensor): Tensor;
    asin(this: Tensor): Tensor;
    acos(this: Tensor): Tensor;
    atan(this: Tensor): Tensor;
    sinh(this: Tensor): Tensor;
    cosh(this: Tensor): Tensor;
    tanh(this: Tensor): Tensor;
    asinh(this: Tensor): Tensor;
    acosh(this: Tensor): Tensor;
    atanh(this: Tensor): Tensor;
    sigmoid(this: Tensor): Tensor;
    logSigmoid(this: Tensor): Tensor;
    erf(this: Tensor): Tensor;
    relu6(this: Tensor): Tensor;
    silu(this: Tensor): Tensor;
    mish(this: Tensor): Tensor;
    softsign(this: Tensor): Tensor;
    gelu(this: Tensor, options?: Parameters<typeof ops.gelu>[1]): Tensor;
    softplus(this: Tensor, options?: Parameters<typeof ops.softplus>[1]): Tensor;
    elu(this: Tensor, options?: Parameters<typeof ops.elu>[1]): Tensor;
    leakyRelu(this: Tensor, options?: Parameters<typeof ops.leakyRelu>[1]): Tensor;
    clamp(bounds: { readonly min?: number; readonly max?: number }): Tensor<D>;
    cast<E extends DType>(dtype: E): Tensor<E>;

    // ---- comparisons and masks ---------------------------------------------------------------------------------------
    eq(other: Tensor<D> | number): BoolTensor;
    ne(other: Tensor<D> | number): BoolTensor;
    lt(other: Tensor<D> | number): BoolTensor;
    le(other: Tensor<D> | number): BoolTensor;
    gt(other: Tensor<D> | number): BoolTensor;
    ge(other: Tensor<D> | number): BoolTensor;
    isnan(this: Tensor): BoolTensor;
    isfinite(this: Tensor): BoolTensor;
    logicalNot(this: BoolTensor): BoolTensor;
    logicalAnd(this: BoolTensor, other: BoolTensor): BoolTensor;
    logicalOr(this: BoolTensor, other: BoolTensor): BoolTensor;
    logicalXor(this: BoolTensor, other: BoolTensor): BoolTensor;
    maskedFill(mask: BoolTensor, value: number): Tensor<D>;
    tril(diagonal?: number): Tensor<D>;
    triu(diagonal?: number): Tensor<D>;

    // ---- reductions --------------------------------------------------------------------------------------------------
    sum(options?: ops.ReduceOptions): Tensor<D>;
    mean(this: Tensor, options?: ops.ReduceOptions): Tensor;
    var(this: Tensor, options?: ops.VarianceOptions): Tensor;
    std(this: Tensor, options?: ops.VarianceOptions): Tensor;
    prod(options?: ops.ReduceOptions): Tensor<D>;
    amax(options?: ops.ReduceOptions): Tensor<D>;
    amin(options?: ops.ReduceOptions): Tensor<D>;
    max(): Tensor<D>;
    max(options: ops.OneDim): [values: Tensor<D>, indices: IntTensor];
    min(): Tensor<D>;
    min(options: ops.OneDim): [values: Tensor<D>, indices: IntTensor];
    argmax(options?: ops.PositionOptions): IntTensor;
    argmin(options?: ops.PositionOptions): IntTensor;
    logSumExp(this: Tensor, options?: ops.ReduceOptions): Tensor;
    cumsum(dim: number): Tensor<D>;
    softmax(this: Tensor, dim: number): Tensor;
    logSoftmax(this: Tensor, dim: number): Tensor;

    // ---- matrices ----------------------------------------------------------------------------------------------------
    matmul(this: Tensor, other: Tensor): Tensor;
    /** The transpose of a matrix. */
    readonly T: Tensor<D>;

    // ---- views -------------------------------------------------------------------------------------------------------
    reshape(shape: Shape): Tensor<D>;
    permute(dims: readonly number[]): Tensor<D>;
    transpose(dim0: number, dim1: number): Tensor<D>;
    expand(shape: Shape): Tensor<D>;
    slice(dim: number, start?: number, end?: number, step?: number): Tensor<D>;
    narrow(dim: number, start: number, length: number): Tensor<D>;
    select(dim: number, index: number): Tensor<D>;
    squeeze(dim?: number): Tensor<D>;
    unsqueeze(dim: number): Tensor<D>;
    flatten(start?: number, end?: number): Tensor<D>;
    flip(dims: readonly number[]): Tensor<D>;
    pad(padding: readonly number[], value?: number): Tensor<D>;
    contiguous(): Tensor<D>;
    detach(): Tensor<D>;
    split(sizes: number | readonly number[], dim?: number): Tensor<D>[];
    chunk(chunks: number, dim?: number): Tensor<D>[];
    unbind(dim?: number): Tensor<D>[];

    // ---- indices -----------------------------------------------------------------------------------------------------
    gather(dim: number, indices: IntTensor): Tensor<D>;
    scatterAdd(dim: number, indices: IntTensor, source: Tensor<D>): Tensor<D>;
    indexSelect(dim: number, indices: IntTensor): Tensor<D>;

    // ---- the tape and devices ----------------------------------------------------------------------------------------
    backward(this: Tensor, options?: BackwardOptions): void;
    /** The tensor on another device. */
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
  softmaxCrossEntropy,
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
