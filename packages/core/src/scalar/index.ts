/**
 * The scalar floor's front door, exported by core as the namespace `scalar`: expressions of single numbers, their
 * derivatives, and the programs that kernels run. For teaching, for optimizers of your own (`updateInPlace`), for
 * tests.
 *
 * ```ts
 * import { scalar } from '@tapegrad/core';
 *
 * const { constant, evaluate, gradients, input, mul, tanh } = scalar;
 * const [x, y] = [input(0), input(1)];
 * const z = tanh(mul(x, y));
 * const grads = gradients([z], [constant(1)]);
 * const values = evaluate([z, grads.get(x)!, grads.get(y)!], [0.5, 2]);
 * console.log(values.map((value) => value.toFixed(4))); // [ '0.7616', '0.8399', '0.2100' ]
 * ```
 */

export { type Program, type ProgramOptions, program, vjpProgram } from './program.ts';
export * from './rules.ts';
export { constant, input, iota, type Kind, nodesOf, Scalar, uniform } from './scalar.ts';
export { evaluate } from './to-js.ts';
export { gradients } from './vjp.ts';
