/**
 * The table of op cases: rows for every operation of the catalogue, and a bad call of each.
 *
 * `test/core/ops.test.ts` takes each row through gradient checks to order 2, parity on every device, and strided inputs;
 * `completeness.test.ts` demands that no operation is missing.
 */

import { elementwise, elementwiseBad } from './cases/elementwise.ts';
import { indices, indicesBad } from './cases/indices.ts';
import { linearAlgebra, linearAlgebraBad } from './cases/linear-algebra.ts';
import { models, modelsBad } from './cases/models.ts';
import { noise, noiseBad } from './cases/noise.ts';
import { pieces, piecesBad } from './cases/pieces.ts';
import { productRows, productRowsBad } from './cases/products.ts';
import { recurrent, recurrentBad } from './cases/recurrent.ts';
import { reduced, reducedBad } from './cases/reductions.ts';
import type { BadInput, OpCase, OpName } from './cases/row.ts';
import { selection, selectionBad, selectionCannotFail } from './cases/selection.ts';
import { sequences, sequencesBad } from './cases/sequences.ts';
import { views, viewsBad } from './cases/views.ts';

export const opCases: readonly OpCase[] = [
  ...elementwise,
  ...reduced,
  ...productRows,
  ...views,
  ...indices,
  ...models,
  ...noise,
  ...linearAlgebra,
  ...sequences,
  ...recurrent,
  ...selection,
  ...pieces,
];

/** Calls that must throw. */
export const badInputs: readonly BadInput[] = [
  ...elementwiseBad,
  ...reducedBad,
  ...productRowsBad,
  ...viewsBad,
  ...indicesBad,
  ...modelsBad,
  ...noiseBad,
  ...linearAlgebraBad,
  ...sequencesBad,
  ...recurrentBad,
  ...selectionBad,
  ...piecesBad,
];

/** Ops that take any tensor, so that no call of them is wrong. */
export const cannotFail: Partial<Record<OpName, string>> = {
  contiguous: 'every tensor can be packed',
  detach: 'every tensor can be cut off from the tape',
  ...selectionCannotFail,
};
