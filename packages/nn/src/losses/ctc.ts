/**
 * Connectionist temporal classification: the likelihood of a label sequence, summed over all ways to stretch it over time.
 * T: time, N: batch, C: classes with the blank, S: labels of a sequence.
 */

import {
  ArgumentError,
  type BoolTensor,
  cat,
  checkIndices,
  full,
  type IntTensor,
  logaddexp,
  logSumExp,
  ShapeError,
  showShape,
  stack,
  type Tensor,
  tensor,
  where,
} from '@tapegrad/core';
import { Loss } from './loss.ts';
import { type Reduction, reduce } from './reduction.ts';

/** Options of `ctcLoss`. */
export interface CTCOptions {
  /** The class of the blank. Default: 0. */
  readonly blank?: number | undefined;
  /** `mean`, the default, divides each loss by the length of its labels first. */
  readonly reduction?: Reduction | undefined;
  /** 0, with no gradient, where the labels cannot fit into the time there is. Default: false: Infinity. */
  readonly zeroInfinity?: boolean | undefined;
}

/**
 * Minus the log likelihood of labels that are not aligned with the input: a path names a class at each time, and is read
 * by dropping repeats, then blanks. Lengths are numbers; the same T and S throughout need no padding.
 *
 * Equation: l = -log sum over all paths that read as the labels, of prod_t p[t, path[t]]
 *
 * Shapes: logProbs [T, N, C] (from `logSoftmax`), targets [N, S] of i32, padded with any class; inputLengths and
 * targetLengths N numbers; result a number, or [N] with reduction `none`. Units: nats. The gradient is that of the
 * equation; PyTorch's differs by a term that `logSoftmax` cancels.
 *
 * Throws: ShapeError, ArgumentError.
 *
 * Source: Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf;
 * https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { ctcLoss } from '@tapegrad/nn';
 *
 * // classes: blank, a, b; the label 'a' in two steps: aa, a-, -a
 * const logProbs = tensor([[[0.5, 0.25, 0.25]], [[0.5, 0.25, 0.25]]]).log();
 * const loss = ctcLoss(logProbs, tensor([[1]], { dtype: 'i32' }), [2], [1]);
 * console.log((await loss.item()).toFixed(4), (-Math.log(0.0625 + 0.125 + 0.125)).toFixed(4)); // 1.1632 1.1632
 * ```
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: IntTensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  { blank = 0, reduction = 'mean', zeroInfinity = false }: CTCOptions = {},
): Tensor {
  check(logProbs, targets, inputLengths, targetLengths, blank);
  const [T, N] = logProbs.shape as [number, number, number];
  const place = { dtype: logProbs.dtype, device: logProbs.device.name };
  const labels = withBlanks(targets, blank);
  const width = labels.shape[1]!;
  const shifted = (x: Tensor, by: number): Tensor => cat([full([N, by], -Infinity, place), x], 1).narrow(1, 0, width);
  const maySkip = skipsAllowed(labels);
  const scores = logProbs.gather(2, labels.unsqueeze(0).expand([T, N, width])); // of each label at each time

  // alpha[n, s]: log likelihood of the paths so far that are at label s
  const starts = flags(
    Array.from({ length: width }, (_, s) => s < 2),
    labels,
  );
  let alpha = where(starts.expand([N, width]), scores.select(0, 0), -Infinity);
  for (let t = 1; t < T; t++) {
    const before = [alpha, shifted(alpha, 1), where(maySkip, shifted(alpha, 2), -Infinity)];
    const next = logSumExp(stack(before), { dim: 0 }).add(scores.select(0, t));
    const goesOn = flags(
      inputLengths.map((length) => t < length),
      labels,
    ).reshape([N, 1]);
    alpha = where(goesOn, next, alpha);
  }

  // a path ends at the last label, or at the blank behind it
  const lastAt = (offset: number): Tensor => {
    const places = Int32Array.from(targetLengths, (length) => Math.max(0, 2 * length - offset));
    return alpha.gather(1, tensor(places, { device: place.device }).reshape([N, 1])).squeeze(1);
  };
  const hasLabels = flags(
    targetLengths.map((length) => length > 0),
    labels,
  );
  const total = logaddexp(lastAt(0), where(hasLabels, lastAt(1), -Infinity));
  const losses = zeroInfinity ? where(total.isinf(), 0, total.neg()) : total.neg();
  if (reduction !== 'mean') return reduce('ctcLoss', losses, reduction);
  return losses
    .div(
      tensor(
        targetLengths.map((length) => Math.max(1, length)),
        place,
      ),
    )
    .mean();
}

/**
 * `ctcLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
 */
export class CTCLoss extends Loss<CTCOptions> {
  forward(
    logProbs: Tensor,
    targets: IntTensor,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}

/** Blanks before, between and behind the labels: [N, 2 S + 1]. */
function withBlanks(targets: IntTensor, blank: number): IntTensor {
  const [N, S] = targets.shape as [number, number];
  const gaps = targets.mul(0).add(blank);
  const last = full([N, 1], blank, { dtype: 'i32', device: targets.device.name });
  return cat([stack([gaps, targets], 2).reshape([N, 2 * S]), last], 1);
}

/** Where a path may come from two labels before: not over the blank between two equal labels, nor to a blank. */
function skipsAllowed(labels: IntTensor): BoolTensor {
  const [N, width] = labels.shape as [number, number];
  const before = cat([full([N, 2], -1, { dtype: 'i32', device: labels.device.name }), labels], 1).narrow(1, 0, width);
  const isLabel = flags(
    Array.from({ length: width }, (_, s) => s % 2 === 1 && s > 1),
    labels,
  );
  return labels.ne(before).logicalAnd(isLabel.expand([N, width]));
}

function flags(values: readonly boolean[], { device }: IntTensor): BoolTensor {
  return tensor(values, { device: device.name }) as unknown as BoolTensor;
}

function check(
  logProbs: Tensor,
  targets: IntTensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  blank: number,
): void {
  const [T, N, C] = logProbs.shape;
  if (logProbs.rank !== 3 || targets.rank !== 2 || targets.shape[0] !== N || T === 0) {
    throw new ShapeError(
      `ctcLoss: expected logProbs [T, N, C] and targets [N, S]: logProbs is ${showShape(logProbs.shape)}, targets is ${showShape(targets.shape)}`,
    );
  }
  if (!Number.isInteger(blank) || blank < 0 || blank >= C!)
    throw new ArgumentError(`ctcLoss: expected a blank from 0 to ${C! - 1}; given ${blank}`);
  const lengths = [
    ['inputLengths', inputLengths, 1, T!],
    ['targetLengths', targetLengths, 0, targets.shape[1]!],
  ] as const;
  for (const [name, values, least, most] of lengths) {
    const fits = Array.isArray(values) && values.every((n) => Number.isInteger(n) && n >= least && n <= most);
    if (!fits || values.length !== N) {
      throw new ArgumentError(
        `ctcLoss: expected ${name} as ${N} whole numbers from ${least} to ${most}; given ${String(values)}`,
      );
    }
  }
  checkIndices('ctcLoss', targets, C!);
}
