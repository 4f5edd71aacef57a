/**
 * Index checks. Indices that the host wrote are checked on the host; for others a kernel leaves a note of the first one
 * that is outside, which the next await reports. What has passed a check is not checked again before it changes.
 */

import { sizeOf } from '../../shape.ts';
import type { Kernels, View } from '../device.ts';
import type { Gpu } from './gpu.ts';
import { kernels } from './kernel.ts';
import type { WebGpuBuffer } from './memory.ts';
import { walkCode, walkOf, walkParameters, walkValues } from './walk.ts';

export const checkIndices =
  (gpu: Gpu): Kernels['checkIndices'] =>
  (indices, low, high, errorAt) => {
    const total = sizeOf(indices.shape);
    if (total === 0) return;
    const buffer = indices.buffer as WebGpuBuffer;
    const walk = walkOf(indices.shape, [indices]);
    // Once a check has failed, none counts as passed: who goes on after the error is told again.
    const check = `${gpu.notes.reported} ${low} ${high} ${walk.offsets} ${walk.sizes} ${walk.strides}`;
    if (buffer.checked === check) return;
    if (buffer.host) checkOnHost(buffer.host as Int32Array, indices, low, high, errorAt);
    else {
      const { note, id } = gpu.notes.add(errorAt);
      const range = [Math.max(low, -(2 ** 31)), Math.min(high, 2 ** 31) - 1]; // low and high may lie beyond all i32
      gpu.run(kernelOf(walk.key), [indices.buffer, note], [...walkValues(walk), id, ...range], 1);
    }
    buffer.checked = check;
  };

/** One workgroup goes over all indices: the first one that is outside must win. */
const THREADS = 256;

const kernelOf = kernels((walkKey: string) => ({
  name: 'checkIndices',
  reads: { indices: 'i32' },
  writes: { note: 'u32' },
  parameters: { ...walkParameters(walkKey), id: 'u32', first: 'i32', last: 'i32' },
  threads: THREADS,
  code: `fn at(index: u32) -> i32 {
  ${walkCode(walkKey)}
  return at0;
}
var<workgroup> found_at: atomic<u32>;
fn kernel(group: u32, thread: u32) {
  if (thread == 0) { atomicStore(&found_at, p.count); }
  workgroupBarrier();
  for (var index = thread; index < p.count; index += ${THREADS}u) {
    let value = indices[at(index)];
    if (value < p.first || value > p.last) { atomicMin(&found_at, index); break; }
  }
  workgroupBarrier();
  let found = atomicLoad(&found_at);
  // An earlier check's note stays.
  if (thread == 0 && found < p.count && note[0] == 0) {
    note[0] = p.id;
    note[1] = found;
    note[2] = bitcast<u32>(indices[at(found)]);
  }
}`,
}));

function checkOnHost(
  values: Int32Array,
  { offset, shape, strides }: View,
  low: number,
  high: number,
  errorAt: (position: number, value: number) => Error,
): void {
  const index = shape.map(() => 0);
  const last = shape.length - 1;
  for (let position = 0, at = offset; ; position++) {
    const value = values[at]!;
    if (value < low || value >= high) throw errorAt(position, value);
    let d = last; // an odometer
    for (; d >= 0; d--) {
      at += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      at -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}
