/** Which devices there are, and which one new tensors are made on. */

import { DeviceError } from '../errors.ts';
import type { Device, DeviceInfo, DeviceName } from './device.ts';

const devices = new Map<DeviceName, Device>();
let current: Device | undefined;

/** Adds a device; the first one becomes the default. */
export function registerDevice(device: Device): void {
  devices.set(device.name, device);
  current ??= device;
}

/**
 * Makes a device the default for new tensors. Throws: DeviceError where it is not available.
 *
 * ```ts
 * import { deviceInfo, setDevice } from '@tapegrad/core';
 *
 * await setDevice('cpu');
 * console.log(deviceInfo().name); // cpu
 * ```
 */
export async function setDevice(name: DeviceName): Promise<void> {
  current = deviceNamed(name);
}

/** The device that new tensors are made on. */
export function currentDevice(): Device {
  return current!;
}

/**
 * Names of the devices that can be used here.
 *
 * ```ts
 * import { availableDevices } from '@tapegrad/core';
 *
 * console.log(availableDevices().includes('cpu')); // true
 * ```
 */
export function availableDevices(): DeviceName[] {
  return [...devices.keys()];
}

/** A device by name. Throws: DeviceError that lists those which are available. */
export function deviceNamed(name: DeviceName): Device {
  const device = devices.get(name);
  if (!device)
    throw new DeviceError(`device '${name}' is not available here; available: ${availableDevices().join(', ')}`);
  return device;
}

/**
 * A device's name, dtypes and memory, of the current one where no name is given. Throws: DeviceError.
 *
 * ```ts
 * import { deviceInfo } from '@tapegrad/core';
 *
 * const { dtypes, memory } = deviceInfo('cpu');
 * console.log(dtypes, memory.bytesInUse >= 0); // [ 'f32', 'f64', 'i32', 'bool' ] true
 * ```
 */
export function deviceInfo(name: DeviceName = currentDevice().name): DeviceInfo {
  const device = deviceNamed(name);
  return { name: device.name, dtypes: device.dtypes, memory: device.memoryStats(), details: device.details?.() ?? {} };
}

/**
 * Resolves when a device, the current one where no name is given, has done all work that was asked of it: for measuring
 * time. Throws: DeviceError.
 *
 * ```ts
 * import { randn, synchronize } from '@tapegrad/core';
 *
 * const x = randn([64, 64]);
 * const start = performance.now();
 * x.matmul(x);
 * await synchronize();
 * console.log(performance.now() - start >= 0); // true
 * ```
 */
export async function synchronize(name: DeviceName = currentDevice().name): Promise<void> {
  await deviceNamed(name).synchronize();
}
