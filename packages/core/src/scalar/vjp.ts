/** The chain rule on scalars: micrograd, with expressions in place of numbers. */

import { add } from './rules.ts';
import { INPUT, nodesOf, type Scalar } from './scalar.ts';

/**
 * The gradient of sum over k of cotangents[k] * outputs[k], with respect to each leaf input that it reaches.
 *
 * Equation: dL/dx = sum over the users u of x of dL/du * du/dx, users before arguments.
 *
 * ```ts
 * import { scalar } from '@tapegrad/core';
 *
 * const { constant, evaluate, gradients, input, mul } = scalar;
 * const x = input(0);
 * const dx = gradients([mul(x, x)], [constant(1)]).get(x)!; // d x^2 = 2 x dx
 * console.log(evaluate([dx], [3])); // [ 6 ]
 * ```
 */
export function gradients(outputs: readonly Scalar[], cotangents: readonly Scalar[]): Map<Scalar, Scalar> {
  const grads = new Map<Scalar, Scalar>();
  const accumulate = (node: Scalar, g: Scalar): void => {
    const sofar = grads.get(node);
    grads.set(node, sofar ? add(sofar, g) : g);
  };
  outputs.forEach((y, k) => {
    accumulate(y, cotangents[k]!);
  });
  for (const node of nodesOf(outputs).reverse()) {
    const g = grads.get(node);
    if (!g) continue;
    node.rule.grad(g, node, ...node.args).forEach((gArg, i) => {
      if (gArg && node.args[i]) accumulate(node.args[i], gArg);
    });
  }
  return new Map([...grads].filter(([node]) => node.rule === INPUT));
}
