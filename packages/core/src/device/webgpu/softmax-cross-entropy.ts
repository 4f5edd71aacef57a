/**
 * Softmax cross-entropy of rows of logits, a workgroup a row, or a thread where rows are short: its maximum, then the sum of
 * exponentials. N: rows, C: classes. Definition: ops/loss.ts.
 */

import type { Buffer, FusedKernels } from '../device.ts';
import { across, PARTIAL } from './across.ts';
import type { Gpu } from './gpu.ts';
import { kernels, THREADS } from './kernel.ts';

/** Classes that one thread goes through. */
const SHORT = 128;

export const softmaxCrossEntropy =
  (gpu: Gpu): NonNullable<FusedKernels['softmaxCrossEntropy']> =>
  (logits, targets, losses, largest, logTotals) => {
    const [N, C] = logits.shape as [number, number];
    const outputs = [losses, largest, logTotals];
    gpu.run(
      rowsKernel(C <= SHORT),
      [logits, targets, ...outputs].map(({ buffer }): Buffer => buffer),
      [N, C, logits.offset, ...logits.strides, targets.offset, targets.strides[0]!, ...outputs.map((y) => y.offset)],
      C <= SHORT ? Math.ceil(N / THREADS) : N,
    );
  };

const rowsKernel = kernels((isShort: boolean) => {
  const [index, first, step] = isShort
    ? [`group * ${THREADS}u + thread`, '0u', '1u']
    : ['group', 'thread', `${THREADS}u`];
  const together = (name: string, combine?: (a: string, b: string) => string): string =>
    isShort ? '' : across(name, combine);
  return {
    name: 'softmaxCrossEntropy',
    reads: { x: 'f32', targets: 'i32' },
    writes: { losses: 'f32', largest: 'f32', logTotals: 'f32' },
    parameters: {
      ...{ N: 'u32', C: 'u32', x_at: 'i32', x_row: 'i32', x_column: 'i32', target_at: 'i32', target_row: 'i32' },
      ...{ loss_at: 'i32', largest_at: 'i32', logTotal_at: 'i32' },
    },
    code: `
${isShort ? '' : PARTIAL}
fn kernel(group: u32, thread: u32) {
  if (${index} >= p.N) { return; }
  let row = i32(${index});
  let start = p.x_at + row * p.x_row;
  var top = x[start];
  for (var c = ${first}; c < p.C; c += ${step}) { top = max_(top, x[start + i32(c) * p.x_column]); }
  ${together('top', (a, b) => `max_(${a}, ${b})`)}
  if (!isFinite_(top)) { top = 0f; }
  var total = 0f;
  for (var c = ${first}; c < p.C; c += ${step}) { total += exp_(x[start + i32(c) * p.x_column] - top); }
  ${together('total')}
  ${isShort ? '' : 'if (thread != 0u) { return; }'}
  let logTotal = log_(total);
  let target_class = targets[p.target_at + row * p.target_row];
  losses[p.loss_at + row] = logTotal - (x[start + target_class * p.x_column] - top);
  largest[p.largest_at + row] = top;
  logTotals[p.logTotal_at + row] = logTotal;
}`,
  };
});
