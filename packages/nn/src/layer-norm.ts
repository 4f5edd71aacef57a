/** Layer normalisation. D: the dimensions that are normalised, the last ones. */

import { ArgumentError, ones, Parameter, type Shape, ShapeError, showShape, type Tensor, zeros } from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface LayerNormFunctionOptions {
  /** Added to the variance: 1e-5 where it is not given. */
  readonly eps?: number | undefined;
}

/**
 * Takes out the mean and the scale of the last dimensions, for each of the others by itself.
 *
 * Equation: y = (x - mean) / sqrt(var + eps) * weight + bias, var being the mean of (x - mean)^2
 *
 * Shapes: x [..., ...D], weight and bias D; result like x.
 *
 * Throws: ShapeError, DTypeError, DeviceError.
 *
 * Source: Ba et al. 2016; https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { layerNorm } from '@tapegrad/nn';
 *
 * console.log(String(layerNorm(tensor([[1, 2, 3], [10, 20, 30]]), [3])));
 * // tensor([[-1.2247,  0.0000,  1.2247],
 * //         [-1.2247,  0.0000,  1.2247]])
 * ```
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight?: Tensor,
  bias?: Tensor,
  { eps = 1e-5 }: LayerNormFunctionOptions = {},
): Tensor {
  const first = x.rank - normalizedShape.length;
  if (normalizedShape.length === 0 || first < 0 || x.shape.slice(first).join() !== normalizedShape.join()) {
    throw new ShapeError(
      `layerNorm: expected x to end in the normalised shape: x is ${showShape(x.shape)}, normalizedShape is ${showShape(normalizedShape)}`,
    );
  }
  for (const [name, given] of Object.entries({ weight, bias })) {
    if (given && given.shape.join() !== normalizedShape.join()) {
      throw new ShapeError(
        `layerNorm: ${name} is ${showShape(given.shape)}, expected normalizedShape ${showShape(normalizedShape)}`,
      );
    }
  }
  const dim = normalizedShape.map((_, d) => first + d);
  const centre = (y: Tensor): Tensor => y.sub(y.mean({ dim, keepdim: true }));
  const centred = centre(centre(x)); // twice: f32 cannot tell a mean of 1e4 to better than 0.0005
  const scale = centred.square().mean({ dim, keepdim: true }).add(eps).rsqrt();
  const y = centred.mul(scale);
  const scaled = weight ? y.mul(weight) : y;
  return bias ? scaled.add(bias) : scaled;
}

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
