/** Cross-entropy of logits against classes: one op, since it is at the heart of every language model. */

import { ShapeError } from '../errors.ts';
import { program } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import { constant, iota, type Scalar } from '../scalar/scalar.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import { type AnyTensor, empty, type IntTensor, type Tensor } from '../tensor.ts';
import { sum } from './broadcast.ts';
import { checkFloat, checkIndices } from './check.ts';
import { exp, log, neg, sub } from './elementwise.ts';
import { gather } from './indexing.ts';
import { runMap } from './map.ts';
import { largestOf } from './reduce.ts';
import { logSoftmax } from './softmax.ts';
import { only, reshape, unsqueeze } from './view.ts';

/**
 * How surprising each row's target is under softmax(logits), in nats; `crossEntropy` of nn builds on it.
 * N: rows, C: classes.
 *
 * Equation: l[n] = -log softmax(logits[n])[targets[n]], without overflow for any logits
 *
 * Shapes: logits [N, C], targets [N] of i32, result [N]. Units: nats.
 * Throws: ShapeError, DTypeError, IndexError with index, position and range.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 *
 * ```ts
 * import { softmaxCrossEntropy, tensor } from '@tapegrad/core';
 *
 * const logits = tensor([[2, 0], [0, 2000]]);
 * console.log(softmaxCrossEntropy(logits, tensor(Int32Array.of(0, 0)))); // tensor([1.2693e-01, 2.0000e+03])
 * ```
 */
export function softmaxCrossEntropy(logits: Tensor, targets: IntTensor): Tensor {
  checkFloat('softmaxCrossEntropy', logits);
  if (logits.rank !== 2 || targets.rank !== 1 || logits.shape[0] !== targets.shape[0]) {
    throw new ShapeError(
      `softmaxCrossEntropy: expected logits [N, C] and targets [N]: logits is ${showShape(logits.shape)}, targets is ${showShape(targets.shape)}`,
    );
  }
  checkIndices('softmaxCrossEntropy', targets, logits.shape[1]!);
  return only(apply(SOFTMAX_CROSS_ENTROPY, [logits, targets], undefined));
}

/** The loss in plain ops. */
function definition([logits, targets]: readonly Tensor[]): [Tensor] {
  return [neg(chosen(logSoftmax(logits!, 1), targets!))];
}

/** log sum exp(x - m) - (x[target] - m) with m = max x; m and the logarithm too, which the gradient needs again. */
export function rowLosses([logits, targets]: readonly AnyTensor[]): Tensor[] {
  const x = logits as Tensor;
  const { fused } = x.device.kernels;
  if (fused?.softmaxCrossEntropy) {
    const rows = [targets!.shape, [x.shape[0]!, 1], [x.shape[0]!, 1]] as const;
    const [losses, largest, logTotal] = rows.map((shape) => empty(x.device, x.dtype, shape)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    fused.softmaxCrossEntropy(x, targets!, losses, largest, logTotal);
    return [losses, largest, logTotal];
  }
  const largest = largestOf(x, [1]);
  const shifted = sub(x, largest);
  const logTotal = log(sum(exp(shifted), { dim: 1, keepdim: true }));
  return [sub(reshape(logTotal, targets!.shape), chosen(shifted, targets!)), largest, logTotal];
}

/** x[n, targets[n]] for each n */
function chosen(x: Tensor, targets: AnyTensor): Tensor {
  return reshape(gather(x, 1, unsqueeze(targets as unknown as IntTensor, 1)), targets.shape);
}

/** d loss / d logits = g (softmax(logits) - (1 at the target, 0 elsewhere)), the body of a program */
export function crossEntropyGradient(
  x: Scalar,
  largest: Scalar,
  logTotal: Scalar,
  target: Scalar,
  g: Scalar,
): Scalar[] {
  const p = s.exp(s.sub(s.sub(x, largest), logTotal));
  return [s.mul(g, s.where(s.eq(target, iota(-1)), s.sub(p, constant(1)), p))];
}

const GRADIENT = program('softmaxCrossEntropy.vjp', crossEntropyGradient, {
  slots: ['number', 'number', 'number', 'index', 'number'],
});

const SOFTMAX_CROSS_ENTROPY: Op = {
  name: 'softmaxCrossEntropy',
  forward: (inputs) => scope(() => rowLosses(inputs)),
  vjp: ([g], [x, targets], [, largest, logTotal]) => [
    () => runMap(GRADIENT, [x!, largest!, logTotal!, unsqueeze(targets!, 1), unsqueeze(g!, 1)])[0] as unknown as Tensor,
    () => targets!,
  ],
  definition,
};
