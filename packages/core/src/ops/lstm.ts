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

import { scope } from '../scope.ts';
import { apply, type Op } from '../tape.ts';
import { empty, type Tensor } from '../tensor.ts';
import { add, mul, sigmoid, tanh } from './elementwise.ts';
import { chunk, stack, unbind } from './join.ts';
import { linear } from './linear.ts';
import { runSteps, runStepsBack } from './lstm-sequence.ts';
import { matmul } from './matmul.ts';
import { checkBiases, checkSequence } from './recurrent.ts';
import { flip, narrow, reshape, select, transpose } from './view.ts';

/** The weights of one layer and direction. D: input features, H: hidden features, P: projected features, H without weightHr. */
export interface LstmWeights {
  /** [4H, D] */
  readonly weightIh: Tensor;
  /** [4H, P] */
  readonly weightHh: Tensor;
  /** [4H]; none where it is not given. */
  readonly biasIh?: Tensor | undefined;
  /** [4H]; given with `biasIh`, or not at all. */
  readonly biasHh?: Tensor | undefined;
  /** [P, H], of a projection: h' = W_hr (o tanh(c')). */
  readonly weightHr?: Tensor | undefined;
}

/**
 * One step of an LSTM, in plain operations.
 *
 * Equation: i, f, o = sigmoid(...), g = tanh(...), each of W_ih x + b_ih + W_hh h + b_hh; c' = f c + i g; h' = o
 * tanh(c'), or W_hr (o tanh(c')) with a projection
 *
 * Shapes: x [B, D], h and c [B, H]; result [h', c'], each [B, H]. With a projection h and h' are [B, P].
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
  return step(projected(x, weights), [h, c], weights);
}

/**
 * An LSTM over a whole sequence, in one recorded operation; with a projection it is recorded step by step. `reverse`
 * (default: false) runs from the last step to the first; outputs stay in the input's order.
 *
 * Equation: (h[t], c[t]) = lstmCell(x[t], (h[t-1], c[t-1])), from h0 and c0
 *
 * Shapes: x [T, B, D], h0 and c0 [B, H]; result [outputs [T, B, H], hn [B, H], cn [B, H]]. With a projection P takes
 * the place of H in h0, outputs and hn.
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
  const [y, hn, cn] = weights.weightHr
    ? stepByStep(ordered, [h0, c0], weights)
    : (apply(LSTM, [ordered, h0, c0, weightIh, weightHh, ...biases], undefined) as readonly Tensor[]);
  return [reverse ? flip(y!, [0]) : y!, hn!, cn!];
}

/** The LSTM in plain ops. Inputs: x, h0, c0, weightIh, weightHh, and the two biases if there are any. */
function definition([x, h0, c0, weightIh, weightHh, biasIh, biasHh]: readonly Tensor[]): Tensor[] {
  return stepByStep(x!, [h0!, c0!], { weightIh: weightIh!, weightHh: weightHh!, biasIh, biasHh });
}

function stepByStep(x: Tensor, state: readonly [Tensor, Tensor], weights: LstmWeights): Tensor[] {
  let [h, c] = state;
  const outputs = unbind(projected(x, weights)).map((fromInput) => {
    [h, c] = step(fromInput, [h, c], weights);
    return h;
  });
  return [stack(outputs), h, c];
}

/** W_ih x + b_ih + b_hh: what does not depend on the state. */
function projected(x: Tensor, { weightIh, biasIh, biasHh }: LstmWeights): Tensor {
  return linear(x, weightIh, biasIh && biasHh && add(biasIh, biasHh));
}

function step(
  fromInput: Tensor,
  [h, c]: readonly [Tensor, Tensor],
  { weightHh, weightHr }: LstmWeights,
): [Tensor, Tensor] {
  const gates = add(fromInput, matmul(h, transpose(weightHh)));
  const [i, f, g, o] = chunk(gates, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
  const output = mul(sigmoid(o), tanh(next));
  return [weightHr ? matmul(output, transpose(weightHr)) : output, next];
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
    const [x, h0, , weightIh] = inputs as [Tensor, Tensor, Tensor, Tensor];
    let known: ReturnType<typeof runStepsBack> | undefined;
    const steps = (): ReturnType<typeof runStepsBack> => (known ??= runStepsBack(grads, inputs, outputs));
    return [
      () => matmul(steps()[0], weightIh),
      () => steps()[1],
      () => steps()[2],
      () => matmul(transpose(rows(steps()[0])), rows(x)),
      () => recurrentGradient(steps()[0], h0, outputs[0]!),
      () => steps()[3],
      () => steps()[3],
    ];
  },
  definition,
};

/** The sum over t of gGates[t]^T h[t-1]: the states that steps started from are h0 and all outputs but the last. */
function recurrentGradient(gGates: Tensor, h0: Tensor, outputs: Tensor): Tensor {
  const { device, dtype, shape } = gGates;
  const T = shape[0]!;
  const gWeight = empty(device, dtype, [shape[2]!, h0.shape[1]!]);
  device.kernels.matmul(transpose(select(gGates, 0, 0)), h0, gWeight);
  const later = [narrow(gGates, 0, 1, T - 1), narrow(outputs, 0, 0, T - 1)].map(rows) as [Tensor, Tensor];
  device.kernels.matmul(transpose(later[0]), later[1], gWeight, { plus: gWeight });
  return gWeight;
}

/** [T, B, ...] as [T B, ...] */
function rows(x: Tensor): Tensor {
  return reshape(x, [x.shape[0]! * x.shape[1]!, x.shape[2]!]);
}

function checkOperands(x: Tensor, h0: Tensor, c0: Tensor, weights: LstmWeights): void {
  const { weightIh, weightHh, biasIh, biasHh, weightHr } = weights;
  const P = weightHh.shape[1] ?? 0;
  const H = weightHr ? (weightHr.shape[1] ?? 0) : P;
  const [, B, D] = x.shape;
  checkBiases('lstm', weights);
  checkSequence('lstm', x, weightHh, {
    h0: [h0, [B, P]],
    c0: [c0, [B, H]],
    weightIh: [weightIh, [4 * H, D]],
    weightHh: [weightHh, [4 * H, P]],
    biasIh: [biasIh, [4 * H]],
    biasHh: [biasHh, [4 * H]],
    weightHr: [weightHr, [P, H]],
  });
}
