/** The WebGPU tables of docs/benchmarks.md, from invented measurements. */
import { expect, it } from 'vitest';
import type { Measured } from './webgpu-page/job.ts';
import { type Round, webGpuReport } from './webgpu-report.ts';

const counts = { dispatches: 25, submits: 1, pipelines: 0, buffers: 0.94, bufferBytes: 2 ** 20, writtenBytes: 6451 };
const measured = (ms: number, last: number): Measured => ({
  ...{ ms: [ms, ms + 1, ms + 2], losses: [2.3, 2.2, 2.1, 2, 1.9, last], warmUpMs: 1200, pipelines: 26 },
  perStep: { ...counts, reads: 1 },
});
const rounds = (tfjs: Round['measured']): Round[] => [
  { round: 1, model: 'mlp', contender: 'tapegrad', measured: measured(20, 1.8) },
  { round: 1, model: 'mlp', contender: 'tfjs', measured: tfjs },
  { round: 2, model: 'mlp', contender: 'tapegrad', measured: measured(30, 1.8) },
];

it('a row has the counters of a step, and the median of rounds', () => {
  const report = webGpuReport(rounds(measured(100, 1.8005)), 16);
  expect(report).toContain('| tapegrad | 25 | 1 | 1 | 0.9 | 1 | 6.3 | 26 | 1.2 | 26 (21-31) | 2.30000 | 1.80000 |');
  expect(report).toContain('**MLP 784-128-10, batch 64**');
  expect(report).not.toContain('`small`');
  expect(report).toContain('The losses agree: all did the same work.');
});

it('a contender that failed is said to have, and why; so are losses that differ', () => {
  const failed = webGpuReport(rounds('page.evaluate: Error: no kernel\n    at x'), 16);
  expect(failed).toMatch(/\| TensorFlow\.js \| failed \|/);
  expect(failed).toContain('TensorFlow.js failed: `page.evaluate: Error: no kernel`');
  expect(failed).toMatch(/\| jax-js \| failed \|/);
  expect(webGpuReport(rounds(measured(100, 1.9)), 16)).toContain(
    'The losses do not agree: they are 0.0 apart at first, 0.10 after five steps.',
  );
});
