/** The devices of this build. */

import { cpu } from './cpu/device.ts';
import { registerDevice } from './registry.ts';
import { wasm } from './wasm/device.ts';

registerDevice(wasm);
registerDevice(cpu);

export type { DeviceInfo, DeviceName } from './device.ts';
export type { PoolStats } from './pool.ts';
export { availableDevices, deviceInfo, setDevice, synchronize } from './registry.ts';
export { setMemoryCap } from './wasm/memory.ts';
export { setThreads, type ThreadOptions, type WorkerLike } from './wasm/threads.ts';
