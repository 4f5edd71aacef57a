/** Which devices there are, and which one new tensors are made on. */

import { DeviceError } from '../errors.ts';
import type { Device, DeviceInfo, DeviceName, DeviceOptions } from './device.ts';

export type Load = (options?: DeviceOptions) => Promise<Device>;

const devices = new Map<DeviceName, Device>();
const loaders = new Map<DeviceName, Load>();
/** Devices on their way. */
const loading = new Map<DeviceName, Promise<Device>>();
/** Devices that `availableDevices` has looked for in vain: it takes long, and does not change. */
const missing = new Set<DeviceName>();
let current: Device | undefined;

/** Adds a device; the first one becomes the default. */
export function registerDevice(device: Device): void {
  devices.set(device.name, device);
  current ??= device;
}

/** Adds a device whose code is loaded when it is asked for. */
export function registerLoader(name: DeviceName, load: Load): void {
  loaders.set(name, load);
}

/** What loads a device, or is to find it. */
export function loaderOf(name: DeviceName): Load | undefined {
  return loaders.get(name);
}

/**
 * Makes a device the default for new tensors. webgpu is looked for at the first call, and anew once it was lost.
 * Throws: DeviceError where it is not available.
 *
 * ```ts
 * import { deviceInfo, setDevice } from '@tapegrad/core';
 *
 * await setDevice('cpu');
 * console.log(deviceInfo().name); // cpu
 * ```
 */
export async function setDevice(name: DeviceName, options?: DeviceOptions): Promise<void> {
  current = await loadDevice(name, options);
}

/** A device by name, made ready where it is not. Throws: DeviceError. */
export async function loadDevice(name: DeviceName, options?: DeviceOptions): Promise<Device> {
  const ready = devices.get(name);
  if (ready && !ready.isLost?.() && !options?.gpuDevice) return ready;
  const load = loaders.get(name);
  if (!load) return deviceNamed(name);
  let promise = options?.gpuDevice ? undefined : loading.get(name);
  if (!promise) {
    promise = load(options).finally(() => loading.delete(name));
    loading.set(name, promise);
  }
  const device = await promise;
  registerDevice(device);
  return device;
}

/** The device that new tensors are made on. */
export function currentDevice(): Device {
  return current!;
}

/**
 * Names of the devices that can be used here; those that must be looked for are made ready. `setDevice` tells why one
 * is missing.
 *
 * ```ts
 * import { availableDevices } from '@tapegrad/core';
 *
 * console.log((await availableDevices()).includes('cpu')); // true
 * ```
 */
export async function availableDevices(): Promise<DeviceName[]> {
  for (const name of loaders.keys()) if (!missing.has(name)) await loadDevice(name).catch(() => missing.add(name));
  return [...devices.keys()];
}

/** A device by name. Throws: DeviceError where there is none, or it is not ready. */
export function deviceNamed(name: DeviceName): Device {
  const device = devices.get(name);
  if (device) return device;
  throw new DeviceError(
    loaders.has(name)
      ? `device '${name}' is not ready: await setDevice('${name}') first, or await x.to('${name}')`
      : `device '${name}' is not available here; available: ${[...devices.keys()].join(', ')}`,
  );
}

/** A device as messages name it: there may be another of that name in its place. */
export function showDevice(device: Device): string {
  const isCurrent = devices.get(device.name) === device;
  return device.isLost?.() ? `${device.name} (lost)` : isCurrent ? device.name : `${device.name} (replaced)`;
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
  return {
    name: device.name,
    dtypes: device.dtypes,
    memory: device.memoryStats(),
    counters: device.counters?.() ?? {},
    details: device.details?.() ?? {},
  };
}

/**
 * Runs a function, a first step of training say, after all kernels that it needs on the current device are compiled: at
 * once and beside each other, where a step without this compiles them one by one as it meets them. It does what the
 * function does, once, and resolves with its result. On cpu and wasm there is nothing to wait for.
 *
 * ```ts
 * import { randn, warmUp } from '@tapegrad/core';
 *
 * const w = randn([4, 2], { requiresGrad: true });
 * await warmUp(() => randn([8, 4]).matmul(w).tanh().sum().backward());
 * console.log(w.grad!.shape); // [ 4, 2 ]
 * ```
 */
export async function warmUp<R>(fn: () => R): Promise<Awaited<R>> {
  const device = currentDevice();
  return device.warmUp ? device.warmUp(fn) : await fn();
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
