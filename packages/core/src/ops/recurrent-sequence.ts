/**
 * A cell over a whole sequence in one recorded operation: one product for all inputs, a loop that touches only the state,
 * and on the way back one product for each weight. T: time, B: batch, D: input features, H: hidden features, G: gates.
 */

import { filled } from '../create.ts';
import { type Program, program, vjpProgram } from '../scalar/program.ts';
import { add as plus } from '../scalar/rules.ts';
import { scope } from '../scope.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { expand, sum } from './broadcast.ts';
import { add } from './elementwise.ts';
import { cat, stack, unbind } from './join.ts';
import { copyOf } from './lstm-sequence.ts';
import { matmul } from './matmul.ts';
import {
  type Cell,
  checkBiases,
  checkSequence,
  projected,
  type RecurrentWeights,
  runCell,
  type SequenceOptions,
  stateBias,
} from './recurrent.ts';
import { flip, narrow, reshape, select, transpose } from './view.ts';

/** x [T, B, D] and h0 [B, H] give outputs [T, B, H] and hn [B, H]. */
export type RunSequence = (
  x: Tensor,
  h0: Tensor,
  weights: RecurrentWeights,
  options?: SequenceOptions,
) => [outputs: Tensor, hn: Tensor];

/** The operation over a whole sequence that a cell makes. */
export function overSequence(cell: Cell): RunSequence {
  const op = sequenceOp(cell);
  return (x, h0, weights, { reverse = false } = {}) => {
    checkOperands(cell, x, h0, weights);
    const { weightIh, weightHh, biasIh, biasHh } = weights;
    const biases = biasIh && biasHh ? [biasIh, biasHh] : [];
    const ordered = reverse ? flip(x, [0]) : x;
    const [y, hn] = apply(op, [ordered, h0, weightIh, weightHh, ...biases], undefined) as readonly Tensor[];
    return [reverse ? flip(y!, [0]) : y!, hn!];
  };
}

/** Inputs: x, h0, weightIh, weightHh, and the two biases if there are any. Outputs: all h, hn, and what is saved. */
function sequenceOp(cell: Cell): Op {
  const vjp = vjpProgram(
    cell.program,
    [0, 1, 3],
    cell.program.outputs.map((_, k) => k === 0),
  );
  return {
    name: cell.name,
    forward: (inputs) => scope(() => runSteps(cell.program, inputs as readonly Tensor[])),
    vjp(grads, inputs, outputs) {
      let all: readonly Tensor[] | undefined;
      const gradients = (): readonly Tensor[] =>
        (all ??= fromGates(inputs, outputs[0]!, runStepsBack(vjp, grads, inputs, outputs)));
      return inputs.map((_, k) => () => gradients()[k]!);
    },
    definition(inputs) {
      const [x, h0] = inputs as readonly [Tensor, Tensor];
      let h = h0;
      const outputs = unbind(x).map((xt) => (h = runCell(cell, xt, h, weightsOf(inputs))));
      return [stack(outputs), h];
    },
  };
}

function runSteps(step: Program, inputs: readonly Tensor[]): AnyTensor[] {
  const [x, h0] = inputs as readonly [Tensor, Tensor];
  const { device, dtype } = x;
  const [T, B, H] = [x.shape[0]!, x.shape[1]!, h0.shape[1]!];
  const weights = weightsOf(inputs);
  const fromInput = projected(x, weights);
  const fromState = empty(device, dtype, [B, fromInput.shape[2]!]);
  const bias = expand(stateBias(weights), fromState.shape);
  const recurrent = transpose(weights.weightHh);
  const results = step.outputs.map(({ lanes }) => empty(device, dtype, [T, B, lanes.length * H]));
  let h: AnyTensor = h0;
  for (let t = 0; t < T; t++) {
    const at = (all: AnyTensor): AnyTensor => select(all, 0, t);
    device.kernels.matmul(h, recurrent, fromState);
    device.kernels.map(step, [at(fromInput), fromState, bias, h], results.map(at), []);
    h = at(results[0]!);
  }
  return [results[0]!, copyOf(h), ...results.slice(1)];
}

/** Gradients of the gates, as far as they come from the inputs and from the states, [T, B, GH], and of h0. */
interface GateGradients {
  readonly gFromInput: Tensor;
  readonly gFromState: Tensor;
  readonly gh0: Tensor;
}

function runStepsBack(
  vjp: ReturnType<typeof vjpProgram>,
  [gOutputs, gHn]: readonly Tensor[],
  [, h0, weightIh, weightHh]: readonly Tensor[],
  [y, , ...saved]: readonly Tensor[],
): GateGradients {
  const { device, dtype } = y!;
  const [T, B, H] = y!.shape as [number, number, number];
  const gates = [T, B, weightIh!.shape[0]!];
  const [gFromInput, gFromState] = [empty(device, dtype, gates), empty(device, dtype, gates)];
  // What a state gets from the step after it: through the product, and beside it. In all it gets gh.
  const [through, beside, gh] = [copyOf(gHn!), filled(device, dtype, [B, H], 0), empty(device, dtype, [B, H])];
  for (let t = T - 1; t >= 0; t--) {
    const at = (all: AnyTensor): AnyTensor => select(all, 0, t);
    device.kernels.map(TOTAL, [at(gOutputs!), through, beside], [gh], []);
    const known = {
      input: [undefined, undefined, undefined, t > 0 ? select(y!, 0, t - 1) : h0],
      output: [y!, ...saved].map(at),
      cotangent: [gh],
    };
    const sources = vjp.sources.map(({ from, index }) => known[from][index]!);
    device.kernels.map(vjp.program, sources, [at(gFromInput), at(gFromState), beside], []);
    device.kernels.matmul(at(gFromState), weightHh!, through);
  }
  return { gFromInput, gFromState, gh0: add(through as Tensor, beside) };
}

const TOTAL = program('total', (a, b, c) => [plus(plus(a!, b!), c!)]);

/** The gradients of all inputs, in their order. */
function fromGates(
  [x, h0, weightIh]: readonly Tensor[],
  y: Tensor,
  { gFromInput, gFromState, gh0 }: GateGradients,
): Tensor[] {
  const [T, B, H] = y.shape as [number, number, number];
  const rows = (all: Tensor): Tensor => reshape(all, [T * B, all.shape[2]!]);
  const states = cat([reshape(h0!, [1, B, H]), narrow(y, 0, 0, T - 1)]); // the state that each step started from
  const [gInputRows, gStateRows] = [rows(gFromInput), rows(gFromState)];
  return [
    matmul(gFromInput, weightIh!),
    gh0,
    matmul(transpose(gInputRows), rows(x!)),
    matmul(transpose(gStateRows), rows(states)),
    sum(gInputRows, { dim: 0 }),
    sum(gStateRows, { dim: 0 }),
  ];
}

function weightsOf(inputs: readonly Tensor[]): RecurrentWeights {
  const [, , weightIh, weightHh, biasIh, biasHh] = inputs;
  return { weightIh: weightIh!, weightHh: weightHh!, biasIh, biasHh };
}

function checkOperands({ name, gates }: Cell, x: Tensor, h0: Tensor, weights: RecurrentWeights): void {
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const H = weightHh.shape[1] ?? 0;
  checkBiases(name, weights);
  checkSequence(name, x, weightHh, {
    h0: [h0, [x.shape[1], H]],
    weightIh: [weightIh, [gates * H, x.shape[2]]],
    weightHh: [weightHh, [gates * H, H]],
    biasIh: [biasIh, [gates * H]],
    biasHh: [biasHh, [gates * H]],
  });
}
