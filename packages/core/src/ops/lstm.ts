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

import { showDevice } from '../device/registry.ts';
import { ArgumentError, DeviceError, DTypeError, ShapeError } from '../errors.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { checkFloat } from './check.ts';
import { add, mul, sigmoid, tanh } from './elementwise.ts';
import { chunk, stack, unbind } from './join.ts';
import { linear } from './linear.ts';
import { runSteps, runStepsBack } from './lstm-sequence.ts';
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
  return linear(x, weightIh, biasIh && biasHh && add(biasIh, biasHh));
}

function step(gates: Tensor, c: Tensor): [Tensor, Tensor] {
  const [i, f, g, o] = chunk(gates, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(next)), next];
}

/** A whole sequence at once: one input projection, the time loop, one product for each weight's gradient. */
const LSTM: Op = {
  name: 'lstm',
  forward: ([x, h0, c0, weightIh, weightHh, biasIh, biasHh]) =>
    scope(() => {
      const weights = { weightIh, weightHh, biasIh, biasHh } as unknown as LstmWeights;
      return runSteps(projected(x as Tensor, weights), h0!, c0!, weightHh!);
    }),
  vjp(grads, inputs, outputs) {
    let all: readonly Tensor[] | undefined;
    return inputs.map((_, k) => () => (all ??= backward(grads, inputs, outputs))[k]!);
  },
  definition,
};

/** Backpropagation through time. The gradients of all inputs, in their order. */
function backward(grads: readonly Tensor[], inputs: readonly Tensor[], outputs: readonly Tensor[]): Tensor[] {
  const [x, h0, , weightIh] = inputs as [Tensor, Tensor, Tensor, Tensor];
  const [y] = outputs as [Tensor];
  const [gGates, gh0, gc0] = runStepsBack(grads, inputs, outputs);
  const gWeightIh = matmul(transpose(rows(gGates)), rows(x));
  const gBias = sum(rows(gGates), { dim: 0 });
  return [matmul(gGates, weightIh), gh0, gc0, gWeightIh, recurrentGradient(gGates, h0, y), gBias, gBias];
}

/** dL/dW_hh = sum_t gGates[t]^T h[t-1]: h0 is the state that the first step starts from, y has those of the others. */
function recurrentGradient(gGates: Tensor, h0: Tensor, y: Tensor): Tensor {
  const sum = matmul(transpose(select(gGates, 0, 0)), h0);
  const later = y.shape[0]! - 1;
  if (later > 0) {
    const [g, states] = [rows(narrow(gGates, 0, 1, later)), rows(narrow(y, 0, 0, later))];
    sum.device.kernels.matmul(transpose(g), states, sum, { plus: sum });
  }
  return sum;
}

/** [T, B, N] as [T B, N]. */
function rows(x: Tensor): Tensor {
  const [T, B, N] = x.shape as [number, number, number];
  return reshape(x, [T * B, N]);
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
        `lstm: operands are on two devices: x is on ${showDevice(x.device)}, ${name} on ${showDevice(given.device)}`,
      );
  }
}
