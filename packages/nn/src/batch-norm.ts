/** Batch normalisation. B: batch, C: channels, T: time. */

import {
  assign,
  type IntTensor,
  noGrad,
  ones,
  Parameter,
  ShapeError,
  showShape,
  type Tensor,
  zeros,
} from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface BatchNormOptions extends PlaceOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number | undefined;
  /** The part of a batch in the running statistics; null averages all batches alike. Default: 0.1. */
  readonly momentum?: number | null | undefined;
  /** Whether there are `weight` and `bias`. Default: true. */
  readonly affine?: boolean | undefined;
  /** Whether there are running statistics; without, each batch is normalised by its own, in evaluation too. Default: true. */
  readonly trackRunningStats?: boolean | undefined;
}

/**
 * Takes out the mean and the scale of each channel over the batch (and time). In training those of the batch, which also
 * enter the buffers `running_mean` and `running_var` (there with Bessel's correction); in evaluation those of the buffers.
 *
 * Equation: y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * Shapes: x [B, C] or [B, C, T]; result like x. `weight` is first ones, `bias` zeros, each [C].
 *
 * Throws: ShapeError, also for a batch of one number a channel, which has no variance, in training; DTypeError.
 *
 * Source: Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { BatchNorm1d } from '@tapegrad/nn';
 *
 * const layer = new BatchNorm1d(1);
 * console.log(layer.forward(tensor([[1], [3]])).flatten().toArraySync().map(Math.round)); // [ -1, 1 ]
 * console.log([...layer.stateDict().keys()].join(' ')); // weight bias running_mean running_var num_batches_tracked
 * ```
 */
export class BatchNorm1d extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  weight: Parameter | undefined;
  bias: Parameter | undefined;
  readonly #running: { readonly mean: Tensor; readonly variance: Tensor; readonly batches: IntTensor } | undefined;

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, ...place } = options;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    if (affine) {
      this.weight = new Parameter(ones([numFeatures], place));
      this.bias = new Parameter(zeros([numFeatures], place));
    }
    if (trackRunningStats) {
      this.#running = {
        mean: this.registerBuffer('running_mean', zeros([numFeatures], place)),
        variance: this.registerBuffer('running_var', ones([numFeatures], place)),
        batches: this.registerBuffer(
          'num_batches_tracked',
          zeros([], { dtype: 'i32', device: place.device }),
        ) as IntTensor,
      };
    }
  }

  /** Puts the parameters back to ones and zeros, and the statistics to those of nothing. */
  resetParameters(): void {
    if (this.weight) init.ones(this.weight);
    if (this.bias) init.zeros(this.bias);
    if (!this.#running) return;
    for (const x of [this.#running.mean, this.#running.batches as unknown as Tensor]) assign(x, x.mul(0));
    init.ones(this.#running.variance);
  }

  forward(x: Tensor): Tensor {
    if ((x.rank !== 2 && x.rank !== 3) || x.shape[1] !== this.numFeatures) {
      throw new ShapeError(
        `BatchNorm1d: expected x [B, C] or [B, C, T] with C = ${this.numFeatures}; given ${showShape(x.shape)}`,
      );
    }
    const ofBatch = this.training || !this.#running;
    const dim = x.rank === 3 ? [0, 2] : [0];
    const count = x.size / this.numFeatures;
    if (ofBatch && this.training && count === 1)
      throw new ShapeError(
        `BatchNorm1d: one number a channel has no variance: given ${showShape(x.shape)} in training`,
      );
    const channels = x.rank === 3 ? [this.numFeatures, 1] : [this.numFeatures];
    const beside = (y: Tensor): Tensor => y.reshape(channels);
    const mean = ofBatch ? x.mean({ dim }) : this.#running!.mean;
    const centred = x.sub(beside(mean));
    const variance = ofBatch ? centred.square().mean({ dim }) : this.#running!.variance;
    if (this.training) this.#follow(mean, variance, count);
    const y = centred.mul(beside(variance).add(this.eps).rsqrt());
    const scaled = this.weight ? y.mul(beside(this.weight)) : y;
    return this.bias ? scaled.add(beside(this.bias)) : scaled;
  }

  /** The running statistics take in those of a batch. */
  #follow(mean: Tensor, variance: Tensor, count: number): void {
    const running = this.#running;
    if (!running) return;
    noGrad(() => {
      assign(running.batches, running.batches.add(1));
      const part = this.momentum ?? (running.batches.cast(mean.dtype) as unknown as Tensor).reciprocal();
      const unbiased = variance.detach().mul(count / (count - 1));
      for (const [old, now] of [
        [running.mean, mean.detach()],
        [running.variance, unbiased],
      ] as const)
        assign(old, old.add(now.sub(old).mul(part)));
    });
  }

  override describe(): string {
    return `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, affine=${this.weight !== undefined}`;
  }
}
