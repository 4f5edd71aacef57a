/** Accuracy. N: rows, C: classes. */

import { type IntTensor, logicalAnd, noGrad, type Tensor } from '@tapegrad/core';
import { type ClassOptions, countedTargets, rowsOf } from '../losses/classes.ts';

export type AccuracyOptions = Pick<ClassOptions, 'ignoreIndex' | 'classDim'>;

/**
 * The share of targets whose class has the largest score; the first one counts where scores are equal. Not recorded.
 *
 * Equation: mean of [argmax_c x[c] = y] over the targets that are not ignored; NaN where all are
 *
 * Shapes: input [C], [N, C] or [N, C, d1, ...], with the classes in dimension `classDim`; targets i32 of the same shape without the
 * classes; result a number. Units: a share from 0 to 1.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://en.wikipedia.org/wiki/Accuracy_and_precision
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { accuracy } from '@tapegrad/nn';
 *
 * const scores = tensor([[2, 0], [0, 2], [3, 1], [5, 4]]);
 * console.log(await accuracy(scores, tensor(Int32Array.of(0, 1, 0, 1))).item()); // 0.75
 * ```
 */
export function accuracy(input: Tensor, targets: IntTensor, options: AccuracyOptions = {}): Tensor {
  return noGrad(() => {
    const rows = rowsOf('accuracy', input, options);
    const { targets: classes, counted } = countedTargets('accuracy', input, rows, targets, options.ignoreIndex ?? -100);
    const right = logicalAnd(rows.rows.argmax({ dim: 1 }).eq(classes), counted);
    return right.cast(input.dtype).sum().div(counted.cast(input.dtype).sum());
  });
}
