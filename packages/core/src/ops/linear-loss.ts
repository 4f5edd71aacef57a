/**
 * A linear layer and the cross-entropy of its logits in one op that never holds all logits: the head of a language model
 * with a large vocabulary. N: rows, H: hidden features, V: vocabulary.
 */

import { DTypeError, ShapeError } from '../errors.ts';
import { type Program, program } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, isRecording, type Op } from '../tape.ts';
import { type AnyTensor, empty, type IntTensor, type Tensor } from '../tensor.ts';
import { expand, sum } from './broadcast.ts';
import { checkFloat, checkIndices } from './check.ts';
import { add, mul } from './elementwise.ts';
import { crossEntropyGradient, rowLosses, softmaxCrossEntropy } from './loss.ts';
import { matmul } from './matmul.ts';
import { contiguous, detach, narrow, only, reshape, transpose, unsqueeze } from './view.ts';

/** Rows whose logits are held at a time, whatever V: so time grows with V as the work does. */
const ROWS = 400;

/**
 * The weighted sum of the cross-entropies of `hidden W^T + b`, in nats. Logits are made for some rows at a time; their
 * gradients take their place, and what they add to the gradients of the inputs is summed up at once. `scale` is the weight
 * of each row (1/N for a mean, 0 for a row that is ignored) and has no gradient.
 *
 * Equation: y = sum_n scale[n] (-log softmax(W hidden[n] + b)[targets[n]])
 *
 * Shapes: hidden [N, H], weight [V, H], bias [V], targets [N] of i32, scale [N]; result a number.
 * Throws: ShapeError, DTypeError, IndexError.
 *
 * ```ts
 * import { linearCrossEntropy, ones, tensor, zeros } from '@tapegrad/core';
 *
 * const targets = tensor(Int32Array.of(0, 3));
 * const loss = linearCrossEntropy(ones([2, 8]), zeros([5, 8]), zeros([5]), targets, tensor([0.5, 0.5]));
 * console.log(loss); // tensor(1.6094)
 * ```
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  targets: IntTensor,
  scale: Tensor,
): Tensor {
  const inputs = [hidden, weight, targets, scale, ...(bias ? [bias] : [])];
  checkOperands(inputs);
  const needed = isRecording() && inputs.some((x) => x.requiresGrad);
  return only(apply(LINEAR_CROSS_ENTROPY, inputs, needed));
}

/** The loss in plain ops. */
function definition([hidden, weight, targets, scale, bias]: readonly AnyTensor[]): [Tensor] {
  const product = matmul(hidden as Tensor, transpose(weight as Tensor));
  const logits = bias ? add(product, bias as Tensor) : product;
  return [sum(mul(softmaxCrossEntropy(logits, targets as unknown as IntTensor), detach(scale as Tensor)))];
}

/** Attributes: whether gradients will be asked for. The outputs behind the loss are those of hidden, weight and bias. */
const LINEAR_CROSS_ENTROPY: Op<boolean> = {
  name: 'linearCrossEntropy',
  forward: (inputs, needed) =>
    scope(() => (inputs[0]!.device.kernels.fused?.linearCrossEntropy ? atOnce : inChunks)(inputs, needed)),
  vjp: ([g], inputs, [, gHidden, gWeight, gBias]) =>
    inputs.map((_, k) => () => mul(g!, [gHidden, gWeight, inputs[k], inputs[k], gBias][k]!)),
  definition: (inputs) => definition(inputs),
};

/** By the kernel of a device that has it. */
function atOnce([hidden, weight, targets, scale, bias]: readonly AnyTensor[], needed: boolean): Tensor[] {
  const { device, dtype } = hidden!;
  const losses = empty(device, dtype, targets!.shape) as Tensor;
  const gradients = needed ? [hidden!, weight!, ...(bias ? [bias] : [])].map((x) => empty(device, dtype, x.shape)) : [];
  const [gHidden, gWeight, gBias] = gradients;
  device.kernels.fused!.linearCrossEntropy!(
    { hidden: hidden!, weight: weight!, targets: targets!, scale: scale!, bias: bias && contiguous(bias) },
    losses,
    gHidden && gWeight && { hidden: gHidden, weight: gWeight, bias: gBias },
  );
  return [sum(mul(losses, scale as Tensor)), ...(gradients as Tensor[])];
}

