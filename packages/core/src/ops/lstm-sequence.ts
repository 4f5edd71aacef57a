/**
 * The time loop of the LSTM, forward and back. T: time, B: batch, H: hidden features; gates are packed [B, 4H].
 *
 * A device may run the whole loop in one fused kernel; without one, each step is a small matrix product and the cell's
 * scalar program.
 */

import { program, vjpProgram } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { add } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { select, transpose } from './view.ts';

/** (W x + b, W h, c) -> c', h', and the activations i f g o tanh(c'), which the derived backward reads. */
const CELL = program(
  'lstmCell',
  (xi, xf, xg, xo, hi, hf, hg, ho, c) => {
    const [i, f, g, o] = [
      s.sigmoid(s.add(xi, hi)),
      s.sigmoid(s.add(xf, hf)),
      s.tanh(s.add(xg, hg)),
      s.sigmoid(s.add(xo, ho)),
    ];
    const next = s.add(s.mul(f, c), s.mul(i, g));
    const squashed = s.tanh(next);
    return [next, s.mul(o, squashed), [i, f, g, o, squashed]];
  },
  { slots: [4, 4, 1] },
);

/** The gradients of the gates and of c, from those of c' and h'. Derived, like every backward in this house. */
const CELL_VJP = vjpProgram(CELL, [0, 2], [true, true, false]);

/** All steps: outputs [T, B, H], hn, cn [B, H], and for the way back: cells [T, B, H], activations [T, B, 5H]. */
export function runSteps(fromInput: AnyTensor, h0: AnyTensor, c0: AnyTensor, weightHh: AnyTensor): AnyTensor[] {
  const { device, dtype } = fromInput;
  const [T, B, H] = [fromInput.shape[0]!, fromInput.shape[1]!, h0.shape[1]!];
  const [outputs, cells] = [empty(device, dtype, [T, B, H]), empty(device, dtype, [T, B, H])];
  const saved = empty(device, dtype, [T, B, 5 * H]);
  const { fused } = device.kernels;
  if (fused?.lstmForward) fused.lstmForward(CELL, { fromInput, h0, c0, weightHh }, { outputs, cells, saved });
  else {
    const fromState = empty(device, dtype, [B, 4 * H]);
    const recurrent = transpose(weightHh);
    let [h, c] = [h0, c0];
    for (let t = 0; t < T; t++) {
      const at = (all: AnyTensor): AnyTensor => select(all, 0, t);
      device.kernels.matmul(h, recurrent, fromState);
      device.kernels.map(CELL, [at(fromInput), fromState, c], [at(cells), at(outputs), at(saved)], []);
      [h, c] = [at(outputs), at(cells)];
    }
  }
  return [outputs, copyOf(select(outputs, 0, T - 1)), copyOf(select(cells, 0, T - 1)), cells, saved];
}

/** The way back through the same inputs and outputs: gradients of the gates [T, B, 4H], of h0 and of c0 [B, H]. */
export function runStepsBack(
  [gOutputs, gHn, gCn]: readonly Tensor[],
  [, , c0, , weightHh]: readonly Tensor[],
  [outputs, , , cells, saved]: readonly Tensor[],
): [Tensor, Tensor, Tensor] {
  const { device, dtype, shape } = outputs!;
  const [T, B, H] = shape as [number, number, number];
  const gGates = empty(device, dtype, [T, B, 4 * H]);
  const { fused } = device.kernels;
  if (fused?.lstmBackward) {
    const [gh0, gc0] = [empty(device, dtype, [B, H]), empty(device, dtype, [B, H])];
    const known = {
      gOutputs: gOutputs!,
      gHn: gHn!,
      gCn: gCn!,
      c0: c0!,
      weightHh: weightHh!,
      outputs: outputs!,
      cells: cells!,
      saved: saved!,
    };
    fused.lstmBackward(CELL_VJP, known, { gGates, gh0, gc0 });
    return [gGates, gh0, gc0];
  }
  let [gh, gc] = [gHn!, gCn!];
  for (let t = T - 1; t >= 0; t--) {
    const at = (all: AnyTensor): Tensor => select(all, 0, t) as unknown as Tensor;
    const from = {
      input: [undefined, undefined, t > 0 ? select(cells!, 0, t - 1) : c0],
      output: [at(cells!), at(outputs!), at(saved!)],
      cotangent: [gc, add(at(gOutputs!), gh)],
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
  return [gGates, gh, gc];
}

/** The same values in memory of their own: what holds them keeps nothing else alive. */
export function copyOf(x: AnyTensor): AnyTensor {
  const y = empty(x.device, x.dtype, x.shape);
  x.device.kernels.copy(x, y);
  return y;
}
