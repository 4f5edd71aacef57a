/**
 * What losses over classes share: where the classes are, and which targets fit. N: rows, C: classes.
 *
 * Inside, classes come last and all other dimensions are one: [N, C].
 */

import {
  type AnyTensor,
  ArgumentError,
  type BoolTensor,
  checkIndices,
  DTypeError,
  type IntTensor,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
  where,
} from '@tapegrad/core';
import type { ReductionOptions } from './reduction.ts';

export interface ClassOptions extends ReductionOptions {
  /** A factor for each class, [C]; the mean divides by the sum of the targets' factors. */
  readonly weight?: Tensor | undefined;
  /** Targets of this class count for nothing; it need not be a class. -100 where it is not given. */
  readonly ignoreIndex?: number | undefined;
  /** The dimension of the classes: 1 where it is not given, as in PyTorch (0 for a single row [C]); -1 for [B, T, V]. */
  readonly classDim?: number | undefined;
}

/** Scores of classes as rows, and the shape that the losses of the rows have outside. */
export interface Rows {
  /** [N, C] */
  readonly rows: Tensor;
  readonly shape: Shape;
  readonly dim: number;
}

/** Class indices without those to ignore. */
export interface Counted {
  /** [N]; 0 where the target is ignored. */
  readonly targets: IntTensor;
  /** [N]; false where the target is ignored. */
  readonly counted: BoolTensor;
}

/** Throws: ShapeError, ArgumentError. */
export function rowsOf(op: string, x: Tensor, { classDim, weight }: ClassOptions): Rows {
  const { rank } = x;
  const dim = classDim ?? (rank > 1 ? 1 : 0);
  if (rank === 0) throw new ShapeError(`${op}: expected a dimension of classes; given a tensor of shape []`);
  if (!Number.isInteger(dim) || dim < -rank || dim >= rank)
    throw new ArgumentError(`${op}: classDim ${dim} is not a dimension of ${showShape(x.shape)}`);
  const at = dim < 0 ? dim + rank : dim;
  const C = x.shape[at]!;
  if (weight && (weight.rank !== 1 || weight.shape[0] !== C)) {
    throw new ShapeError(
      `${op}: expected a weight for each of the ${C} classes: weight is ${showShape(weight.shape)}, input is ${showShape(x.shape)}`,
    );
  }
  const shape = x.shape.toSpliced(at, 1);
  return { rows: asRows(x, at), shape, dim: at };
}

/** Classes last, all other dimensions as one. */
export function asRows(x: Tensor, dim: number): Tensor {
  const order = [...x.shape.keys()].filter((d) => d !== dim);
  const last = dim === x.rank - 1 ? x : x.permute([...order, dim]);
  const C = x.shape[dim]!;
  return last.reshape([order.reduce((n, d) => n * x.shape[d]!, 1), C]);
}

/** Checks class indices and takes out those to ignore. Throws: DTypeError, ShapeError, IndexError. */
export function countedTargets(op: string, x: Tensor, rows: Rows, targets: AnyTensor, ignoreIndex: number): Counted {
  if (!sameShape(targets.shape, rows.shape)) {
    throw new ShapeError(
      `${op}: with classes in dimension ${rows.dim} of input ${showShape(x.shape)}, targets are ${showShape(rows.shape)}; given ${showShape(targets.shape)}${hintOf(x, rows.dim, targets)}`,
    );
  }
  if (targets.dtype !== 'i32') {
    throw new DTypeError(
      `${op}: class indices are i32; the targets are ${targets.dtype}: make them with tensor([...], { dtype: 'i32' }), or use .cast('i32')`,
    );
  }
  const counted = (targets as unknown as IntTensor).ne(ignoreIndex);
  const safe = where(counted, targets as unknown as IntTensor, 0);
  checkIndices(op, safe, x.shape[rows.dim]!);
  const N = rows.rows.shape[0]!;
  return { targets: safe.reshape([N]), counted: counted.reshape([N]) };
}

/** What the targets would fit. */
function hintOf(x: Tensor, dim: number, targets: AnyTensor): string {
  const given = targets.shape.join();
  if (given === x.shape.join()) return ". Class probabilities have the input's shape, and are floats: use .cast('f32')";
  const fits = x.shape.findLastIndex((_, d) => d !== dim && x.shape.toSpliced(d, 1).join() === given);
  if (fits >= 0) return `: pass { classDim: ${fits === x.rank - 1 ? -1 : fits} } if the classes are there`;
  if (targets.size * x.shape[dim]! === x.size) return `: use .reshape(${showShape(x.shape.toSpliced(dim, 1))})`;
  return '';
}