/** The gradient of the logits, in their place. */
const REPLACE_BY_GRADIENT = program('linearCrossEntropy.vjp', crossEntropyGradient, {
  slots: ['number', 'number', 'number', 'index', 'number'],
  into: [0],
});

const ADD = program('accumulate', (total, x) => [s.add(total, x)], { into: [0] });

/** The same by kernels that every device has. */
function inChunks([hidden, weight, targets, scale, bias]: readonly AnyTensor[], needed: boolean): Tensor[] {
  const { device, dtype } = hidden!;
  const [N, V] = [hidden!.shape[0]!, weight!.shape[0]!];
  const rows = Math.ceil(N / Math.ceil(N / ROWS));
  const logits = empty(device, dtype, [rows, V]);
  const gradients = needed ? [hidden!, weight!].map((x) => empty(device, dtype, x.shape)) : [];
  const gBias = needed && bias ? [empty(device, dtype, [V])] : [];
  let total: Tensor | undefined;
  for (let start = 0; start < N; start += rows) {
    const take = (x: AnyTensor): AnyTensor => narrow(x, 0, start, Math.min(rows, N - start));
    const [h, target, weights] = [take(hidden!), take(targets!), take(scale!)];
    const x = narrow(logits as AnyTensor, 0, 0, h.shape[0]!) as Tensor;
    device.kernels.matmul(h, transpose(weight as Tensor), x, { plus: bias && expand(bias, x.shape) });
    const [losses, largest, logTotal] = rowLosses([x, target]) as [Tensor, Tensor, Tensor];
    const part = sum(mul(losses, weights as Tensor));
    total = total ? add(total, part) : part;
    if (!needed) continue;
    overwrite(REPLACE_BY_GRADIENT, x, largest, logTotal, unsqueeze(target, 1), unsqueeze(weights, 1));
    const [gHidden, gWeight] = gradients as [Tensor, Tensor];
    device.kernels.matmul(x, weight!, take(gHidden as AnyTensor));
    device.kernels.matmul(transpose(x), h, gWeight, { plus: start > 0 ? gWeight : undefined });
    for (const g of gBias) {
      const added = sum(x, { dim: 0 });
      if (start === 0) device.kernels.copy(added, g);
      else overwrite(ADD, g as Tensor, added);
    }
  }
  return [reshape(total!, []), ...(gradients as Tensor[]), ...(gBias as Tensor[])];
}

/** Runs a program whose output takes the place of its first input; the other inputs broadcast. */
function overwrite(step: Program, x: Tensor, ...others: readonly AnyTensor[]): void {
  x.device.kernels.map(step, [x, ...others.map((other) => expand(other, x.shape))], [x], []);
}

function checkOperands([hidden, weight, targets, scale, bias]: readonly AnyTensor[]): void {
  const [N, H] = hidden!.shape;
  const V = weight!.shape[0] ?? 0;
  const fits =
    hidden!.rank === 2 &&
    weight!.rank === 2 &&
    N !== 0 &&
    weight!.shape[1] === H &&
    [targets!, scale!].every(({ shape }) => shape.length === 1 && shape[0] === N) &&
    (!bias || (bias.rank === 1 && bias.shape[0] === V));
  if (!fits) {
    const given = `hidden is ${showShape(hidden!.shape)}, weight is ${showShape(weight!.shape)}, targets is ${showShape(targets!.shape)}, scale is ${showShape(scale!.shape)}${bias ? `, bias is ${showShape(bias.shape)}` : ''}`;
    throw new ShapeError(
      `linearCrossEntropy: expected hidden [N, H], weight [V, H], targets and scale [N], bias [V]: ${given}`,
    );
  }
  for (const x of [hidden!, weight!, scale!, ...(bias ? [bias] : [])]) {
    checkFloat('linearCrossEntropy', x as Tensor);
    if (x.dtype !== hidden!.dtype) {
      throw new DTypeError(
        `linearCrossEntropy: dtypes do not mix: ${hidden!.dtype} and ${x.dtype}; use .cast('${hidden!.dtype}')`,
      );
    }
  }
  checkIndices('linearCrossEntropy', targets!, V);
}
