/** Operations that users define. */

import { viewOf } from './ops/view.ts';
import { scope } from './scope.ts';
import { apply } from './tape.ts';
import type { AnyTensor, Tensor } from './tensor.ts';

/** What `defineOp` makes an operation of. A is the type of its attributes: what is not a tensor. */
export interface OpDefinition<A> {
  /** Its name in error messages, traces and printed tensors. */
  readonly name: string;
  /** Computes the output. Nothing is recorded meanwhile, so any operation may be used. */
  readonly forward: (inputs: readonly Tensor[], attributes: A) => Tensor;
  /**
   * A thunk per input that gives dL/d(input) from g = dL/d(output), called only where it is needed. Written in
   * operations, so that gradients of gradients exist; `gradgradcheck` tells whether they are right.
   */
  readonly vjp: (g: Tensor, inputs: readonly Tensor[], output: Tensor, attributes: A) => readonly (() => Tensor)[];
}

/**
 * A differentiable function from a forward and its vector-Jacobian product.
 *
 * ```ts
 * import { defineOp, tensor } from '@tapegrad/core';
 *
 * const cube = defineOp({
 *   name: 'cube',
 *   forward: ([x]) => x!.mul(x!).mul(x!),
 *   vjp: (g, [x]) => [() => g.mul(x!).mul(x!).mul(3)], // d x^3 = 3 x^2 dx
 * });
 * const x = tensor([2], { requiresGrad: true });
 * cube([x]).sum().backward();
 * console.log(String(x.grad)); // tensor([12.])
 * ```
 */
export function defineOp<A = undefined>({
  name,
  forward,
  vjp,
}: OpDefinition<A>): (inputs: readonly Tensor[], ...attributes: A extends undefined ? [] : [A]) => Tensor {
  const op = {
    name,
    forward(inputs: readonly AnyTensor[], attributes: A): Tensor[] {
      const y = scope(() => forward(inputs as readonly Tensor[], attributes));
      return [viewOf(y, y.shape, y.strides)]; // it may be an input, or a tensor that has a node of its own
    },
    vjp: ([g]: readonly Tensor[], inputs: readonly Tensor[], [output]: readonly Tensor[], attributes: A) =>
      vjp(g!, inputs, output!, attributes),
  };
  return (inputs, ...[attributes]) => apply(op, inputs, attributes as A)[0] as Tensor;
}
