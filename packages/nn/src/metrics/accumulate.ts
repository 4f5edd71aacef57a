/** Metrics over many batches. */

import {
  type AnyTensor,
  ArgumentError,
  assign,
  DTypeError,
  type FloatDType,
  full,
  type NumberDType,
  noGrad,
  ShapeError,
  sameShape,
  showShape,
  snapshot,
  type Tensor,
  where,
} from '@tapegrad/core';

/** What gathers batch by batch: `Sum`, `Mean`, `Bleu` and `Rouge`. */
export interface Metric<Batch extends readonly unknown[], Result> {
  /** Adds a batch. */
  update(...batch: Batch): this;
  /** The value for all batches since the last `reset`. Throws: ArgumentError where there was none. */
  compute(): Result;
  /** Forgets all batches. */
  reset(): this;
  /** Adds all that another one has gathered, say of another part of the data. */
  merge(other: this): this;
}

/**
 * The sum of tensors of one shape: of confusion matrices, of calibration bins. Nothing is read from the device, and nothing
 * is recorded. Float sums are compensated: a million batches cost no digits.
 *
 * Equation: s' = s + (x - c); c' = (s' - s) - (x - c)
 *
 * Shapes: any, the same in each batch; result as that.
 *
 * Throws: ShapeError, DTypeError, DeviceError for a batch unlike those before; ArgumentError where there was none.
 *
 * Source: Kahan 1965, https://doi.org/10.1145/363707.363723
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { confusionMatrix, f1, Sum } from '@tapegrad/nn/metrics';
 *
 * const matrix = new Sum<'i32'>();
 * for (const [predicted, targets] of [[[0, 1, 1], [0, 1, 0]], [[1, 0, 1], [1, 0, 1]]]) {
 *   const batch = [tensor(predicted!, { dtype: 'i32' }), tensor(targets!, { dtype: 'i32' })] as const;
 *   matrix.update(confusionMatrix(...batch, 2));
 * }
 * console.log((await f1(matrix.compute()).item()).toFixed(4)); // 0.8286
 * ```
 */
export class Sum<D extends NumberDType = FloatDType> implements Metric<[Tensor<D>], Tensor<D>> {
  // In memory of their own, which updates overwrite: what an update makes goes back at its end.
  #total: Tensor<D> | undefined;
  /** What the last addition rounded off; none for integers. */
  #lost: Tensor<D> | undefined;

  update(batch: Tensor<D>): this {
    const total = this.#total;
    if (!total) this.#total = snapshot(batch);
    else {
      checkAlike(total, batch);
      noGrad(() => this.#add(total, batch));
    }
    return this;
  }

  compute(): Tensor<D> {
    if (this.#total) return snapshot(this.#total);
    throw new ArgumentError('Sum: there is nothing to compute yet: call update() first');
  }

  reset(): this {
    this.#total = this.#lost = undefined;
    return this;
  }

  merge(other: Sum<D>): this {
    return other.#total ? this.update(other.#total) : this;
  }

  #add(total: Tensor<D>, x: Tensor<D>): void {
    if (total.dtype === 'i32') {
      assign(total, total.add(x));
      return;
    }
    const y = this.#lost ? x.sub(this.#lost) : x;
    const next = total.add(y);
    const difference = next.sub(total).sub(y);
    const lost = where((difference as unknown as Tensor).isfinite(), difference, 0); // Infinity - Infinity is no rounding
    if (this.#lost) assign(this.#lost, lost);
    else this.#lost = snapshot(lost);
    assign(total, next);
  }
}

function checkAlike(total: AnyTensor, x: AnyTensor): void {
  if (!sameShape(x.shape, total.shape)) {
    throw new ShapeError(
      `Sum: expected a batch like those before, ${showShape(total.shape)}; given ${showShape(x.shape)}`,
    );
  }
  if (x.dtype !== total.dtype)
    throw new DTypeError(`Sum: expected a batch like those before, ${total.dtype}; given ${x.dtype}`);
}

/**
 * The weighted mean: of losses over batches of different sizes, say, before `perplexity` is taken of it. A batch of weight 0
 * counts for nothing, even where its value is NaN. Nothing is read from the device, and nothing is recorded.
 *
 * Equation: sum w x / sum w
 *
 * Shapes: values any, the same in each batch; weights numbers; result as a value.
 *
 * Throws: ArgumentError for a weight below 0, and where there was no batch; ShapeError, DTypeError, DeviceError for a batch
 * unlike those before.
 *
 * ```ts
 * import { Mean, perplexity } from '@tapegrad/nn/metrics';
 *
 * const loss = new Mean();
 * loss.update(2, 300); // nats per token, and how many tokens
 * loss.update(5, 100);
 * console.log(await loss.compute().item(), perplexity(loss.compute())); // 2.75 tensor(15.6426)
 * ```
 */
export class Mean implements Metric<[value: number | Tensor, weight?: number | AnyTensor], Tensor> {
  readonly #weighted = new Sum();
  readonly #weights = new Sum();

  /** `weight` is 1 where it is not given. */
  update(value: number | Tensor, weight: number | AnyTensor = 1): this {
    if (typeof weight === 'number' ? !(weight >= 0 && weight < Infinity) : weight.size !== 1) {
      const given = typeof weight === 'number' ? weight : `a tensor ${showShape(weight.shape)}`;
      throw new ArgumentError(`Mean: expected one finite weight of 0 or more; given ${given}`);
    }
    noGrad(() => {
      const x = typeof value === 'number' ? full([], value) : value;
      const w =
        typeof weight === 'number'
          ? full([], weight, { dtype: x.dtype, device: x.device.name })
          : weight.cast(x.dtype).reshape([]);
      this.#weighted.update(where(w.eq(0), 0, x.mul(w)));
      this.#weights.update(w);
    });
    return this;
  }

  compute(): Tensor {
    return noGrad(() => this.#weighted.compute().div(this.#weights.compute()));
  }

  reset(): this {
    this.#weighted.reset();
    this.#weights.reset();
    return this;
  }

  merge(other: Mean): this {
    this.#weighted.merge(other.#weighted);
    this.#weights.merge(other.#weights);
    return this;
  }
}
