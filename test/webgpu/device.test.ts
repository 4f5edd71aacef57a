/** The device as users meet it: chosen, handed in, lost, asked about indices. */

import {
  ArgumentError,
  availableDevices,
  DeviceError,
  deviceInfo,
  IndexError,
  type IntTensor,
  oneHot,
  ones,
  setDevice,
  setMemoryCap,
  synchronize,
  tensor,
  warmUp,
} from '@tapegrad/core';
import { afterEach, describe, expect, test } from 'vitest';
import { deviceNamed } from '../../packages/core/src/device/registry.ts';
import { acquireDevice } from '../../packages/core/src/device/webgpu/acquire.ts';

afterEach(() => setDevice('cpu'));

const onWebGpu = (...values: number[]): IntTensor => tensor(Int32Array.from(values), { device: 'webgpu' });

describe('setDevice', () => {
  test('makes new tensors on the GPU, and says what it is', async () => {
    await setDevice('webgpu');
    const x = ones([2, 3]);
    expect(x.device.name).toBe('webgpu');
    expect(await x.mul(3).toArray()).toEqual([
      [3, 3, 3],
      [3, 3, 3],
    ]);
    expect(availableDevices()).toEqual(['wasm', 'cpu', 'webgpu']);
    const { counters, details, dtypes } = deviceInfo();
    expect(dtypes).toEqual(['f32', 'i32', 'bool']);
    expect(counters.dispatches).toBeGreaterThan(0);
    expect(details.adapter).toMatch(/\w/);
  });

  test('keeps the device that there is', async () => {
    await setDevice('webgpu');
    const device = deviceNamed('webgpu');
    await Promise.all([setDevice('webgpu'), setDevice('webgpu')]);
    expect(deviceNamed('webgpu')).toBe(device);
  });

  test('takes a GPUDevice of the user', async () => {
    const gpuDevice = await acquireDevice();
    const before = ones([1], { device: 'webgpu' });
    await setDevice('webgpu', { gpuDevice });
    const x = ones([1]);
    await setDevice('webgpu', { gpuDevice });
    expect(await x.add(ones([1])).item()).toBe(2);
    expect(() => x.add(before)).toThrow(
      'operands are on two devices: webgpu (f32 [1]), webgpu (replaced) (f32 [1]); move one',
    );
    const { kernels } = deviceNamed('webgpu');
    expect(() => kernels.copy(before, x)).toThrow(
      'copy: operands are on two devices: webgpu and another webgpu device',
    );
    expect(() => kernels.copy(ones([1], { device: 'cpu' }), x)).toThrow('webgpu and another device; move one with');
    expect(await before.item()).toBe(1);
    await expect(setDevice('webgpu', { gpuDevice: {} })).rejects.toThrow(ArgumentError);
    gpuDevice.destroy();
    await expect(x.item()).rejects.toThrow(DeviceError);
    await setDevice('webgpu');
    expect(await ones([1]).item()).toBe(1);
  });

  test('makes a new device once the old one is lost', async () => {
    const gpuDevice = await acquireDevice();
    await setDevice('webgpu', { gpuDevice });
    const x = ones([3], { requiresGrad: true });
    const pending = x.mul(2).data();
    gpuDevice.destroy();
    await expect(pending).rejects.toThrow(/the device was lost .*; call await setDevice\('webgpu'\)/);
    expect(() => x.mul(2)).toThrow(DeviceError);
    await setDevice('webgpu');
    const y = ones([3], { requiresGrad: true });
    expect(await y.mul(2).toArray()).toEqual([2, 2, 2]);
    expect(() => y.mul(x)).toThrow('operands are on two devices: webgpu (f32 [3]), webgpu (lost) (f32 [3])');
  });

  test('reads nothing without waiting, and says what to await', async () => {
    const x = ones([2], { device: 'webgpu' });
    expect(() => x.dataSync()).toThrow('dataSync: not possible on webgpu; use await x.data()');
    expect(String(x)).toBe('tensor([2], dtype=f32, device=webgpu; await x.data() reads it)');
  });

  test('and a step is warmed up like any other', async () => {
    await setDevice('webgpu');
    const x = tensor([0, 1, 2, 3, 4]);
    const y = await warmUp(() => x.mul(x).sin());
    expect(y.shape).toEqual([5]);
    expect(await y.data()).toHaveLength(5);
  });
});

describe('indices', () => {
  test('that came from the host are checked at once', () => {
    expect(() => oneHot(onWebGpu(0, 3, 1), 3)).toThrow(
      'oneHot: index 3 at position [1] is out of range: expected 0 to 2',
    );
    const matrix = onWebGpu(0, 1, 2, 3, 4, 5).reshape([2, 3]).transpose(0, 1) as IntTensor;
    expect(() => oneHot(matrix, 4)).toThrow('oneHot: index 4 at position [1, 1] is out of range: expected 0 to 3');
  });

  test('that were computed are checked by the next await, which names the first one', async () => {
    const computed = onWebGpu(0, 1, 2, 3, 4, 5).add(0).reshape([2, 3]).transpose(0, 1) as IntTensor;
    const y = oneHot(computed, 4);
    const z = oneHot(computed, 2);
    await expect(y.data()).rejects.toThrow('oneHot: index 4 at position [1, 1] is out of range: expected 0 to 3');
    expect(await z.data()).toHaveLength(12); // the next one was not asked to report again
    await synchronize('webgpu');
    oneHot(computed.neg() as IntTensor, 6);
    await expect(synchronize('webgpu')).rejects.toThrow(IndexError);
    oneHot(computed, 6);
    await synchronize('webgpu');
  });

  test('that a kernel overwrote are those that it wrote', async () => {
    const { kernels } = deviceNamed('webgpu');
    const x = onWebGpu(0, 7);
    kernels.copy(onWebGpu(1, 2), x);
    expect(await oneHot(x, 3).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  test('are found wherever they are among many', async () => {
    for (const at of [0, 255, 256, 70_000, 99_999]) {
      const x = onWebGpu(...Int32Array.from({ length: 100_000 }, (_, i) => (i < at ? 0 : -i - 1))).add(0);
      oneHot(x as IntTensor, 1);
      await expect(synchronize('webgpu')).rejects.toThrow(`index ${-at - 1} at position [${at}]`);
    }
  });
});

test('setMemoryCap holds for devices that there are, and for those that come', async () => {
  await setDevice('webgpu');
  expect(() => setMemoryCap(0)).toThrow('setMemoryCap: expected a number of bytes above 0; given 0');
  setMemoryCap(2 ** 24);
  try {
    const message = /^webgpu: no memory for a tensor of 32 MiB: .* of 16 MiB at most \(setMemoryCap\)/;
    expect(() => ones([2 ** 23])).toThrow(message);
    await setDevice('webgpu', { gpuDevice: await acquireDevice() });
    expect(() => ones([2 ** 23])).toThrow(message);
  } finally {
    setMemoryCap(2 ** 32);
  }
});
