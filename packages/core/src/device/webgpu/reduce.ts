/** Reductions over any dimensions: how many threads make an output, and when it is made in parts. */

import { contiguousStrides, type Shape, type Strides, sizeOf } from '../../shape.ts';
import type { Kernels, View } from '../device.ts';
import { foldKernel, reducedValues } from './fold.ts';
import type { Gpu } from './gpu.ts';
import { THREADS } from './kernel.ts';
import { type Walk, walkOf, walkValues } from './walk.ts';

/** Elements that are worth a lane of their own, and elements of a lane that are worth a part of their own. */
const LANE = 8;
const PART = 64;
/** With fewer threads than this, outputs are made in parts. */
const ENOUGH = 65_536;

export const reduce =
  (gpu: Gpu): Kernels['reduce'] =>
  (op, input, dims, output) => {
    const outputs = sizeOf(output.shape);
    if (outputs === 0) return;
    const isReduced = (_: number, d: number): boolean => dims.includes(d);
    const isKept = (_: number, d: number): boolean => !dims.includes(d);
    const shape = input.shape.filter(isKept);
    const from = { offset: input.offset, strides: input.strides.filter(isKept) };
    const to = { offset: output.offset, strides: output.strides.filter(isKept) };
    const reduced = walkOf(input.shape.filter(isReduced), [{ offset: 0, strides: input.strides.filter(isReduced) }]);

    const size = reduced.sizes.reduce((product, n) => product * n, 1);
    const lanes = lanesFor(size, reduced, walkOf(shape, [from]));
    const part = op.startsWith('arg') ? size : partFor(size, lanes, outputs);
    const parts = part < size ? Math.ceil(size / part) : 1;
    const target = parts > 1 ? partsOf(gpu, parts, shape, output) : output;
    const walk = walkOf(shape, parts > 1 ? [from] : [from, to]);
    const kernel = foldKernel(
      op,
      input.dtype,
      walk.key,
      reduced.sizes.length,
      lanes,
      shuffledOf(gpu, lanes),
      parts > 1,
    );
    const values = reducedValues(reduced, { items: outputs * parts, size, part });
    const groups = Math.ceil((outputs * parts * lanes) / THREADS);
    gpu.run(kernel, [input.buffer, target.buffer], [...walkValues(walk), ...values], groups);
    if (parts > 1) {
      const { buffer, dtype, offset } = output;
      const whole = { buffer, dtype, offset, shape: [1, ...shape], strides: [0, ...to.strides] };
      reduce(gpu)(op, target, [0], whole);
      gpu.release(target.buffer);
    }
  };

/** Threads side by side should read what lies side by side: elements of an output, or of neighbouring outputs. */
function lanesFor(size: number, reduced: Walk, kept: Walk): number {
  const step = ({ strides: [steps] }: Walk): number => Math.abs(steps![0] ?? Number.POSITIVE_INFINITY);
  if (step(reduced) > step(kept)) return 1;
  let lanes = 1;
  while (2 * lanes <= Math.min(THREADS, size / LANE)) lanes *= 2;
  return lanes;
}

/** Elements in a part. */
function partFor(size: number, lanes: number, outputs: number): number {
  const parts = Math.min(Math.floor(size / lanes / PART), Math.floor(ENOUGH / (outputs * lanes)));
  return parts > 1 ? Math.ceil(size / parts) : size;
}

/** Memory for what the parts make: [parts, ...shape]. */
function partsOf(gpu: Gpu, parts: number, shape: Shape, { dtype }: View): View {
  const all = [parts, ...shape];
  const strides: Strides = contiguousStrides(all);
  return { buffer: gpu.allocate(sizeOf(all)), dtype, offset: 0, shape: all, strides };
}

/** Lanes that are sure to be in one subgroup. */
function shuffledOf(gpu: Gpu, lanes: number): number {
  return gpu.hasSubgroups ? Math.min(lanes, gpu.device.adapterInfo.subgroupMinSize) : 1;
}
