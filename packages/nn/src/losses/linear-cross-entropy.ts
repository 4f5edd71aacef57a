/** The head of a language model and its loss in one. N: rows, H: hidden features, V: vocabulary. */

import {
  type AnyTensor,
  type BoolTensor,
  checkIndices,
  type IntTensor,
  linear,
  linearCrossEntropy,
  type Parameter,
  ShapeError,
  showShape,
  type Tensor,
  where,
} from '@tapegrad/core';
import { Linear, type LinearOptions } from '../linear.ts';
import { Module } from '../module.ts';

export interface LinearCrossEntropyOptions extends LinearOptions {
  /** `mean` over the targets that count, where it is not given. */
  readonly reduction?: 'mean' | 'sum' | undefined;
  /** Targets of this class count for nothing. -100 where it is not given. */
  readonly ignoreIndex?: number | undefined;
}

/**
 * A `Linear` layer from hidden features to logits, and the cross-entropy of these: the same loss and gradients as
 * `CrossEntropyLoss` of a `Linear`, but only some rows of logits exist at a time. Its parameters are those of `Linear`.
 * `logits(hidden)` gives all of them, for sampling.
 *
 * Equation: l = mean or sum over n of -log softmax(W hidden[n] + b)[targets[n]]
 *
 * Shapes: hidden [..., H]; targets i32 [...]; result a number.
 *
 * Units: nats.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range.
 *
 * ```ts
 * import { randn, tensor } from '@tapegrad/core';
 * import { LinearCrossEntropyLoss } from '@tapegrad/nn';
 *
 * const head = new LinearCrossEntropyLoss(16, 10_000);
 * const targets = tensor([[3, 1], [4, 1]], { dtype: 'i32' });
 * const loss = head.forward(randn([2, 2, 16]), targets);
 * console.log(loss.shape, head.logits(randn([16])).shape); // [] [ 10000 ]
 * ```
 */
export class LinearCrossEntropyLoss extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | undefined;
  readonly options: LinearCrossEntropyOptions;

  constructor(inFeatures: number, outFeatures: number, options: LinearCrossEntropyOptions = {}) {
    super();
    const { weight, bias } = new Linear(inFeatures, outFeatures, options);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = weight;
    this.bias = bias;
    this.options = options;
  }

  forward(hidden: Tensor, targets: AnyTensor): Tensor {
    const { reduction = 'mean', ignoreIndex = -100 } = this.options;
    const { safe, counted } = this.#check(hidden, targets, ignoreIndex);
    const counts = counted.cast(hidden.dtype).reshape([safe.size]) as Tensor;
    const scale = reduction === 'sum' ? counts : counts.div(counts.sum());
    const rows = hidden.reshape([safe.size, this.inFeatures]);
    return linearCrossEntropy(rows, this.weight, this.bias, safe.reshape([safe.size]), scale);
  }

  /** All logits, [..., V]: what `Linear` would give. */
  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.weight, this.bias);
  }

  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== undefined}`;
  }

  /** Targets with 0 where they are ignored, and where they are not. */
  #check(hidden: Tensor, targets: AnyTensor, ignoreIndex: number): { safe: IntTensor; counted: BoolTensor } {
    const op = 'linearCrossEntropy';
    const expected = hidden.shape.slice(0, -1);
    if (hidden.shape.at(-1) !== this.inFeatures || targets.shape.join() !== expected.join()) {
      throw new ShapeError(
        `${op}: expected hidden [..., ${this.inFeatures}] and targets [...]: hidden is ${showShape(hidden.shape)}, targets are ${showShape(targets.shape)}`,
      );
    }
    if (targets.dtype !== 'i32') checkIndices(op, targets, this.outFeatures); // it says how to make i32
    const counted = (targets as unknown as IntTensor).ne(ignoreIndex);
    const safe = where(counted, targets as unknown as IntTensor, 0);
    checkIndices(op, safe, this.outFeatures);
    return { safe, counted };
  }
}
