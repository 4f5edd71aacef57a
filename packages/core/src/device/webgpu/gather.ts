/** Gather: an element of the output an invocation. */

import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import { type Gpu, wordOf } from './gpu.ts';
import { kernels, THREADS } from './kernel.ts';
import { walkCode, walkOf, walkParameters, walkValues } from './walk.ts';

export const gather =
  (gpu: Gpu): Kernels['gather'] =>
  (source, dim, indices, output) => {
    const total = sizeOf(output.shape);
    if (total === 0) return;
    const strides = source.strides.map((stride, d) => (d === dim ? 0 : stride)); // the index says where along `dim`
    const walk = walkOf(indices.shape, [{ offset: source.offset, strides }, indices, output]);
    const along = source.strides[dim] ?? 0;
    gpu.run(
      kernelOf(wordOf(source.dtype), walk.key),
      [source.buffer, indices.buffer, output.buffer],
      [...walkValues(walk), along],
      Math.ceil(total / THREADS),
    );
  };

const kernelOf = kernels((word: string, walkKey: string) => ({
  name: 'gather',
  reads: { x: word, indices: 'i32' },
  writes: { y: word },
  parameters: { ...walkParameters(walkKey), along: 'i32' },
  code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.count) { return; }
  ${walkCode(walkKey)}
  y[at2] = x[at0 + indices[at1] * p.along];
}`,
}));
