/** Activations made of straight lines, as modules. */

import { type HardtanhOptions, hardsigmoid, hardswish, hardtanh, type Tensor, threshold } from '@tapegrad/core';
import { Module } from './module.ts';

/**
 * Cuts off what is below -1 and above 1, or other bounds; at a bound the gradient is 0.
 *
 * Equation: y = min(max(x, min), max)
 *
 * Shapes: any; the result has the input's shape. Throws: ArgumentError unless min < max, DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Hardtanh } from '@tapegrad/nn';
 *
 * console.log(String(new Hardtanh().forward(tensor([-2, 0.5, 3])))); // tensor([-1.0000,  0.5000,  1.0000])
 * ```
 */
export class Hardtanh extends Module {
  readonly min: number;
  readonly max: number;

  constructor({ min = -1, max = 1 }: HardtanhOptions = {}) {
    super();
    this.min = min;
    this.max = max;
  }

  forward(x: Tensor): Tensor {
    return hardtanh(x, { min: this.min, max: this.max });
  }

  override describe(): string {
    return `min=${this.min}, max=${this.max}`;
  }
}

/**
 * A sigmoid of three lines.
 *
 * Equation: y = min(max(x + 3, 0), 6) / 6
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Hardsigmoid } from '@tapegrad/nn';
 *
 * console.log(String(new Hardsigmoid().forward(tensor([-4, 0, 4])))); // tensor([0.0000, 0.5000, 1.0000])
 * ```
 */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/**
 * x times a sigmoid of three lines.
 *
 * Equation: y = x min(max(x + 3, 0), 6) / 6
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: Howard et al. 2019; https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Hardswish } from '@tapegrad/nn';
 *
 * console.log(String(new Hardswish().forward(tensor([-4, 1, 4])))); // tensor([-0.0000, 0.6667, 4.0000])
 * ```
 */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/**
 * Puts a value in place of what is not above a threshold.
 *
 * Equation: y = x where x > threshold, else value
 *
 * Shapes: any; the result has the input's shape. Throws: DTypeError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Threshold } from '@tapegrad/nn';
 *
 * console.log(String(new Threshold(1, -1).forward(tensor([0.5, 2])))); // tensor([-1.,  2.])
 * ```
 */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(threshold: number, value: number) {
    super();
    this.threshold = threshold;
    this.value = value;
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }

  override describe(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}
