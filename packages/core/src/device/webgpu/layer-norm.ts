/**
 * Layer normalisation of rows, forward and back; definition: ops/layer-norm.ts. N: rows, D: elements of a row, P: parts of
 * the rows that are summed up by themselves.
 *
 *   y = n weight + bias,   n = (x - m - s) r,   m = mean x,   s = mean (x - m),   r = 1 / sqrt(mean (x - m - s)^2 + eps)
 *   gx = r (g - mean g - n mean (g n)),   g = gy weight
 *
 * f32 cannot tell the mean m of large numbers well, so what is left of it is taken out too (s).
 */

import type { FusedKernels, View } from '../device.ts';
import { across, PARTIAL } from './across.ts';
import type { Gpu } from './gpu.ts';
import { kernels, THREADS } from './kernel.ts';

export const layerNorm =
  (gpu: Gpu): NonNullable<FusedKernels['layerNorm']> =>
  ({ x, weight, bias }, eps, { y, statistics }) => {
    const [N, D] = x.shape as [number, number];
    const views = [x, weight, bias, y, statistics];
    gpu.run(forwardKernel(), views.map(bufferOf), [N, D, eps, ...views.map(offsetOf)], N);
  };

export const layerNormBackward =
  (gpu: Gpu): NonNullable<FusedKernels['layerNormBackward']> =>
  ({ gy, x, weight, statistics }, { gx, gWeight, gBias }) => {
    const [N, D] = x.shape as [number, number];
    const ofRows = [gy, x, weight, statistics, gx];
    gpu.run(backwardKernel(), ofRows.map(bufferOf), [N, D, ...ofRows.map(offsetOf)], N);
    const P = gWeight.shape[0]!;
    const ofColumns = [gy, x, statistics, gWeight, gBias];
    const values = [N, D, P, Math.ceil(N / P), ...ofColumns.map(offsetOf)];
    gpu.run(columnsKernel(), ofColumns.map(bufferOf), values, Math.ceil((P * D) / THREADS));
  };

const bufferOf = ({ buffer }: View): View['buffer'] => buffer;
const offsetOf = ({ offset }: View): number => offset;

/** Runs over the elements of a thread: at `at` in the row, which begins at `row`, and at `i` in all. */
const each = (statement: string): string =>
  `for (var at = thread; at < p.D; at += ${THREADS}u) { let i = row + at; ${statement} }`;

/** An element of x less its mean: rounded in between, or the two parts of the mean could be added up first. */
const CENTRED = '(rounded_(x[p.x_at + i] - mean) - rest)';

const forwardKernel = kernels(() => ({
  name: 'layerNorm',
  reads: { x: 'f32', weight: 'f32', bias: 'f32' },
  writes: { y: 'f32', statistics: 'f32' },
  parameters: {
    ...{ N: 'u32', D: 'u32', eps: 'f32' },
    ...{ x_at: 'u32', weight_at: 'u32', bias_at: 'u32', y_at: 'u32', statistics_at: 'u32' },
  },
  code: `
${PARTIAL}
fn kernel(group: u32, thread: u32) {
  if (group >= p.N) { return; }
  let row = group * p.D;
  var mean = 0f;
  ${each('mean += x[p.x_at + i];')}
  ${across('mean')}
  mean /= f32(p.D);
  var rest = 0f;
  ${each('rest += rounded_(x[p.x_at + i] - mean);')}
  ${across('rest')}
  rest /= f32(p.D);
  var squares = 0f;
  ${each(`let c = ${CENTRED}; squares += c * c;`)}
  ${across('squares')}
  let scale = 1f / sqrt(squares / f32(p.D) + p.eps);
  ${each(`y[p.y_at + i] = ${CENTRED} * scale * weight[p.weight_at + at] + bias[p.bias_at + at];`)}
  if (thread == 0u) {
    let entry = p.statistics_at + 3u * group;
    statistics[entry] = mean;
    statistics[entry + 1u] = rest;
    statistics[entry + 2u] = scale;
  }
}`,
}));

/** Declares what the statistics of a row say. */
const known = (row: string): string => `let entry = p.statistics_at + 3u * ${row};
    let mean = statistics[entry];
    let rest = statistics[entry + 1u];
    let scale = statistics[entry + 2u];`;

/** The gradient of x, a workgroup a row. */
const backwardKernel = kernels(() => ({
  name: 'layerNorm.vjp',
  reads: { gy: 'f32', x: 'f32', weight: 'f32', statistics: 'f32' },
  writes: { gx: 'f32' },
  parameters: {
    ...{ N: 'u32', D: 'u32' },
    ...{ gy_at: 'u32', x_at: 'u32', weight_at: 'u32', statistics_at: 'u32', gx_at: 'u32' },
  },
  code: `
${PARTIAL}
fn kernel(group: u32, thread: u32) {
  if (group >= p.N) { return; }
  let row = group * p.D;
  ${known('group')}
  var sum = 0f;
  var along = 0f;
  ${each(`let g = gy[p.gy_at + i] * weight[p.weight_at + at];
    sum += g;
    along += g * ${CENTRED} * scale;`)}
  ${across('sum')}
  ${across('along')}
  let mean_g = sum / f32(p.D);
  let mean_gn = along / f32(p.D);
  ${each(`let g = gy[p.gy_at + i] * weight[p.weight_at + at];
    gx[p.gx_at + i] = scale * (g - mean_g - ${CENTRED} * scale * mean_gn);`)}
}`,
}));

/** The gradients of weight and bias: a thread sums a column of a part of the rows. */
const columnsKernel = kernels(() => ({
  name: 'layerNorm.vjp',
  reads: { gy: 'f32', x: 'f32', statistics: 'f32' },
  writes: { gWeight: 'f32', gBias: 'f32' },
  parameters: {
    ...{ N: 'u32', D: 'u32', P: 'u32', rows: 'u32' },
    ...{ gy_at: 'u32', x_at: 'u32', statistics_at: 'u32', gWeight_at: 'u32', gBias_at: 'u32' },
  },
  code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.P * p.D) { return; }
  let first = index / p.D * p.rows;
  var sum_weight = 0f;
  var sum_bias = 0f;
  for (var row = first; row < min(p.N, first + p.rows); row++) {
    let i = row * p.D + index % p.D;
    ${known('row')}
    let g = gy[p.gy_at + i];
    sum_weight += g * ${CENTRED} * scale;
    sum_bias += g;
  }
  gWeight[p.gWeight_at + index] = sum_weight;
  gBias[p.gBias_at + index] = sum_bias;
}`,
}));
