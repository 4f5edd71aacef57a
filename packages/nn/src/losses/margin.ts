/** Losses that want a distance: between two scores, or between the scores of classes. N: rows, C: classes. */

import {
  ArgumentError,
  arange,
  checkIndices,
  type IntTensor,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
  where,
} from '@tapegrad/core';
import { checkSameShape } from './elementwise.ts';
import { Loss } from './loss.ts';
import { type ReductionOptions, reduce } from './reduction.ts';

/** Options of losses with a margin. */
export interface MarginOptions extends ReductionOptions {
  /** How far apart is far enough. */
  readonly margin?: number | undefined;
}

/**
 * Small where pairs that belong together (y = 1) are close, and others (y = -1) are a margin apart; x is a distance.
 * Default: margin 1.
 *
 * Equation: l = x where y = 1, max(0, margin - x) where y = -1
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: the input's.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { hingeEmbeddingLoss } from '@tapegrad/nn';
 *
 * console.log(hingeEmbeddingLoss(tensor([0.25, 0.25]), tensor([1, -1]), { reduction: 'none' })); // tensor([0.2500, 0.7500])
 * ```
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  { margin = 1, reduction }: MarginOptions = {},
): Tensor {
  checkSameShape('hingeEmbeddingLoss', input, target);
  const apart = where(target.ne(1), positivePart(input.neg().add(margin)), 0);
  return reduce('hingeEmbeddingLoss', where(target.ne(-1), input, 0).add(apart), reduction);
}

/** `hingeEmbeddingLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html */
export class HingeEmbeddingLoss extends Loss<MarginOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options);
  }
}

/**
 * Small where the first score is above the second (y = 1) or below it (y = -1) by a margin. Default: margin 0.
 *
 * Equation: l = max(0, -y (a - b) + margin)
 *
 * Shapes: a, b and target of one shape; result a number, or that shape with reduction `none`. Units: the input's.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { marginRankingLoss } from '@tapegrad/nn';
 *
 * console.log(await marginRankingLoss(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export function marginRankingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor {
  checkSameShape('marginRankingLoss', a, b);
  checkSameShape('marginRankingLoss', a, target);
  return reduce('marginRankingLoss', positivePart(target.neg().mul(a.sub(b)).add(margin)), reduction);
}

/** `marginRankingLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html */
export class MarginRankingLoss extends Loss<MarginOptions> {
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(a, b, target, this.options);
  }
}

/**
 * The logistic loss of a score, for y = 1 and y = -1; without overflow.
 *
 * Equation: l = log(1 + exp(-y x))
 *
 * Shapes: input and target of one shape; result a number, or that shape with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { softMarginLoss } from '@tapegrad/nn';
 *
 * console.log(softMarginLoss(tensor([0, -1000]), tensor([1, 1]), { reduction: 'none' })); // tensor([6.9315e-01, 1.0000e+03])
 * ```
 */
export function softMarginLoss(input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor {
  checkSameShape('softMarginLoss', input, target);
  return reduce('softMarginLoss', target.mul(input).logSigmoid().neg(), reduction);
}

/** `softMarginLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html */
export class SoftMarginLoss extends Loss<ReductionOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options);
  }
}

/** Options of `multiMarginLoss`. */
export interface MultiMarginOptions extends MarginOptions {
  /** The exponent, 1 or 2. Default: 1. */
  readonly p?: 1 | 2 | undefined;
  /** A factor for each class, [C]. */
  readonly weight?: Tensor | undefined;
}

/**
 * The hinge loss of several classes: every other class should score a margin less than the target. Default: margin 1.
 *
 * Equation: l = w[y] sum_(j != y) max(0, margin - x[y] + x[j])^p / C
 *
 * Shapes: input [N, C] or [C], targets [N] or [] of i32; result a number, or the targets' shape with reduction `none`.
 * Units: the input's, to the power of p.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { multiMarginLoss } from '@tapegrad/nn';
 *
 * console.log(await multiMarginLoss(tensor([[1, 2, 4]]), tensor(Int32Array.of(1))).item()); // 1
 * ```
 */
export function multiMarginLoss(
  input: Tensor,
  targets: IntTensor,
  { p = 1, margin = 1, weight, reduction }: MultiMarginOptions = {},
): Tensor {
  if (p !== 1 && p !== 2) throw new ArgumentError(`multiMarginLoss: expected p of 1 or 2; given ${String(p)}`);
  const [rows, classes] = rowsAndTargets('multiMarginLoss', input, targets);
  const C = rows.shape[1]!;
  checkIndices('multiMarginLoss', classes, C);
  const column = classes.unsqueeze(1);
  const over = positivePart(rows.sub(rows.gather(1, column)).add(margin));
  const isTarget = columns(rows).eq(column.expand(rows.shape));
  const each = where(isTarget, 0, p === 1 ? over : over.square());
  const weighted = weight ? each.mul(weight.gather(0, classes).unsqueeze(1)) : each;
  return reduce('multiMarginLoss', weighted.sum({ dim: 1 }).div(C).reshape(targets.shape), reduction);
}

