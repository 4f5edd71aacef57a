/** A rectifier that learns its slope. C: channels. */

import { full, Parameter, prelu, type Tensor } from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface PReLUOptions extends PlaceOptions {
  /** The slope at first. Default: 0.25. */
  readonly init?: number | undefined;
}

/**
 * A rectifier whose slope below 0 is the parameter `weight`: one for all, or one for each channel (dimension 1). Do without
 * weight decay there.
 *
 * Equation: y = max(x, 0) + weight min(x, 0)
 *
 * Shapes: x [N, C, ...], weight [1] or [C]; result as x.
 *
 * Throws: ShapeError, DTypeError.
 *
 * Source: He et al. 2015, https://arxiv.org/abs/1502.01852; https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { PReLU } from '@tapegrad/nn';
 *
 * const layer = new PReLU();
 * console.log(String(layer.forward(tensor([-2, 4])).detach())); // tensor([-0.5000,  4.0000])
 * ```
 */
export class PReLU extends Module {
  readonly numParameters: number;
  readonly init: number;
  weight: Parameter;

  /** `numParameters`: how many slopes there are, 1 or one for each channel. */
  constructor(numParameters = 1, { init: slope = 0.25, ...place }: PReLUOptions = {}) {
    super();
    this.numParameters = numParameters;
    this.init = slope;
    this.weight = new Parameter(full([numParameters], slope, place));
  }

  /** Puts the slopes back to what they were at first. */
  resetParameters(): void {
    init.constant(this.weight, this.init);
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  override describe(): string {
    return `numParameters=${this.numParameters}`;
  }
}
