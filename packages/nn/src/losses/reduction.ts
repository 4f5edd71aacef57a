/** What happens to the losses of the elements. */

import { ArgumentError, type Tensor } from '@tapegrad/core';

/** `none` keeps the loss of each element, `mean` and `sum` give one number. */
export type Reduction = 'none' | 'mean' | 'sum';

export interface ReductionOptions {
  /** `mean` where it is not given. */
  readonly reduction?: Reduction | undefined;
}

/** Throws: ArgumentError for an unknown reduction. */
export function reduce(op: string, losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  switch (reduction) {
    case 'none':
      return losses;
    case 'mean':
      return losses.mean();
    case 'sum':
      return losses.sum();
    default:
      throw new ArgumentError(`${op}: expected the reduction 'none', 'mean' or 'sum'; given '${String(reduction)}'`);
  }
}
