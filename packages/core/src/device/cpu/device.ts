/** The cpu device: the reference that all others are tested against. Plain loops, f32 and f64, written to be read. */

import { dtypes } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { Device, Kernels, View } from '../device.ts';
import { checkAtOnce } from '../find-outside.ts';
import { fillRandom } from '../philox.ts';
import { argsort } from './argsort.ts';
import { allocate, arrayOf, type CpuBuffer, memoryStats, release } from './buffer.ts';
import { copy, findOutside } from './copy.ts';
import { gather, scatterAdd } from './gather.ts';
import { map } from './map.ts';
import { matmul } from './matmul.ts';
import { cumsum, reduce } from './reduce.ts';

const random: Kernels['random'] = (distribution, stream, output) => {
  const part = arrayOf(output).subarray(output.offset, output.offset + sizeOf(output.shape));
  const { low, high } = distribution.kind === 'integer' ? distribution : { low: 0, high: 1 };
  return fillRandom(distribution.kind, part as Parameters<typeof fillRandom>[1], stream, low, high);
};

const readSync = (view: View): ReturnType<NonNullable<Device['readSync']>> =>
  arrayOf(view).slice(view.offset, view.offset + sizeOf(view.shape));

export const cpu: Device = {
  name: 'cpu',
  dtypes,
  obstacle: () => undefined,
  kernels: {
    map,
    reduce,
    cumsum,
    argsort,
    matmul,
    gather,
    scatterAdd,
    copy,
    random,
    checkIndices: checkAtOnce(findOutside),
  },
  allocate,
  release,
  write: (data, buffer) => (buffer as CpuBuffer).array.set(data),
  read: async (view) => readSync(view),
  readSync,
  synchronize: async () => {},
  memoryStats,
};
