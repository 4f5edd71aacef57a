/** The wasm device: kernels that are assembled and compiled on first use, in one linear memory, on all cores. */

import { dtypeOfArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { Device, Kernels } from '../device.ts';
import { checkAtOnce } from '../find-outside.ts';
import { argsort } from './argsort.ts';
import { copy } from './copy.ts';
import { cumsum } from './cumsum.ts';
import { features, whyNoSimd } from './features.ts';
import { findOutside } from './find-outside.ts';
import { gather } from './gather.ts';
import { layerNorm, layerNormBackward } from './layer-norm.ts';
import { linearCrossEntropy } from './linear-cross-entropy.ts';
import { lstmBackward, lstmForward } from './lstm.ts';
import { map } from './map.ts';
import { matmul } from './matmul.ts';
import { allocate, arrayOf, beginOperation, capMemory, memoryStats, release } from './memory.ts';
import { random } from './random.ts';
import { reduce } from './reduce.ts';
import { scatterAdd } from './scatter-add.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { threadInfo } from './threads.ts';
import { updateAll } from './update-all.ts';

/** A kernel is an operation: the blocks that it uses stay where they are until it ends. */
const operation =
  <Args extends unknown[], Result>(kernel: (...args: Args) => Result) =>
  (...args: Args): Result => {
    beginOperation();
    return kernel(...args);
  };

const kernels: Kernels = {
  map: operation(map),
  reduce: operation(reduce),
  cumsum: operation(cumsum),
  argsort: operation(argsort),
  matmul: operation(matmul),
  gather: operation(gather),
  scatterAdd: operation(scatterAdd),
  copy: operation(copy),
  random: operation(random),
  checkIndices: operation(checkAtOnce(findOutside)),
  fused: {
    lstmForward: operation(lstmForward),
    lstmBackward: operation(lstmBackward),
    layerNorm: operation(layerNorm),
    layerNormBackward: operation(layerNormBackward),
    softmaxCrossEntropy: operation(softmaxCrossEntropy),
    linearCrossEntropy: operation(linearCrossEntropy),
    updateAll: operation(updateAll),
  },
};

const readSync: NonNullable<Device['readSync']> = ({ buffer, dtype, offset, shape }) =>
  arrayOf(buffer, dtype, offset, sizeOf(shape)).slice();

export const wasm: Device = {
  name: 'wasm',
  dtypes: ['f32', 'i32', 'bool'],
  obstacle: whyNoSimd,
  kernels,
  allocate,
  release,
  write: operation((data, buffer) => arrayOf(buffer, dtypeOfArray(data)!, 0, data.length).set(data)),
  read: async (view) => readSync(view),
  readSync,
  synchronize: async () => {},
  memoryStats,
  capMemory,
  details() {
    const { count, ready, reason } = threadInfo();
    return { threads: count, workersReady: ready, threadsBecause: reason, ...features() };
  },
};
