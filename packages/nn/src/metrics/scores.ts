/** Precision, recall and F1, read off a confusion matrix. C: classes. */

import { ArgumentError, type IntTensor, logicalNot, noGrad, type Tensor, where } from '@tapegrad/core';
import { checkConfusion } from './confusion.ts';

export interface ScoreOptions {
  /**
   * `macro`: the mean of the classes' scores; `weighted`: weighted by how often each class is true; `micro`: one score of
   * the counts of all classes together; `none`: the score of each class. Default: `macro`.
   */
  readonly average?: 'macro' | 'micro' | 'weighted' | 'none' | undefined;
  /** The score where it would be 0 / 0; NaN leaves that class out of the mean. Default: 0. */
  readonly zeroDivision?: 0 | 1 | typeof Number.NaN | undefined;
}

/**
 * Of what was predicted to be a class, the share that is.
 *
 * Equation: TP / (TP + FP)
 *
 * Shapes: matrix i32 [C, C] of `confusionMatrix`; result a number, or [C] with average `none`. Units: shares from 0 to 1.
 *
 * Throws: ShapeError, DTypeError, ArgumentError.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_score.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { confusionMatrix, precision } from '@tapegrad/nn/metrics';
 *
 * const matrix = confusionMatrix(tensor(Int32Array.of(1, 1, 1, 0)), tensor(Int32Array.of(1, 1, 0, 1)), 2);
 * console.log(precision(matrix, { average: 'none' })); // tensor([0.0000, 0.6667])
 * ```
 */
export function precision(matrix: IntTensor, options: ScoreOptions = {}): Tensor {
  return scoreOf('precision', matrix, options, ({ right, predicted }) => [right, predicted]);
}

/**
 * Of what is a class, the share that was predicted to be.
 *
 * Equation: TP / (TP + FN)
 *
 * Shapes: matrix i32 [C, C] of `confusionMatrix`; result a number, or [C] with average `none`. Units: shares from 0 to 1.
 *
 * Throws: ShapeError, DTypeError, ArgumentError.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.recall_score.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { confusionMatrix, recall } from '@tapegrad/nn/metrics';
 *
 * const matrix = confusionMatrix(tensor(Int32Array.of(1, 1, 1, 0)), tensor(Int32Array.of(1, 1, 0, 1)), 2);
 * console.log(recall(matrix, { average: 'micro' })); // tensor(0.5000)
 * ```
 */
export function recall(matrix: IntTensor, options: ScoreOptions = {}): Tensor {
  return scoreOf('recall', matrix, options, ({ right, actual }) => [right, actual]);
}

/**
 * The harmonic mean of precision and recall.
 *
 * Equation: 2 TP / (2 TP + FP + FN)
 *
 * Shapes: matrix i32 [C, C] of `confusionMatrix`; result a number, or [C] with average `none`. Units: shares from 0 to 1.
 *
 * Throws: ShapeError, DTypeError, ArgumentError.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.f1_score.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { confusionMatrix, f1 } from '@tapegrad/nn/metrics';
 *
 * const targets = tensor(Int32Array.of(0, 1, 2, 0, 1, 2));
 * const predicted = tensor(Int32Array.of(0, 2, 1, 0, 0, 1));
 * const matrix = confusionMatrix(predicted, targets, 3);
 * console.log((await f1(matrix).item()).toFixed(4)); // 0.2667
 * console.log(f1(matrix, { average: 'none' })); // tensor([0.8000, 0.0000, 0.0000])
 * ```
 */
export function f1(matrix: IntTensor, options: ScoreOptions = {}): Tensor {
  return scoreOf('f1', matrix, options, ({ right, predicted, actual }) => [right.mul(2), predicted.add(actual)]);
}

/** Counts of each class, [C], or of all together, []. */
interface Counts {
  readonly right: IntTensor;
  readonly predicted: IntTensor;
  readonly actual: IntTensor;
}

function scoreOf(
  op: string,
  matrix: IntTensor,
  { average = 'macro', zeroDivision = 0 }: ScoreOptions,
  ratio: (counts: Counts) => readonly [part: IntTensor, whole: IntTensor],
): Tensor {
  checkConfusion(op, matrix);
  const score = (counts: Counts): Tensor => {
    const [part, whole] = ratio(counts).map((x) => x.cast('f32')) as [Tensor, Tensor];
    return where(whole.eq(0), zeroDivision, part.div(whole));
  };
  return noGrad(() => {
    const counts = { right: matrix.diagonal(), predicted: matrix.sum({ dim: 0 }), actual: matrix.sum({ dim: 1 }) };
    switch (average) {
      case 'none':
        return score(counts);
      case 'micro':
        return score({ right: counts.right.sum(), predicted: matrix.sum(), actual: matrix.sum() });
      case 'macro':
        return meanOf(score(counts), counts.actual.ge(0).cast('f32'));
      case 'weighted':
        return meanOf(score(counts), counts.actual.cast('f32'));
      default:
        throw new ArgumentError(
          `${op}: expected the average 'macro', 'micro', 'weighted' or 'none'; given '${String(average)}'`,
        );
    }
  });
}

/** The weighted mean of the scores that are not NaN; their plain mean where they have no weight. */
function meanOf(scores: Tensor, weights: Tensor): Tensor {
  const counted = logicalNot(scores.isnan());
  const mean = (w: Tensor): Tensor =>
    where(counted, scores.mul(w), 0)
      .sum()
      .div(where(counted, w, 0).sum());
  return where(where(counted, weights, 0).sum().eq(0), mean(weights.mul(0).add(1)), mean(weights));
}
