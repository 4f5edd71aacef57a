/** The devices of this build. */

import { cpu } from './cpu/device.ts';
import { registerDevice } from './registry.ts';

registerDevice(cpu);

export type { Device, DeviceInfo, DeviceName, View } from './device.ts';
export type { PoolStats } from './pool.ts';
export { availableDevices, currentDevice, deviceInfo, deviceNamed, setDevice, synchronize } from './registry.ts';
