/** Group normalisation. B: batch, C: channels, G: groups of channels. */

import { ArgumentError, layerNorm, ones, Parameter, ShapeError, showShape, type Tensor, zeros } from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface GroupNormFunctionOptions {
  /** Added to the variance: 1e-5 where it is not given. */
  readonly eps?: number | undefined;
}

/**
 * Takes out the mean and the scale of each group of channels, for each of a batch by itself.
 *
 * Equation: y = (x - mean) / sqrt(var + eps) * weight + bias, mean and var over the channels of a group and all behind them
 *
 * Shapes: x [B, C, ...], weight and bias [C]; result like x.
 *
 * Throws: ShapeError, ArgumentError unless the groups divide the channels, DTypeError, DeviceError.
 *
 * Source: Wu & He 2018, https://arxiv.org/abs/1803.08494;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { groupNorm } from '@tapegrad/nn';
 *
 * console.log(groupNorm(tensor([[1, 3, 10, 30]]), 2)); // tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
 * ```
 */
export function groupNorm(
  x: Tensor,
  numGroups: number,
  weight?: Tensor,
  bias?: Tensor,
  options: GroupNormFunctionOptions = {},
): Tensor {
  if (x.rank < 2) throw new ShapeError(`groupNorm: expected x [B, C, ...]; given ${showShape(x.shape)}`);
  const [B, C] = x.shape as [number, number];
  if (!Number.isInteger(numGroups) || numGroups < 1 || C % numGroups !== 0)
    throw new ArgumentError(
      `groupNorm: ${numGroups} groups do not divide the ${C} channels of x ${showShape(x.shape)}`,
    );
  for (const [name, given] of Object.entries({ weight, bias })) {
    if (given && given.shape.join() !== String(C))
      throw new ShapeError(
        `groupNorm: ${name} is ${showShape(given.shape)}, expected [${C}]: x is ${showShape(x.shape)}`,
      );
  }
  const size = x.size / Math.max(1, B * numGroups);
  const y = layerNorm(x.reshape([B, numGroups, size]), [size], undefined, undefined, options).reshape(x.shape);
  const channels = [C, ...new Array<number>(x.rank - 2).fill(1)];
  const scaled = weight ? y.mul(weight.reshape(channels)) : y;
  return bias ? scaled.add(bias.reshape(channels)) : scaled;
}

export interface GroupNormOptions extends PlaceOptions, GroupNormFunctionOptions {
  /** Whether there are `weight` and `bias`. Default: true. */
  readonly affine?: boolean | undefined;
}

/**
 * Group normalisation with parameters `weight`, first ones, and `bias`, first zeros, one for each channel.
 *
 * Equation: y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * Shapes: x [B, C, ...]; result like x.
 *
 * Throws: ShapeError, ArgumentError unless the groups divide the channels, DTypeError, DeviceError.
 *
 * Source: Wu & He 2018; https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { GroupNorm } from '@tapegrad/nn';
 *
 * console.log(new GroupNorm(2, 6).forward(randn([3, 6, 10])).shape); // [ 3, 6, 10 ]
 * ```
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(numGroups: number, numChannels: number, { eps = 1e-5, affine = true, ...place }: GroupNormOptions = {}) {
    super();
    if (!Number.isInteger(numGroups) || numGroups < 1 || numChannels % numGroups !== 0)
      throw new ArgumentError(`GroupNorm: ${numGroups} groups do not divide ${numChannels} channels`);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    if (affine) {
      this.weight = new Parameter(ones([numChannels], place));
      this.bias = new Parameter(zeros([numChannels], place));
    }
  }

  /** Puts the parameters back to ones and zeros. */
  resetParameters(): void {
    if (this.weight) init.ones(this.weight);
    if (this.bias) init.zeros(this.bias);
  }

  forward(x: Tensor): Tensor {
    if (x.shape[1] !== this.numChannels)
      throw new ShapeError(`GroupNorm: expected x [B, ${this.numChannels}, ...]; given ${showShape(x.shape)}`);
    return groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps });
  }

  override describe(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.weight !== undefined}`;
  }
}
