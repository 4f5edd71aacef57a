/**
 * Long short-term memory. T: time, B: batch, D: input features, H: hidden features. Gates are packed [.., 4H] in
 * PyTorch's order: input i, forget f, cell g, output o.
 *
 *   i, f, o = sigmoid(...), g = tanh(...)     each of W_ih x + b_ih + W_hh h + b_hh
 *   c' = f c + i g
 *   h' = o tanh(c')
 *
 * Source: Hochreiter & Schmidhuber 1997; https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */

import { ArgumentError, DeviceError, DTypeError, ShapeError } from '../errors.ts';
import { program, vjpProgram } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { checkFloat } from './check.ts';
import { add, mul, sigmoid, tanh } from './elementwise.ts';
import { cat, chunk, stack, unbind } from './join.ts';
import { matmul } from './matmul.ts';
import { flip, narrow, reshape, select, transpose } from './view.ts';

/** The weights of one layer and direction. D: input features, H: hidden features. */
export interface LstmWeights {
  /** [4H, D] */
  readonly weightIh: Tensor;
  /** [4H, H] */
  readonly weightHh: Tensor;
  /** [4H]; none where it is not given. */
  readonly biasIh?: Tensor | undefined;
  /** [4H]; given with `biasIh`, or not at all. */
  readonly biasHh?: Tensor | undefined;
}

/**
 * One step of an LSTM, in plain operations.
 *
 * Equation: i, f, o = sigmoid(...), g = tanh(...), each of W_ih x + b_ih + W_hh h + b_hh; c' = f c + i g; h' = o
 * tanh(c')
 *
 * Shapes: x [B, D], h and c [B, H]; result [h', c'], each [B, H].
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError for one bias without the other.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 *
 * ```ts
 * import { lstmCell, randn, zeros } from '@tapegrad/core';
 *
 * const [B, D, H] = [2, 3, 4];
 * const weights = { weightIh: randn([4 * H, D]), weightHh: randn([4 * H, H]) };
 * const [h, c] = lstmCell(randn([B, D]), [zeros([B, H]), zeros([B, H])], weights);
 * console.log(h.shape, c.shape); // [ 2, 4 ] [ 2, 4 ]
 * ```
 */
export function lstmCell(x: Tensor, [h, c]: readonly [Tensor, Tensor], weights: LstmWeights): [Tensor, Tensor] {
  checkBiases('lstmCell', weights);
  const gates = add(projected(x, weights), matmul(h, transpose(weights.weightHh)));
  return step(gates, c);
}

/**
 * An LSTM over a whole sequence, in one recorded operation. `reverse` (default: false) runs from the last step to the
 * first; outputs stay in the input's order.
 *
 * Equation: (h[t], c[t]) = lstmCell(x[t], (h[t-1], c[t-1])), from h0 and c0
 *
 * Shapes: x [T, B, D], h0 and c0 [B, H]; result [outputs [T, B, H], hn [B, H], cn [B, H]].
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError for one bias without the other.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 *
 * ```ts
 * import { lstm, randn, zeros } from '@tapegrad/core';
 *
 * const [T, B, D, H] = [5, 2, 3, 4];
 * const weights = { weightIh: randn([4 * H, D]), weightHh: randn([4 * H, H]) };
 * const [outputs, hn] = lstm(randn([T, B, D]), [zeros([B, H]), zeros([B, H])], weights);
 * console.log(outputs.shape, hn.shape); // [ 5, 2, 4 ] [ 2, 4 ]
 * ```
 */
export function lstm(
  x: Tensor,
  [h0, c0]: readonly [Tensor, Tensor],
  weights: LstmWeights,
  { reverse = false }: { readonly reverse?: boolean | undefined } = {},
): [Tensor, Tensor, Tensor] {
  checkOperands(x, h0, c0, weights);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const biases = biasIh && biasHh ? [biasIh, biasHh] : [];
  const ordered = reverse ? flip(x, [0]) : x;
  const [y, hn, cn] = apply(LSTM, [ordered, h0, c0, weightIh, weightHh, ...biases], undefined) as readonly Tensor[];
  return [reverse ? flip(y!, [0]) : y!, hn!, cn!];
}

/** The LSTM in plain ops. Inputs: x, h0, c0, weightIh, weightHh, and the two biases if there are any. */
function definition([x, h0, c0, weightIh, weightHh, biasIh, biasHh]: readonly Tensor[]): Tensor[] {
  const weights = { weightIh: weightIh!, weightHh: weightHh!, biasIh, biasHh };
  let state: [Tensor, Tensor] = [h0!, c0!];
  const outputs = unbind(x!).map((xt) => (state = lstmCell(xt, state, weights))[0]);
  return [stack(outputs), ...state];
}

/** W_ih x + b_ih + b_hh: what does not depend on the state. */
function projected(x: Tensor, { weightIh, biasIh, biasHh }: LstmWeights): Tensor {
  const y = matmul(x, transpose(weightIh));
  return biasIh && biasHh ? add(y, add(biasIh, biasHh)) : y;
}

function step(gates: Tensor, c: Tensor): [Tensor, Tensor] {
  const [i, f, g, o] = chunk(gates, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(next)), next];
}

// ---- the whole sequence: one input projection, a loop of small products, one product per weight gradient ------------

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

