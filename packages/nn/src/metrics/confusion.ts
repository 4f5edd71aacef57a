/** Which class was taken for which. N: rows, C: classes. */

import {
  ArgumentError,
  checkIndices,
  DTypeError,
  type IntTensor,
  noGrad,
  ShapeError,
  sameShape,
  scatterAdd,
  showShape,
  type Tensor,
  where,
  zeros,
} from '@tapegrad/core';

export interface ConfusionOptions {
  /** Targets of this class are not counted; it need not be a class. -100 where it is not given. */
  readonly ignoreIndex?: number | undefined;
}

/**
 * How often each class was predicted where each was true. Matrices of batches add up: `Sum` gathers them, and `precision`,
 * `recall` and `f1` are read off. Not recorded.
 *
 * Equation: M[i, j] = #{n : targets[n] = i and predicted[n] = j}
 *
 * Shapes: predicted and targets i32 of one shape (`logits.argmax({ dim: -1 })` predicts); result i32 [C, C], a row for each
 * true class. Units: counts, up to 2^31 - 1.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { confusionMatrix } from '@tapegrad/nn/metrics';
 *
 * const targets = tensor(Int32Array.of(2, 0, 2, 2, 0, 1));
 * const predicted = tensor(Int32Array.of(0, 0, 2, 2, 0, 2));
 * console.log(confusionMatrix(predicted, targets, 3)); // tensor([[2, 0, 0],
 * //         [0, 0, 1],
 * //         [1, 0, 2]])
 * ```
 */
export function confusionMatrix(
  predicted: IntTensor,
  targets: IntTensor,
  numClasses: number,
  { ignoreIndex = -100 }: ConfusionOptions = {},
): IntTensor {
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ArgumentError(`confusionMatrix: expected 1 or more classes; given ${numClasses}`);
  if (numClasses > MOST)
    throw new ArgumentError(
      `confusionMatrix: expected ${MOST} classes at most, whose counts i32 can number; given ${numClasses}`,
    );
  if (!sameShape(predicted.shape, targets.shape)) {
    throw new ShapeError(
      `confusionMatrix: expected a predicted class for each target: predicted is ${showShape(predicted.shape)}, targets are ${showShape(targets.shape)}: of scores, take .argmax({ dim: -1 })`,
    );
  }
  for (const [name, { dtype }] of Object.entries({ predicted, targets })) {
    if (dtype !== 'i32')
      throw new DTypeError(`confusionMatrix: classes are i32; ${name} is ${String(dtype)}: use .cast('i32')`);
  }
  return noGrad(() => {
    const counted = targets.ne(ignoreIndex);
    const [from, to] = [targets, predicted].map((x) => where(counted, x, 0)) as [IntTensor, IntTensor];
    checkIndices('confusionMatrix, targets', from, numClasses);
    checkIndices('confusionMatrix, predicted', to, numClasses);
    const cells = zeros([numClasses ** 2], { dtype: 'i32', device: targets.device.name });
    const at = from.mul(numClasses).add(to).reshape([targets.size]);
    return scatterAdd(cells, 0, at, counted.cast('i32').reshape([targets.size])).reshape([numClasses, numClasses]);
  });
}

/** So many rows and columns have fewer than 2^31 cells. */
const MOST = 46_340;

export interface RateOptions {
  /**
   * What adds up to 1: each row (`targets`: of a true class, how it was predicted), each column (`predicted`: of a predicted
   * class, what was true), or `all`. Default: `targets`.
   */
  readonly over?: 'targets' | 'predicted' | 'all' | undefined;
}

/**
 * A confusion matrix as shares. A row or column without a count is 0.
 *
 * Equation: M[i, j] / sum_j M[i, j], or / sum_i M[i, j], or / sum M
 *
 * Shapes: matrix i32 [C, C], result f32 [C, C]. Units: shares from 0 to 1.
 *
 * Throws: ShapeError, DTypeError, ArgumentError.
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html (`normalize`)
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { confusionRates } from '@tapegrad/nn/metrics';
 *
 * const matrix = tensor(Int32Array.of(3, 1, 0, 4)).reshape([2, 2]);
 * console.log(confusionRates(matrix)); // tensor([[0.7500, 0.2500],
 * //         [0.0000, 1.0000]])
 * ```
 */
export function confusionRates(matrix: IntTensor, { over = 'targets' }: RateOptions = {}): Tensor {
  checkConfusion('confusionRates', matrix);
  return noGrad(() => {
    const totals = totalsOf(matrix, over).cast('f32');
    return where(totals.eq(0), 0, matrix.cast('f32').div(totals));
  });
}

function totalsOf(matrix: IntTensor, over: 'targets' | 'predicted' | 'all'): IntTensor {
  if (over === 'targets') return matrix.sum({ dim: 1, keepdim: true });
  if (over === 'predicted') return matrix.sum({ dim: 0, keepdim: true });
  if (over === 'all') return matrix.sum();
  throw new ArgumentError(`confusionRates: expected over 'targets', 'predicted' or 'all'; given '${String(over)}'`);
}

/** Throws: ShapeError unless square, DTypeError unless counts. */
export function checkConfusion(op: string, matrix: IntTensor): void {
  const [rows, columns] = matrix.shape;
  if (matrix.rank !== 2 || rows !== columns)
    throw new ShapeError(`${op}: expected a confusion matrix [C, C]; given ${showShape(matrix.shape)}`);
  if (matrix.dtype !== 'i32') {
    throw new DTypeError(`${op}: expected the counts of confusionMatrix(), i32; given ${String(matrix.dtype)}`);
  }
}
