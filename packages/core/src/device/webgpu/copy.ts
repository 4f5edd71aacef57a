/** Copies between layouts and dtypes: an element an invocation. */

import type { DType } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import { type Gpu, wordOf } from './gpu.ts';
import { kernels, THREADS } from './kernel.ts';
import { walkCode, walkOf, walkParameters, walkValues } from './walk.ts';
import { castTo } from './wgsl-cast.ts';
import type { Form } from './wgsl-rules.ts';

export const copy =
  (gpu: Gpu): Kernels['copy'] =>
  (input, output) => {
    const total = sizeOf(output.shape);
    if (total === 0) return;
    const walk = walkOf(output.shape, [input, output]);
    const buffers = [input.buffer, output.buffer];
    gpu.run(kernelOf(input.dtype, output.dtype, walk.key), buffers, walkValues(walk), Math.ceil(total / THREADS));
  };

const kernelOf = kernels((from: DType, to: DType, walkKey: string) => ({
  name: from === to ? 'copy' : `cast to ${to}`,
  reads: { x: wordOf(from) },
  writes: { y: wordOf(to) },
  parameters: walkParameters(walkKey),
  code: `fn kernel(group: u32, thread: u32) {
  let index = group * ${THREADS}u + thread;
  if (index >= p.count) { return; }
  ${walkCode(walkKey)}
  y[at1] = ${from === to ? 'x[at0]' : store(to, castTo(formOf(from), formOf(to), load(from, 'x[at0]')))};
}`,
}));

const formOf = (dtype: DType): Form => (dtype === 'bool' ? 'bool' : dtype === 'i32' ? 'i32' : 'f32');
const load = (dtype: DType, word: string): string => (dtype === 'bool' ? `(${word} != 0)` : word);
const store = (dtype: DType, value: string): string => (dtype === 'bool' ? `u32(${value})` : value);
