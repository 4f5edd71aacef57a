/** A matrix product and a bias. I: input features, O: output features. */

import { linear, Parameter, type Tensor, zeros } from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface LinearOptions extends PlaceOptions {
  /** Whether there is a bias. */
  readonly bias?: boolean | undefined;
}

/**
 * A fully connected layer with parameters `weight` [O, I] and `bias` [O], both first drawn uniformly from
 * +-1/sqrt(I).
 *
 * Equation: y = x W^T + b
 *
 * Shapes: x [..., I]; result [..., O].
 *
 * Throws: ShapeError, DTypeError, DeviceError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Linear } from '@tapegrad/nn';
 *
 * const layer = new Linear(20, 30);
 * console.log(layer.forward(ones([128, 20])).shape); // [ 128, 30 ]
 * ```
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(inFeatures: number, outFeatures: number, { bias = true, ...place }: LinearOptions = {}) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros([outFeatures, inFeatures], place));
    if (bias) this.bias = new Parameter(zeros([outFeatures], place));
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    init.kaimingUniform(this.weight, { a: Math.sqrt(5) });
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    if (this.bias) init.uniform(this.bias, { a: -bound, b: bound });
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== undefined}`;
  }
}
