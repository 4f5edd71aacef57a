/** The scalar floor's front door, exported by core as the namespace `scalar`. */

export { type Program, type ProgramOptions, program, vjpProgram } from './program.ts';
export * from './rules.ts';
export { constant, input, iota, type Kind, nodesOf, Scalar, uniform } from './scalar.ts';
export { evaluate } from './to-js.ts';
export { gradients } from './vjp.ts';
