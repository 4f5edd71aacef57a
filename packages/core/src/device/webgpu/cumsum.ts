/**
 * Running sums along a dimension. A short line is one thread's; a long one is cut into segments, a workgroup each, which
 * go on from the running sums of the segments' totals: so all sums are short, and their rounding errors small.
 */

import { contiguousStrides, sizeOf } from '../../shape.ts';
import type { Kernels, View } from '../device.ts';
import { type Gpu, wordOf } from './gpu.ts';
import { kernels, THREADS, type Word } from './kernel.ts';
import { reduce } from './reduce.ts';
import { walkCode, walkOf, walkParameters, walkValues } from './walk.ts';

/** Elements of a line that one thread sums. */
const SHORT = 64;
/** Threads of a segment, and elements of each. */
const LANES = 64;
const EACH = 16;
const SEGMENT: number = LANES * EACH;

export const cumsum =
  (gpu: Gpu): Kernels['cumsum'] =>
  (input, dim, output) => {
    if (sizeOf(input.shape) === 0) return;
    const size = input.shape[dim] ?? 1; // a scalar is a line of one
    const shape = input.shape.toSpliced(dim, 1);
    const lines = sizeOf(shape);
    const views = [input, output].map(({ offset, strides }) => ({ offset, strides: strides.toSpliced(dim, 1) }));
    const walk = walkOf(shape, views);
    const segments = size <= SHORT ? 1 : Math.ceil(size / SEGMENT);
    const values = [...walkValues(walk), size, input.strides[dim] ?? 0, output.strides[dim] ?? 0, segments];
    const form = wordOf(input.dtype);
    if (size <= SHORT) {
      const groups = Math.ceil(lines / THREADS);
      gpu.run(shortKernel(form, walk.key), [input.buffer, output.buffer], values, groups);
    } else if (segments === 1) {
      gpu.run(segmentKernel(form, walk.key, false), [input.buffer, output.buffer], values, lines);
    } else {
      const before = sumsBefore(gpu, input, dim, segments);
      const buffers = [input.buffer, before.buffer, output.buffer];
      gpu.run(segmentKernel(form, walk.key, true), buffers, values, lines * segments);
      gpu.release(before.buffer);
    }
  };

/** The running sums of the totals of all segments but the last: [...lines, segments - 1]. */
function sumsBefore(gpu: Gpu, input: View, dim: number, segments: number): View {
  const step = input.strides[dim]!;
  const whole = segments - 1;
  const without = (list: readonly number[]): number[] => list.toSpliced(dim, 1);
  const cut = {
    buffer: input.buffer,
    dtype: input.dtype,
    offset: input.offset,
    shape: [...without(input.shape), whole, SEGMENT],
    strides: [...without(input.strides), SEGMENT * step, step],
  };
  const fresh = (shape: readonly number[]): View => ({
    buffer: gpu.allocate(sizeOf(shape)),
    dtype: input.dtype,
    offset: 0,
    shape,
    strides: contiguousStrides(shape),
  });
  const totals = fresh([...without(input.shape), whole, 1]);
  const sums = fresh([...without(input.shape), whole]);
  reduce(gpu)('sum', cut, [cut.shape.length - 1], totals);
  cumsum(gpu)({ ...totals, shape: sums.shape, strides: sums.strides }, sums.shape.length - 1, sums);
  gpu.release(totals.buffer);
  return sums;
}

const parameters = (walkKey: string): Record<string, Word> => ({
  ...walkParameters(walkKey),
  ...{ size: 'u32', step: 'i32', stepOut: 'i32', segments: 'u32' },
});

const shortKernel = kernels((form: string, walkKey: string) => ({
  name: 'cumsum',
  reads: { x: form },
  writes: { y: form },
  parameters: parameters(walkKey),
  code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.count) { return; }
  ${walkCode(walkKey)}
  var sum = ${form}(0);
  for (var k = 0; k < i32(p.size); k++) {
    sum += x[at0 + k * p.step];
    y[at1 + k * p.stepOut] = sum;
  }
}`,
}));

/** A thread sums its own elements; what lies before them comes from doubling steps back over the threads' sums. */
const segmentKernel = kernels((form: string, walkKey: string, goesOn: boolean) => ({
  name: 'cumsum',
  reads: goesOn ? { x: form, before: form } : { x: form },
  writes: { y: form },
  parameters: parameters(walkKey),
  threads: LANES,
  code: `var<workgroup> sums: array<${form}, ${2 * LANES}>;
fn kernel(group: u32, thread: u32) {
  if (group >= p.count * p.segments) { return; }
  let index = group / p.segments;
  let segment = group % p.segments;
  ${walkCode(walkKey)}
  let first = segment * ${SEGMENT}u + thread * ${EACH}u;
  let end = min(first + ${EACH}u, p.size);
  var sum = ${form}(0);
  for (var k = first; k < end; k++) { sum += x[at0 + i32(k) * p.step]; }
  sums[thread] = sum;
  var at = 0u; // of the half that is read: the other is written
  for (var back = 1u; back < ${LANES}u; back *= 2u) {
    workgroupBarrier();
    if (thread >= back) { sum += sums[at + thread - back]; }
    at = ${LANES}u - at;
    sums[at + thread] = sum;
  }
  workgroupBarrier();
  var base = ${form}(0);
  if (thread > 0u) { base = sums[at + thread - 1u]; }
  ${goesOn ? 'if (segment > 0u) { base += before[index * (p.segments - 1u) + segment - 1u]; }' : ''}
  sum = ${form}(0);
  for (var k = first; k < end; k++) {
    sum += x[at0 + i32(k) * p.step];
    y[at1 + i32(k) * p.stepOut] = base + sum;
  }
}`,
}));
