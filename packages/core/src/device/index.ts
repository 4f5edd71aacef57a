/** The devices of this build. */

import { cpu } from './cpu/device.ts';
import { registerDevice } from './registry.ts';

registerDevice(cpu);

export type { DeviceInfo, DeviceName } from './device.ts';
export type { PoolStats } from './pool.ts';
export { availableDevices, deviceInfo, setDevice, synchronize } from './registry.ts';