const LSTM: Op = {
  name: 'lstm',
  forward: (inputs) => scope(() => runSequence(inputs)),
  vjp(grads, inputs, outputs) {
    let all: readonly Tensor[] | undefined;
    return inputs.map((_, k) => () => (all ??= backward(grads, inputs, outputs))[k]!);
  },
  definition,
};

/** Outputs, hn, cn, and for the backward pass: the cell states and activations of all steps. */
function runSequence([x, h0, c0, weightIh, weightHh, biasIh, biasHh]: readonly AnyTensor[]): AnyTensor[] {
  const { device, dtype } = x!;
  const [T, B, H] = [x!.shape[0]!, x!.shape[1]!, h0!.shape[1]!];
  const weights = { weightIh, weightHh, biasIh, biasHh } as unknown as LstmWeights;
  const fromInput = projected(x as Tensor, weights);
  const fromState = empty(device, dtype, [B, 4 * H]);
  const recurrent = transpose(weights.weightHh);
  const [outputs, cells, saved] = [
    empty(device, dtype, [T, B, H]),
    empty(device, dtype, [T, B, H]),
    empty(device, dtype, [T, B, 5 * H]),
  ];
  let [h, c]: AnyTensor[] = [h0!, c0!];
  for (let t = 0; t < T; t++) {
    const at = (all: AnyTensor): AnyTensor => select(all, 0, t);
    device.kernels.matmul(h!, recurrent, fromState);
    device.kernels.map(CELL, [at(fromInput), fromState, c!], [at(cells), at(outputs), at(saved)], []);
    [h, c] = [at(outputs), at(cells)];
  }
  return [outputs, copyOf(h!), copyOf(c!), cells, saved];
}

/** Backpropagation through time. The gradients of all inputs, in their order. */
function backward(grads: readonly Tensor[], inputs: readonly Tensor[], outputs: readonly Tensor[]): Tensor[] {
  const [gOutputs, gHn, gCn] = grads as [Tensor, Tensor, Tensor];
  const [x, h0, c0, weightIh, weightHh] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const [y, , , cells, saved] = outputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const [T, B, H] = y.shape as [number, number, number];
  const { device, dtype } = x;
  const gGates = empty(device, dtype, [T, B, 4 * H]);
  let [gh, gc] = [gHn, gCn];
  for (let t = T - 1; t >= 0; t--) {
    const at = (all: AnyTensor): Tensor => select(all, 0, t) as unknown as Tensor;
    const from = {
      input: [undefined, undefined, t > 0 ? select(cells, 0, t - 1) : c0],
      output: [at(cells), at(y), at(saved)],
      cotangent: [gc, add(at(gOutputs), gh)],
    };
    const gcBefore = empty(device, dtype, [B, H]);
    device.kernels.map(
      CELL_VJP.program,
      CELL_VJP.sources.map((source) => from[source.from][source.index]!),
      [at(gGates), gcBefore],
      [],
    );
    [gh, gc] = [matmul(at(gGates), weightHh), gcBefore];
  }
  const rows = (all: Tensor): Tensor => reshape(all, [T * B, all.shape[2]!]);
  const states = cat([reshape(h0, [1, B, H]), narrow(y, 0, 0, T - 1)]); // the state that each step started from
  const gRows = transpose(rows(gGates));
  const gBias = sum(rows(gGates), { dim: 0 });
  return [matmul(gGates, weightIh), gh, gc, matmul(gRows, rows(x)), matmul(gRows, rows(states)), gBias, gBias];
}

function copyOf(x: AnyTensor): AnyTensor {
  const y = empty(x.device, x.dtype, x.shape);
  x.device.kernels.copy(x, y);
  return y;
}

function checkBiases(op: string, { biasIh, biasHh }: LstmWeights): void {
  if (!biasIh !== !biasHh)
    throw new ArgumentError(`${op}: expected both biases or none; given only ${biasIh ? 'biasIh' : 'biasHh'}`);
}

function checkOperands(x: Tensor, h0: Tensor, c0: Tensor, weights: LstmWeights): void {
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const H = weightHh.shape[1] ?? 0;
  const [T, B, D] = x.shape;
  const expected: [string, Tensor | undefined, readonly (number | undefined)[]][] = [
    ['h0', h0, [B, H]],
    ['c0', c0, [B, H]],
    ['weightIh', weightIh, [4 * H, D]],
    ['weightHh', weightHh, [4 * H, H]],
    ['biasIh', biasIh, [4 * H]],
    ['biasHh', biasHh, [4 * H]],
  ];
  if (x.rank !== 3 || T === 0)
    throw new ShapeError(`lstm: expected x [T, B, D] with at least one time step; given ${showShape(x.shape)}`);
  checkBiases('lstm', weights);
  checkFloat('lstm', x);
  for (const [name, given, shape] of expected) {
    if (given && given.shape.join() !== shape.join()) {
      throw new ShapeError(
        `lstm: ${name} is ${showShape(given.shape)}, expected [${shape.join(', ')}]: x is ${showShape(x.shape)}, weightHh is ${showShape(weightHh.shape)}`,
      );
    }
    if (given && given.dtype !== x.dtype)
      throw new DTypeError(
        `lstm: dtypes do not mix: x is ${x.dtype}, ${name} is ${given.dtype}; use .cast('${x.dtype}')`,
      );
    if (given && given.device !== x.device)
      throw new DeviceError(
        `lstm: operands are on two devices: x is on ${x.device.name}, ${name} on ${given.device.name}`,
      );
  }
}
