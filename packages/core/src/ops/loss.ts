/** Cross-entropy of logits against classes: one op, since it is at the heart of every language model. */

import { ShapeError } from '../errors.ts';
import { program } from '../scalar/program.ts';
import * as s from '../scalar/rules.ts';
import { constant, iota } from '../scalar/scalar.ts';
import { scope } from '../scope.ts';
import { showShape } from '../shape.ts';
import { apply, type Op } from '../tape.ts';
import type { AnyTensor, IntTensor, Tensor } from '../tensor.ts';
import { checkFloat, checkIndices } from './check.ts';
import { sub } from './elementwise.ts';
import { gather } from './indexing.ts';
import { runMap } from './map.ts';
import { logSumExp } from './reduce.ts';
import { only, reshape, unsqueeze } from './view.ts';

/**
 * -log softmax(logits)[target] of each row, in nats.
 *
 * Shapes: logits [N, C], targets [N] of i32, result [N]. Throws: ShapeError, DTypeError, IndexError.
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

/** log sum exp(x) - x[target], and log sum exp(x), which the gradient needs again. */
function definition([logits, targets]: readonly AnyTensor[]): [Tensor, Tensor] {
  const x = logits as Tensor;
  const logTotal = logSumExp(x, { dim: 1 });
  const chosen = reshape(gather(x, 1, unsqueeze(targets as unknown as IntTensor, 1)), logTotal.shape);
  return [sub(logTotal, chosen), logTotal];
}

/** d loss / d logits = softmax(logits) - (1 at the target, 0 elsewhere) */
const GRADIENT = program(
  'softmaxCrossEntropy.vjp',
  (x, logTotal, target, g) => {
    const p = s.exp(s.sub(x, logTotal));
    return [s.mul(g, s.where(s.eq(target, iota(-1)), s.sub(p, constant(1)), p))];
  },
  { slots: ['number', 'number', 'index', 'number'] },
);

const SOFTMAX_CROSS_ENTROPY: Op = {
  name: 'softmaxCrossEntropy',
  forward: (inputs) => scope(() => definition(inputs)),
  vjp: ([g], [x, targets], [, logTotal]) => [
    () => runMap(GRADIENT, [x!, ...[logTotal!, targets!, g!].map((row) => unsqueeze(row, 1))])[0] as unknown as Tensor,
    () => targets!,
  ],
  definition,
};
