/** Random numbers: words of Philox, turned into uniforms, integers or normals as `device/philox.ts` defines. */

import { sizeOf } from '../../shape.ts';
import type { Kernels } from '../device.ts';
import type { Gpu } from './gpu.ts';
import { kernels, THREADS } from './kernel.ts';

/** Numbers that a thread makes: a block of four words. */
const BLOCK = 4;

export const random =
  (gpu: Gpu): Kernels['random'] =>
  (distribution, { seed, offset }, output) => {
    const count = sizeOf(output.shape);
    const blocks = Math.ceil(count / BLOCK);
    const { low, high } = distribution.kind === 'integer' ? distribution : { low: 0, high: 1 };
    const halves = [seed, offset].flatMap((value) => [value % 2 ** 32, Math.floor(value / 2 ** 32)]);
    const values = [...halves, low, high - low, high - low === 2 ** 32 ? 1 : 0, output.offset, count];
    gpu.run(
      kernelOf(distribution.kind, output.dtype === 'i32' ? 'i32' : 'f32'),
      [output.buffer],
      values,
      Math.ceil(blocks / THREADS),
    );
    return blocks;
  };

const kernelOf = kernels((kind: Distribution, form: 'f32' | 'i32') => ({
  name: `random ${kind}`,
  writes: { y: form },
  parameters: {
    ...{ seedLow: 'u32', seedHigh: 'u32', offsetLow: 'u32', offsetHigh: 'u32' },
    ...{ low: 'i32', range: 'u32', whole: 'u32', at: 'u32', count: 'u32' },
  },
  code: `fn kernel(group: u32, thread: u32) {
  let block = group * ${THREADS}u + thread;
  let first = block * ${BLOCK}u;
  if (first >= p.count) { return; }
  let words = philox_(later_(vec2u(p.offsetLow, p.offsetHigh), block), vec2u(p.seedLow, p.seedHigh));
  let values = vec4<${form}>(${VALUES[kind]});
  let end = min(${BLOCK}u, p.count - first);
  for (var k = 0u; k < end; k++) { y[p.at + first + k] = values[k]; }
}`,
}));

type Distribution = Parameters<Kernels['random']>[0]['kind'];

const VALUES: Record<Distribution, string> = {
  uniform: 'uniform_(words)',
  normal: 'normal_(words)',
  integer: 'integer_(words, p.low, p.range, p.whole == 1u)',
};
