/** Learning from another model. */

import { type AnyTensor, ArgumentError, type Tensor } from '@tapegrad/core';
import type { ClassOptions } from './classes.ts';
import { asRows, rowsOf } from './classes.ts';
import { crossEntropy } from './cross-entropy.ts';
import { checkSameShape } from './elementwise.ts';
import { Loss } from './loss.ts';

/** Options of `distillationLoss`. */
export interface DistillationOptions extends Pick<ClassOptions, 'classDim' | 'ignoreIndex'> {
  /** Softens both distributions: logits are divided by it. Default: 2. */
  readonly temperature?: number | undefined;
  /** The part of the teacher, 0 to 1; the rest is the cross-entropy with the targets. Default: 0.5. */
  readonly alpha?: number | undefined;
}

/**
 * The divergence from a teacher's softened probabilities, mixed with the cross-entropy of the true classes.
 *
 * Equation: l = alpha T^2 mean KL(softmax(z / T) || softmax(x / T)) + (1 - alpha) crossEntropy(x, y)
 *
 * Shapes: student and teacher logits of one shape, classes in dimension `classDim` (1, or 0 of a single row); targets i32
 * of that shape without the classes, or none, and then alpha is 1. Result a number. Units: nats. The teacher gets no
 * gradient.
 *
 * Throws: ShapeError, DTypeError, IndexError, ArgumentError.
 *
 * Source: Hinton et al. 2015, https://arxiv.org/abs/1503.02531
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { distillationLoss } from '@tapegrad/nn';
 *
 * const logits = tensor([[1, 2, 3]]);
 * console.log(await distillationLoss(logits, logits).item()); // 0
 * ```
 */
export function distillationLoss(
  student: Tensor,
  teacher: Tensor,
  targets?: AnyTensor,
  { temperature = 2, alpha = targets ? 0.5 : 1, ...classes }: DistillationOptions = {},
): Tensor {
  checkSameShape('distillationLoss', student, teacher);
  if (!(temperature > 0))
    throw new ArgumentError(`distillationLoss: expected a temperature above 0; given ${temperature}`);
  if (!(alpha >= 0 && alpha <= 1))
    throw new ArgumentError(`distillationLoss: expected an alpha from 0 to 1; given ${alpha}`);
  if (!targets && alpha !== 1)
    throw new ArgumentError(`distillationLoss: an alpha of ${alpha} needs targets; without them alpha is 1`);
  const { rows, dim } = rowsOf('distillationLoss', student, classes);
  const soft = (x: Tensor): Tensor => x.div(temperature).logSoftmax(1);
  const [q, p] = [soft(rows), soft(asRows(teacher.detach(), dim))];
  const divergence = p
    .exp()
    .mul(p.sub(q))
    .sum({ dim: 1 })
    .mean()
    .mul(alpha * temperature ** 2);
  return targets && alpha < 1 ? divergence.add(crossEntropy(student, targets, classes).mul(1 - alpha)) : divergence;
}

/** `distillationLoss` as a module. Source: Hinton et al. 2015, https://arxiv.org/abs/1503.02531 */
export class DistillationLoss extends Loss<DistillationOptions> {
  forward(student: Tensor, teacher: Tensor, targets?: AnyTensor): Tensor {
    return distillationLoss(student, teacher, targets, this.options);
  }
}
