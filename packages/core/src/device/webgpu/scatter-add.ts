/**
 * The transpose of gather. There are no float atomics, and sums must not depend on which thread comes first: either an
 * invocation adds up a whole line, in order, or each element of the output looks for what is meant for it, in the same
 * order. The first has few threads where lines are few, the second reads every index once for each element.
 */

import { sizeOf } from '../../shape.ts';
import type { Kernels, View } from '../device.ts';
import { type Gpu, wordOf } from './gpu.ts';
import { type KernelSource, kernels, THREADS } from './kernel.ts';
import { walkCode, walkOf, walkParameters, walkValues } from './walk.ts';

/** As many index reads as the second way may take. */
const MOST_READS = 2 ** 26;

export const scatterAdd =
  (gpu: Gpu): Kernels['scatterAdd'] =>
  (source, dim, indices, output) => {
    if (sizeOf(indices.shape) === 0) return;
    const length = indices.shape[dim] ?? 1;
    const lines = lineShape(indices, dim);
    const places = output.shape[dim] ?? 1;
    const isSearch = sizeOf(lines) * places * length <= MOST_READS;
    const views = [source, indices, output].map((view) => lineOf(view, dim));
    const steps = [source, indices, output].map(({ strides }) => strides[dim] ?? 0);
    // where each element looks for what is meant for it, its position along `dim` is the innermost dimension
    const walk = isSearch
      ? walkOf(
          [...lines, places],
          views.map(({ offset, strides }) => ({ offset, strides: [...strides, 0] })),
        )
      : walkOf(lines, views);
    gpu.run(
      kernelOf(wordOf(source.dtype), walk.key, isSearch),
      [source.buffer, indices.buffer, output.buffer],
      [...walkValues(walk), length, places, ...steps],
      Math.ceil((sizeOf(lines) * (isSearch ? places : 1)) / THREADS),
    );
  };

const lineShape = ({ shape }: View, dim: number): readonly number[] =>
  shape.length > 0 ? shape.toSpliced(dim, 1) : shape;

const lineOf = ({ offset, strides }: View, dim: number): { offset: number; strides: readonly number[] } => ({
  offset,
  strides: strides.length > 0 ? strides.toSpliced(dim, 1) : strides,
});

const kernelOf = kernels(
  (word: string, walkKey: string, isSearch: boolean): KernelSource => ({
    name: 'scatterAdd',
    reads: { x: word, indices: 'i32' },
    writes: { y: word },
    parameters: {
      ...walkParameters(walkKey),
      ...{ length: 'i32', places: 'u32', step_x: 'i32', step_index: 'i32', step_y: 'i32' },
    },
    code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.count) { return; }
  ${walkCode(walkKey)}
  ${isSearch ? SEARCH : LINE}
}`,
  }),
);

const SEARCH = `let place = i32(index % p.places);
  let to = at2 + place * p.step_y;
  var sum = y[to];
  for (var k = 0; k < p.length; k++) {
    if (indices[at1 + k * p.step_index] == place) { sum += x[at0 + k * p.step_x]; }
  }
  y[to] = sum;`;

const LINE = `for (var k = 0; k < p.length; k++) {
    let to = at2 + indices[at1 + k * p.step_index] * p.step_y;
    y[to] += x[at0 + k * p.step_x];
  }`;
