/** Layers in a row. */

import { type AnyTensor, ArgumentError, type Tensor } from '@tapegrad/core';
import { Module } from './module.ts';

/** A module that turns one tensor into one tensor. */
export interface Layer extends Module {
  forward(x: AnyTensor): Tensor;
}

/**
 * Applies layers one after the other. In a state dict each has its position: `0.weight`, `2.weight`.
 *
 * Equation: y = f_n(... f_1(f_0(x)))
 *
 * Shapes: of the first layer's input and the last layer's output.
 *
 * Throws: ArgumentError where there is no layer; whatever a layer throws.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 *
 * ```ts
 * import { ones } from '@tapegrad/core';
 * import { Linear, Sequential, Tanh } from '@tapegrad/nn';
 *
 * const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 3));
 * console.log(model.forward(ones([5, 2])).shape); // [ 5, 3 ]
 * console.log([...model.stateDict().keys()].join(' ')); // 0.weight 0.bias 2.weight 2.bias
 * ```
 */
export class Sequential extends Module {
  readonly #layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    if (layers.length === 0) throw new ArgumentError('Sequential: expected at least one layer; given none');
    for (const [k, layer] of layers.entries()) {
      if (!(layer instanceof Module))
        throw new ArgumentError(`Sequential: expected modules; argument ${k} is ${String(layer)}`);
      this.registerModule(String(k), layer);
    }
    this.#layers = layers;
  }

  /** How many layers there are. */
  get length(): number {
    return this.#layers.length;
  }

  /** The layer at a position; negative ones count from the end. */
  at(position: number): Layer | undefined {
    return this.#layers.at(position);
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.#layers[Symbol.iterator]();
  }

  forward(x: AnyTensor): Tensor {
    return this.#layers.reduce((y, layer) => layer.forward(y), x) as Tensor;
  }
}
