/**
 * The time loop of the LSTM, forward and back. T: time, B: batch, H: hidden features; gates are packed [B, 4H].
 *
 * A device may run the whole loop in one fused kernel; without one, each step is a small matrix product and the cell's
 * scalar program.
 */

import { program, vjpProgram } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import type { Scalar } from '../scalar/scalar.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { matmul } from './matmul.ts';
import { select, transpose } from './view.ts';

/** One step: from W x + b + W h and c to c', h' and the activations i f g o. */
function cell([xi, xf, xg, xo, c]: readonly Scalar[]): [next: Scalar, h: Scalar, activations: readonly Scalar[]] {
  const [i, f, g, o] = [s.sigmoid(xi!), s.sigmoid(xf!), s.tanh(xg!), s.sigmoid(xo!)];
  const next = s.add(s.mul(f, c!), s.mul(i, g));
  return [next, s.mul(o, s.tanh(next)), [i, f, g, o]];
}

/** The activations take the place of the gates that they are made of. */
const CELL = program('lstmCell', (...inputs) => cell(inputs), { slots: [4, 1], into: [undefined, undefined, 0] });

/**
 * The gradients of the gates and of c, derived, like every backward in this house. h' is put out and is the next step's
 * state, so it has two gradients to add.
 */
const CELL_VJP = vjpProgram(
  program(
    'lstmCell',
    (...inputs) => {
      const [next, h, activations] = cell(inputs);
      return [next, h, activations, h];
    },
    { slots: [4, 1] },
  ),
  [0, 1],
  [true, true, false, true],
);

/**
 * All steps. `gates` [T, B, 4H] holds W x + b of each, and is overwritten. Outputs [T, B, H], hn, cn [B, H], and for the
 * way back: cells [T, B, H], activations [T, B, 4H].
 */
export function runSteps(gates: AnyTensor, h0: AnyTensor, c0: AnyTensor, weightHh: AnyTensor): AnyTensor[] {
  const { device, dtype } = gates;
  const [T, B, H] = [gates.shape[0]!, gates.shape[1]!, h0.shape[1]!];
  const [outputs, cells] = [empty(device, dtype, [T, B, H]), empty(device, dtype, [T, B, H])];
  const { fused } = device.kernels;
  if (fused?.lstmForward) fused.lstmForward(CELL, { h0, c0, weightHh }, { gates, outputs, cells });
  else {
    const recurrent = transpose(weightHh);
    let [h, c] = [h0, c0];
    for (let t = 0; t < T; t++) {
      const at = (all: AnyTensor): AnyTensor => select(all, 0, t);
      device.kernels.matmul(h, recurrent, at(gates), { plus: at(gates) });
      device.kernels.map(CELL, [at(gates), c], [at(cells), at(outputs), at(gates)], []);
      [h, c] = [at(outputs), at(cells)];
    }
  }
  return [outputs, copyOf(select(outputs, 0, T - 1)), copyOf(select(cells, 0, T - 1)), cells, gates];
}

/** The way back through the same: gradients of the gates [T, B, 4H], of h0 and of c0 [B, H], and of the bias [4H]. */
export function runStepsBack(
  [gOutputs, gHn, gCn]: readonly Tensor[],
  [, , c0, , weightHh]: readonly Tensor[],
  [outputs, , , cells, activations]: readonly Tensor[],
): [Tensor, Tensor, Tensor, Tensor] {
  const { device, dtype, shape } = outputs!;
  const [T, B, H] = shape as [number, number, number];
  const gGates = empty(device, dtype, [T, B, 4 * H]);
  const { fused } = device.kernels;
  if (fused?.lstmBackward) {
    const [gh0, gc0, gBias] = [
      empty(device, dtype, [B, H]),
      empty(device, dtype, [B, H]),
      empty(device, dtype, [B, 4 * H]),
    ];
    const known = {
      gOutputs: gOutputs!,
      gHn: gHn!,
      gCn: gCn!,
      c0: c0!,
      weightHh: weightHh!,
      outputs: outputs!,
      cells: cells!,
      activations: activations!,
    };
    fused.lstmBackward(CELL_VJP, known, { gGates, gh0, gc0, gBias });
    return [gGates, gh0, gc0, sum(gBias, { dim: 0 })];
  }
  let [gh, gc] = [gHn!, gCn!];
  for (let t = T - 1; t >= 0; t--) {
    const at = (all: AnyTensor): Tensor => select(all, 0, t) as unknown as Tensor;
    const from = {
      input: [undefined, t > 0 ? select(cells!, 0, t - 1) : c0],
      output: [at(cells!), at(outputs!), at(activations!)],
      cotangent: [gc, at(gOutputs!), undefined, gh],
    };
    const gcBefore = empty(device, dtype, [B, H]);
    device.kernels.map(
      CELL_VJP.program,
      CELL_VJP.sources.map((source) => from[source.from][source.index]!),
      [at(gGates), gcBefore],
      [],
    );
    [gh, gc] = [matmul(at(gGates), weightHh!), gcBefore];
  }
  return [gGates, gh, gc, sum(gGates, { dim: [0, 1] })];
}

/** The same values in memory of their own: what holds them keeps nothing else alive. */
export function copyOf(x: AnyTensor): AnyTensor {
  const y = empty(x.device, x.dtype, x.shape);
  x.device.kernels.copy(x, y);
  return y;
}