/** `multiMarginLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html */
export class MultiMarginLoss extends Loss<MultiMarginOptions> {
  forward(input: Tensor, targets: IntTensor): Tensor {
    return multiMarginLoss(input, targets, this.options);
  }
}

/**
 * The hinge loss of rows that belong to several classes: each of them should score 1 more than each other class. A row of
 * targets names its classes from the left; -1 ends it.
 *
 * Equation: l = sum over targets y, and classes i that are none, of max(0, 1 - x[y] + x[i]) / C
 *
 * Shapes: input [N, C] or [C], targets of i32 as input; result a number, or [N] or [] with reduction `none`. Units: the
 * input's.
 *
 * Throws: ShapeError, DTypeError, IndexError with index, position and range, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { multilabelMarginLoss } from '@tapegrad/nn';
 *
 * const loss = multilabelMarginLoss(tensor([0.1, 0.2, 0.4, 0.8]), tensor(Int32Array.of(3, 0, -1, 1)));
 * console.log((await loss.item()).toFixed(4)); // 0.8500
 * ```
 */
export function multilabelMarginLoss(input: Tensor, targets: IntTensor, { reduction }: ReductionOptions = {}): Tensor {
  checkSameShape('multilabelMarginLoss', input, targets as unknown as Tensor);
  const C = input.shape.at(-1) ?? 1;
  const [rows, named] = [input.reshape([-1, C]), targets.reshape([-1, C])];
  const counts = named.lt(0).cast('i32').cumsum(1).eq(0); // what stands before the first -1
  const classes = where(counts, named, 0);
  checkIndices('multilabelMarginLoss', classes, C);
  const one = counts.cast('i32');
  const isTarget = one.mul(0).scatterAdd(1, classes, one).gt(0);
  // [N, targets, classes]
  const over = positivePart(rows.unsqueeze(1).sub(rows.gather(1, classes).unsqueeze(2)).add(1));
  const takesPart = counts.unsqueeze(2).logicalAnd(isTarget.logicalNot().unsqueeze(1));
  const losses = where(takesPart, over, 0)
    .sum({ dim: [1, 2] })
    .div(C);
  return reduce('multilabelMarginLoss', losses.reshape(input.shape.slice(0, -1)), reduction);
}

/** `multilabelMarginLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html */
export class MultiLabelMarginLoss extends Loss<ReductionOptions> {
  forward(input: Tensor, targets: IntTensor): Tensor {
    return multilabelMarginLoss(input, targets, this.options);
  }
}

/** Options of `multilabelSoftMarginLoss`. */
export interface MultilabelSoftMarginOptions extends ReductionOptions {
  /** A factor for each class, [C]. */
  readonly weight?: Tensor | undefined;
}

/**
 * The mean over classes of the binary cross-entropy of each, from logits.
 *
 * Equation: l = -mean_c w[c] (y log sigmoid(x) + (1 - y) log sigmoid(-x))
 *
 * Shapes: input and target [..., C]; result a number, or [...] with reduction `none`. Units: nats.
 *
 * Throws: ShapeError, DTypeError, DeviceError, ArgumentError.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { multilabelSoftMarginLoss } from '@tapegrad/nn';
 *
 * const loss = multilabelSoftMarginLoss(tensor([[0, 0]]), tensor([[1, 0]]));
 * console.log((await loss.item()).toFixed(4)); // 0.6931
 * ```
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  { weight, reduction }: MultilabelSoftMarginOptions = {},
): Tensor {
  checkSameShape('multilabelSoftMarginLoss', input, target);
  const each = target.mul(input.logSigmoid()).add(target.neg().add(1).mul(input.neg().logSigmoid())).neg();
  return reduce('multilabelSoftMarginLoss', (weight ? each.mul(weight) : each).mean({ dim: -1 }), reduction);
}

/** `multilabelSoftMarginLoss` as a module. Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html */
export class MultiLabelSoftMarginLoss extends Loss<MultilabelSoftMarginOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, this.options);
  }
}

function positivePart(x: Tensor): Tensor {
  return x.clamp({ min: 0 });
}

/** The class of each element, [N, C]. */
function columns(rows: Tensor): IntTensor {
  const line = arange(rows.shape[1]!, undefined, 1, { dtype: 'i32', device: rows.device.name }) as IntTensor;
  return line.expand(rows.shape);
}

function rowsAndTargets(op: string, input: Tensor, targets: IntTensor): [Tensor, IntTensor] {
  if ((input.rank !== 1 && input.rank !== 2) || !sameShape(targets.shape, input.shape.slice(0, -1))) {
    throw new ShapeError(
      `${op}: expected input [N, C] and targets [N], or [C] and []: input is ${showShape(input.shape)}, targets is ${showShape(targets.shape)}`,
    );
  }
  return [input.reshape([-1, input.shape.at(-1)!]), targets.reshape([targets.size])];
}
