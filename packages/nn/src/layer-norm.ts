/** Layer normalisation. D: the dimensions that are normalised, the last ones. */

import {
  ArgumentError,
  type LayerNormFunctionOptions,
  layerNorm,
  ones,
  Parameter,
  type Shape,
  showShape,
  type Tensor,
  zeros,
} from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface LayerNormOptions extends PlaceOptions, LayerNormFunctionOptions {
  /** Whether there are `weight` and `bias`. */
  readonly elementwiseAffine?: boolean | undefined;
  /** Whether there is a `bias` beside the `weight`. */
  readonly bias?: boolean | undefined;
}

/**
 * Layer normalisation with parameters `weight`, first ones, and `bias`, first zeros, of the shape that is normalised.
 *
 * Equation: y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * Shapes: x [..., ...D]; result like x.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: Ba et al. 2016; https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { LayerNorm } from '@tapegrad/nn';
 *
 * const layer = new LayerNorm(16);
 * console.log(layer.forward(randn([2, 5, 16])).mean().abs().itemSync() < 1e-6); // true
 * ```
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(
    normalizedShape: number | Shape,
    { eps = 1e-5, elementwiseAffine = true, bias = true, ...place }: LayerNormOptions = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    if (this.normalizedShape.length === 0)
      throw new ArgumentError('LayerNorm: expected a shape to normalise; given []');
    this.eps = eps;
    if (elementwiseAffine) this.weight = new Parameter(ones(this.normalizedShape, place));
    if (elementwiseAffine && bias) this.bias = new Parameter(zeros(this.normalizedShape, place));
  }

  /** Puts the parameters back to ones and zeros. */
  resetParameters(): void {
    if (this.weight) init.ones(this.weight);
    if (this.bias) init.zeros(this.bias);
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, { eps: this.eps });
  }

  override describe(): string {
    return `${showShape(this.normalizedShape)}, eps=${this.eps}, elementwiseAffine=${this.weight !== undefined}`;
  }
}
