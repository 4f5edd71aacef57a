/** The webgpu device: the kernels of the house on a GPU, in Node and in browsers. Loaded when it is asked for. */

import type { Device, DeviceOptions, Kernels } from '../device.ts';
import { acquireDevice, checkDevice } from './acquire.ts';
import { argsort } from './argsort.ts';
import { checkIndices } from './check-indices.ts';
import { copy } from './copy.ts';
import { cumsum } from './cumsum.ts';
import { gather } from './gather.ts';
import { Gpu } from './gpu.ts';
import { layerNorm, layerNormBackward } from './layer-norm.ts';
import { lstmBackward, lstmForward } from './lstm.ts';
import { map, updateAll } from './map.ts';
import { matmul } from './matmul.ts';
import { random } from './random.ts';
import { reduce } from './reduce.ts';
import { scatterAdd } from './scatter-add.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

/** A device of the GPU that is handed in, or of one that is found. Throws: DeviceError that says how to get one. */
export async function load({ gpuDevice }: DeviceOptions = {}): Promise<Device> {
  const gpu = gpuDevice ? checkDevice(gpuDevice) : await acquireDevice();
  let device = devices.get(gpu);
  if (!device) devices.set(gpu, (device = deviceOf(new Gpu(gpu))));
  return device;
}

/** One handed in twice is one device: its tensors can meet. */
const devices = new WeakMap<GPUDevice, Device>();

function deviceOf(gpu: Gpu): Device {
  return {
    name: 'webgpu',
    dtypes: ['f32', 'i32', 'bool'],
    obstacle: () => gpu.faults.loss,
    kernels: kernelsOf(gpu),
    allocate: (_, length) => gpu.allocate(length),
    release: (buffer) => gpu.release(buffer),
    write: (data, buffer) => gpu.write(data, buffer),
    read: (view) => gpu.read(view),
    readSync: undefined,
    warmUp: (fn) => gpu.warmUp(fn),
    synchronize: () => gpu.synchronize(),
    memoryStats: () => gpu.memory.stats(),
    capMemory: (bytes) => gpu.memory.capAt(bytes),
    counters: () => ({ ...gpu.counters }),
    details: () => gpu.details(),
  };
}

/** A family is a file: a function of the Gpu that gives the kernel. */
function kernelsOf(gpu: Gpu): Kernels {
  return {
    map: map(gpu),
    copy: copy(gpu),
    checkIndices: checkIndices(gpu),
    reduce: reduce(gpu),
    cumsum: cumsum(gpu),
    argsort: argsort(gpu),
    matmul: matmul(gpu),
    gather: gather(gpu),
    scatterAdd: scatterAdd(gpu),
    random: random(gpu),
    fused: {
      layerNorm: layerNorm(gpu),
      layerNormBackward: layerNormBackward(gpu),
      lstmForward: lstmForward(gpu),
      lstmBackward: lstmBackward(gpu),
      softmaxCrossEntropy: softmaxCrossEntropy(gpu),
      updateAll: updateAll(gpu),
    },
  };
}
