/**
 * A linear layer and the cross-entropy of its logits, some rows at a time: their logits become their gradients in place.
 * N: rows, H: hidden features, V: vocabulary. Its definition is in ops/linear-loss.ts.
 */

import type { Shape, Strides } from '../../shape.ts';
import type { FusedKernels, View } from '../device.ts';
import { matrixOf, transposed } from './gemm-matrix.ts';
import { multiply, multiplyPacked, packMatrix } from './gemm-run.ts';
import { allocateView, release } from './memory.ts';
import { reduce } from './reduce.ts';
import { replaceByGradient, softmaxCrossEntropy } from './softmax-cross-entropy.ts';

/**
 * Rows whose logits are held at a time, whatever V: so many that reading the weights and adding to their gradient once a
 * chunk hardly counts.
 */
const ROWS = 400;

export const linearCrossEntropy: NonNullable<FusedKernels['linearCrossEntropy']> = (
  { hidden, weight, targets, scale, bias },
  losses,
  gradients,
) => {
  const [N, V] = [hidden.shape[0]!, weight.shape[0]!];
  const chunks = Math.ceil(N / ROWS);
  const rows = Math.ceil(N / chunks);
  const [logits, sums] = [allocateView('f32', [rows, V]), allocateView('f32', [gradients?.bias ? chunks : 0, V])];
  const unused = [allocateView('f32', [rows]), allocateView('f32', [rows])] as const;
  const W = matrixOf(weight);
  const packed = packMatrix(transposed(W));
  const plus = bias && matrixOf(shaped(bias, [1, V], [0, 1]));
  for (let chunk = 0; chunk < chunks; chunk++) {
    const n = Math.min(rows, N - chunk * rows);
    const part = (view: View): View => rowsOf(view, chunk * rows, n);
    const x = rowsOf(logits, 0, n);
    const [h, X] = [matrixOf(part(hidden)), matrixOf(x)];
    multiplyPacked({ a: h, c: X, plus }, packed);
    if (gradients) {
      replaceByGradient(x, part(targets), part(losses), part(scale));
      multiply({ a: X, b: W, c: matrixOf(part(gradients.hidden)) });
      const total = matrixOf(gradients.weight);
      multiply({ a: transposed(X), b: h, c: total, plus: chunk > 0 ? total : undefined });
      if (gradients.bias) reduce('sum', x, [0], rowsOf(sums, chunk, 1));
    } else softmaxCrossEntropy(x, part(targets), part(losses), ...unused);
  }
  if (gradients?.bias) reduce('sum', sums, [0], shaped(gradients.bias, [1, V], [V, 1]));
  for (const { buffer } of [logits, sums, ...unused, packed]) release(buffer);
};

/** A tensor computes its fields, so they are copied one by one. */
function shaped(view: View, shape: Shape, strides: Strides = view.strides, offset: number = view.offset): View {
  return { buffer: view.buffer, dtype: view.dtype, offset, shape, strides };
}

function rowsOf(view: View, start: number, rows: number): View {
  const { shape, strides, offset } = view;
  return shaped(view, shape.with(0, rows), strides, offset + start * strides[0]!);
}
