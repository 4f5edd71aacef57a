/** Dropout. */

import { ArgumentError, dropout, type Tensor } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * Drops elements at random while training, and is the identity in evaluation mode.
 *
 * Equation: y = x m / (1 - p), each m being 0 with probability p, else 1: the expectation of y is x.
 *
 * Shapes: any; the result has the input's shape.
 *
 * Throws: ArgumentError unless 0 <= p <= 1, DTypeError.
 *
 * Source: Srivastava et al. 2014; https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Dropout } from '@tapegrad/nn';
 *
 * const layer = new Dropout(0.5);
 * layer.forward(ones([4])); // zeros and twos
 * console.log(String(layer.eval().forward(ones([4])))); // tensor([1., 1., 1., 1.])
 * ```
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`Dropout: expected a probability from 0 to 1; given ${p}`);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training });
  }

  override describe(): string {
    return `p=${this.p}`;
  }
}
