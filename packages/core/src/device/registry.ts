/** Which devices there are, and which one new tensors are made on. */

import { DeviceError } from '../errors.ts';
import type { Device, DeviceInfo, DeviceName } from './device.ts';

const devices = new Map<DeviceName, Device>();
let current: Device | undefined;

/** Adds a device; the first one that can be used here is the default. */
export function registerDevice(device: Device): void {
  devices.set(device.name, device);
}

/**
 * Makes a device the default for new tensors: `wasm` has f32, i32 and bool, `cpu` has f64 too. Throws: DeviceError where
 * it cannot be used.
 *
 * ```ts
 * import { deviceInfo, setDevice } from '@tapegrad/core';
 *
 * console.log(deviceInfo().name); // wasm
 * await setDevice('cpu');
 * console.log(deviceInfo().name); // cpu
 * ```
 */
export async function setDevice(name: DeviceName): Promise<void> {
  current = deviceNamed(name);
}

/** The device that new tensors are made on. */
export function currentDevice(): Device {
  current ??= deviceNamed(availableDevices()[0]!);
  return current;
}

/** Runs `fn` while another device is the default. */
export function withDevice<R>(name: DeviceName, fn: () => R): R {
  const outer = current;
  current = deviceNamed(name);
  try {
    return fn();
  } finally {
    current = outer;
  }
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
  return [...devices.values()].flatMap((device) => (device.obstacle() === undefined ? device.name : []));
}

/** A device by name. Throws: DeviceError that says why it is not available, and lists those which are. */
export function deviceNamed(name: DeviceName): Device {
  const device = devices.get(name);
  const obstacle = device ? device.obstacle() : 'there is no such device';
  if (!device || obstacle !== undefined)
    throw new DeviceError(
      `device '${name}' is not available here: ${obstacle}; available: ${availableDevices().join(', ')}`,
    );
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
  const { dtypes, memoryStats, details } = deviceNamed(name);
  return { name, dtypes, memory: memoryStats(), details: details?.() ?? {}, unavailable: obstacles() };
}

function obstacles(): DeviceInfo['unavailable'] {
  return Object.fromEntries(
    [...devices.values()].flatMap((device) => {
      const obstacle = device.obstacle();
      return obstacle === undefined ? [] : [[device.name, obstacle]];
    }),
  );
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
