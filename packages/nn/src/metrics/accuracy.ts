/** Accuracy. N: rows, C: classes. */

import {
  ArgumentError,
  arange,
  type IntTensor,
  logicalAnd,
  logicalNot,
  logicalOr,
  noGrad,
  type Tensor,
} from '@tapegrad/core';
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

/**
 * The share of targets whose class is among the k with the largest scores; the first one counts where scores are equal. A
 * target whose score is NaN is never among them. Not recorded.
 *
 * Equation: mean of [#{c : x[c] > x[y], or x[c] = x[y] and c < y} < k] over the targets that are not ignored
 *
 * Shapes: as of `accuracy`. Units: a share from 0 to 1.
 *
 * Throws: ArgumentError unless 1 <= k <= C; ShapeError, DTypeError, IndexError with index, position and range.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.top_k_accuracy_score.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { topKAccuracy } from '@tapegrad/nn/metrics';
 *
 * const scores = tensor([[5, 3, 1], [1, 3, 5], [3, 5, 1]]);
 * const targets = tensor(Int32Array.of(1, 0, 1));
 * console.log((await topKAccuracy(scores, targets, 2).item()).toFixed(4)); // 0.6667
 * ```
 */
export function topKAccuracy(input: Tensor, targets: IntTensor, k: number, options: AccuracyOptions = {}): Tensor {
  return noGrad(() => {
    const { rows, ...outside } = rowsOf('topKAccuracy', input, options);
    const C = rows.shape[1]!;
    if (!Number.isInteger(k) || k < 1 || k > C)
      throw new ArgumentError(`topKAccuracy: expected k from 1 to the ${C} classes; given ${k}`);
    const { targets: classes, counted } = countedTargets(
      'topKAccuracy',
      input,
      { rows, ...outside },
      targets,
      options.ignoreIndex ?? -100,
    );
    const column = classes.unsqueeze(1);
    const score = rows.gather(1, column); // [N, 1]
    const before = arange(0, C, 1, { dtype: 'i32', device: input.device.name }).lt(column); // [N, C]
    const ahead = logicalOr(logicalNot(rows.le(score)), logicalAnd(rows.eq(score), before)); // NaN is ahead of all
    const right = logicalAnd(ahead.cast('i32').sum({ dim: 1 }).lt(k), counted);
    return right.cast(input.dtype).sum().div(counted.cast(input.dtype).sum());
  });
}
