/** Whether a model is right as often as it says. N: rows, C: classes, M: bins. */

import {
  ArgumentError,
  checkIndices,
  type IntTensor,
  noGrad,
  ShapeError,
  scatterAdd,
  showShape,
  stack,
  type Tensor,
  where,
  zeros,
} from '@tapegrad/core';
import { type ClassOptions, countedTargets, rowsOf } from '../losses/classes.ts';

export interface CalibrationOptions extends Pick<ClassOptions, 'ignoreIndex' | 'classDim'> {
  /** How many bins of equal width the confidences from 0 to 1 are put into. Default: 15, as in the paper. */
  readonly bins?: number | undefined;
}

/**
 * What a reliability diagram shows: for each bin of confidence (the largest probability of a row) how many rows there are,
 * the sum of their confidences, and how many of them are right. Bins of batches add up: `Sum` gathers them. Not recorded.
 *
 * Equation: row n is in bin m where (m - 1) / M < max_c p[n, c] <= m / M
 *
 * Shapes: probabilities [C], [N, C] or [N, C, d1, ...], with the classes in dimension `classDim`; targets i32 of the same
 * shape without the classes; result [3, M].
 *
 * Throws: ShapeError, DTypeError, ArgumentError; IndexError for a target that is no class, and for confidences above 1
 * (logits).
 *
 * Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 2
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { calibrationBins } from '@tapegrad/nn/metrics';
 *
 * const probabilities = tensor([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]]);
 * const bins = calibrationBins(probabilities, tensor(Int32Array.of(0, 0, 0)), { bins: 2 });
 * console.log(bins); // tensor([[1.0000, 2.0000],
 * //         [0.5000, 1.5000],
 * //         [1.0000, 1.0000]])
 * ```
 */
export function calibrationBins(
  probabilities: Tensor,
  targets: IntTensor,
  { bins = 15, ignoreIndex = -100, classDim }: CalibrationOptions = {},
): Tensor {
  if (!Number.isInteger(bins) || bins < 1)
    throw new ArgumentError(`calibrationBins: expected 1 or more bins; given ${bins}`);
  return noGrad(() => {
    const rows = rowsOf('calibrationBins', probabilities, { classDim });
    const { targets: classes, counted } = countedTargets('calibrationBins', probabilities, rows, targets, ignoreIndex);
    const [largest, predicted] = rows.rows.max({ dim: 1 });
    const confidence = where(largest.gt(1 + ROUNDING), largest, largest.clamp({ max: 1 }));
    const bin = where(counted, confidence.mul(bins).ceil().sub(1).clamp({ min: 0 }).cast('i32'), 0);
    checkIndices('calibrationBins: expected probabilities, which softmax makes of logits; bin', bin, bins);
    const { dtype, device } = probabilities;
    const total = (x: Tensor): Tensor =>
      scatterAdd(zeros([bins], { dtype, device: device.name }), 0, bin, where(counted, x, 0));
    const ones = counted.cast(dtype);
    return stack([total(ones), total(confidence), total(predicted.eq(classes).cast(dtype))]);
  });
}

/** How far above 1 a probability may come out of a softmax in f32. */
const ROUNDING = 1e-5;

/**
 * By how much confidence and accuracy differ, on average.
 *
 * Equation: ECE = sum_m |B_m| / n |acc(B_m) - conf(B_m)|
 *
 * Shapes: bins [3, M] of `calibrationBins`; result a number, NaN where there is no row. Units: a share from 0 to 1.
 *
 * Throws: ShapeError.
 *
 * Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { calibrationBins, expectedCalibrationError } from '@tapegrad/nn/metrics';
 *
 * const probabilities = tensor([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]]);
 * const bins = calibrationBins(probabilities, tensor(Int32Array.of(0, 0, 0)));
 * console.log((await expectedCalibrationError(bins).item()).toFixed(4)); // 0.3333
 * ```
 */
export function expectedCalibrationError(bins: Tensor): Tensor {
  if (bins.rank !== 2 || bins.shape[0] !== 3) {
    throw new ShapeError(
      `expectedCalibrationError: expected the bins of calibrationBins(), [3, M]; given ${showShape(bins.shape)}`,
    );
  }
  return noGrad(() => {
    const [rows, confidences, right] = bins.unbind(0) as [Tensor, Tensor, Tensor];
    return right.sub(confidences).abs().sum().div(rows.sum());
  });
}
