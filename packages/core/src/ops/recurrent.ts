/**
 * What recurrent layers share, and the step of those whose state is what they put out: `rnn` and `gru` are rows of it.
 * T: time, B: batch, D: input features, H: hidden features, G: gates.
 */

import { filled } from '../create.ts';
import { showDevice } from '../device/registry.ts';
import { ArgumentError, DeviceError, DTypeError, ShapeError } from '../errors.ts';
import { type Program, program } from '../scalar/program.ts';
import { type Shape, showShape } from '../shape.ts';
import { apply } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { checkFloat } from './check.ts';
import { add } from './elementwise.ts';
import { mapOp } from './map.ts';
import { matmul } from './matmul.ts';
import { transpose } from './view.ts';

/** The weights of one layer and direction. G: gates, 1 of an RNN and 3 of a GRU; D: input features, H: hidden features. */
export interface RecurrentWeights {
  /** [GH, D] */
  readonly weightIh: Tensor;
  /** [GH, H] */
  readonly weightHh: Tensor;
  /** [GH]; none where it is not given. */
  readonly biasIh?: Tensor | undefined;
  /** [GH]; given with `biasIh`, or not at all. */
  readonly biasHh?: Tensor | undefined;
}

/** Which way a layer reads. */
export interface SequenceOptions {
  /** From the last step to the first; outputs stay in the input's order. Default: false. */
  readonly reverse?: boolean | undefined;
}

/** The step of a layer. */
export interface Cell {
  /** What the operation over a whole sequence is called; one step adds `Cell`. */
  readonly name: string;
  readonly gates: number;
  /** (W_ih x + b_ih, W_hh h, b_hh, h) -> h', and what its derived backward reads beside h and h'. */
  readonly program: Program;
}

export function defineCell(name: string, gates: number, body: Parameters<typeof program>[1]): Cell {
  return { name, gates, program: program(`${name}Cell`, body, { slots: [gates, gates, gates, 1] }) };
}

/** One step: x [B, D] and h [B, H] give h' [B, H]. */
export function runCell(cell: Cell, x: Tensor, h: Tensor, weights: RecurrentWeights): Tensor {
  checkBiases(`${cell.name}Cell`, weights);
  const fromState = matmul(h, transpose(weights.weightHh));
  return apply(mapOp(cell.program), [projected(x, weights), fromState, stateBias(weights), h], [])[0] as Tensor;
}

/** W_ih x + b_ih: what does not depend on the state. */
export function projected(x: Tensor, { weightIh, biasIh }: RecurrentWeights): Tensor {
  const y = matmul(x, transpose(weightIh));
  return biasIh ? add(y, biasIh) : y;
}

/** b_hh, or zeros in its place. */
export function stateBias({ weightHh, biasHh }: RecurrentWeights): Tensor {
  return biasHh ?? filled(weightHh.device, weightHh.dtype, [weightHh.shape[0]!], 0);
}

/** Throws: ArgumentError for one bias without the other. */
export function checkBiases(op: string, { biasIh, biasHh }: Pick<RecurrentWeights, 'biasIh' | 'biasHh'>): void {
  if (!biasIh !== !biasHh)
    throw new ArgumentError(`${op}: expected both biases or none; given only ${biasIh ? 'biasIh' : 'biasHh'}`);
}

/**
 * Checks x [T, B, D], and the state and weights beside it, each with the shape it should have.
 *
 * Throws: ShapeError, DTypeError, DeviceError.
 */
export function checkSequence(
  op: string,
  x: Tensor,
  weightHh: Tensor,
  expected: Readonly<Record<string, readonly [given: Tensor | undefined, shape: readonly (number | undefined)[]]>>,
): void {
  if (x.rank !== 3 || x.shape[0] === 0)
    throw new ShapeError(`${op}: expected x [T, B, D] with at least one time step; given ${showShape(x.shape)}`);
  checkFloat(op, x);
  for (const [name, [given, shape]] of Object.entries(expected)) {
    if (given && given.shape.join() !== shape.join()) {
      throw new ShapeError(
        `${op}: ${name} is ${showShape(given.shape)}, expected ${showShape(shape as Shape)}: x is ${showShape(x.shape)}, weightHh is ${showShape(weightHh.shape)}`,
      );
    }
    if (given && given.dtype !== x.dtype)
      throw new DTypeError(
        `${op}: dtypes do not mix: x is ${x.dtype}, ${name} is ${given.dtype}; use .cast('${x.dtype}')`,
      );
    if (given && given.device !== x.device)
      throw new DeviceError(
        `${op}: operands are on two devices: x is on ${showDevice(x.device)}, ${name} on ${showDevice(given.device)}`,
      );
  }
}
