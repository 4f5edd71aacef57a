/** The devices of this build. */

import { cpu } from './cpu/device.ts';
import { registerDevice, registerLoader } from './registry.ts';
import { wasm } from './wasm/device.ts';

registerDevice(cpu);
registerDevice(wasm);
registerLoader('webgpu', async (options) => (await import('./webgpu/device.ts')).load(options));

export type { DeviceInfo, DeviceName, DeviceOptions } from './device.ts';
export type { PoolStats } from './pool.ts';
export { availableDevices, deviceInfo, setDevice, synchronize, warmUp } from './registry.ts';
export { setMemoryCap } from './wasm/memory.ts';
export { setThreads, type ThreadOptions, type WorkerLike } from './wasm/threads.ts';
