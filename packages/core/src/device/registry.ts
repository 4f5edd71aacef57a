/** Which devices there are, and which one new tensors are made on. */

import { ArgumentError, DeviceError } from '../errors.ts';
import type { Device, DeviceInfo, DeviceName, DeviceOptions } from './device.ts';

export type Load = (options?: DeviceOptions) => Promise<Device>;

const devices = new Map<DeviceName, Device>();
const loaders = new Map<DeviceName, Load>();
/** Devices on their way, and why those are missing that were looked for in vain. */
const loading = new Map<DeviceName, Promise<Device>>();
const missing = new Map<DeviceName, string>();
let current: Device | undefined;
let memoryCap: number | undefined;

/** Adds a device; the first one that can be used here is the default. */
export function registerDevice(device: Device): void {
  devices.set(device.name, device);
  if (memoryCap !== undefined) device.capMemory?.(memoryCap);
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
 * Makes a device the default for new tensors: `wasm` has f32, i32 and bool, `cpu` has f64 too; `webgpu` is
 * looked for at the first call, and anew once it was lost. Throws: DeviceError that says why where it cannot be used.
 *
 * ```ts
 * import { deviceInfo, setDevice } from '@tapegrad/core';
 *
 * console.log(deviceInfo().name); // wasm
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
  if (ready && ready.obstacle() === undefined && !options?.gpuDevice) return ready;
  const load = loaders.get(name);
  if (!load) return deviceNamed(name);
  let promise = options?.gpuDevice ? undefined : loading.get(name);
  if (!promise) {
    promise = load(options).finally(() => loading.delete(name));
    loading.set(name, promise);
  }
  try {
    const device = await promise;
    missing.delete(name);
    registerDevice(device);
    return device;
  } catch (error) {
    if (!ready) missing.set(name, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/**
 * How many bytes a device keeps for tensors. Beyond the cap, wasm moves those that were not used for longest to
 * ArrayBuffers, and back when they are used (one operation may need more); webgpu throws a `MemoryError` that says what is
 * there. Where this is not called, wasm begins at 512 MiB and grows with what is in use, and webgpu takes what the GPU has.
 *
 * Throws: ArgumentError.
 *
 * ```ts
 * import { setMemoryCap } from '@tapegrad/core';
 *
 * setMemoryCap(2 ** 30);
 * ```
 */
export function setMemoryCap(bytes: number): void {
  if (!(bytes > 0)) throw new ArgumentError(`setMemoryCap: expected a number of bytes above 0; given ${bytes}`);
  memoryCap = bytes;
  for (const device of devices.values()) device.capMemory?.(bytes);
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
 * Names of the devices that can be used now: webgpu is among them once `setDevice` or `x.to` has found it.
 * `deviceInfo().unavailable` says why one is not.
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
  if (device && obstacle === undefined) return device;
  throw new DeviceError(
    loaders.has(name) && !device
      ? `device '${name}' is not ready: await setDevice('${name}') first, or await x.to('${name}')`
      : `device '${name}' is not available here: ${obstacle}; available: ${availableDevices().join(', ')}`,
  );
}

/** A device as messages name it: there may be another of that name in its place. */
export function showDevice(device: Device): string {
  if (device.obstacle() !== undefined) return `${device.name} (lost)`;
  return devices.get(device.name) === device ? device.name : `${device.name} (replaced)`;
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
  const { dtypes, memoryStats, details, counters } = deviceNamed(name);
  return {
    name,
    dtypes,
    memory: memoryStats(),
    counters: counters?.() ?? {},
    details: details?.() ?? {},
    unavailable: obstacles(),
  };
}

function obstacles(): DeviceInfo['unavailable'] {
  const present = [...devices.values()].flatMap((device): [DeviceName, string][] => {
    const obstacle = device.obstacle();
    return obstacle === undefined ? [] : [[device.name, obstacle]];
  });
  return Object.fromEntries([...missing, ...present]);
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
