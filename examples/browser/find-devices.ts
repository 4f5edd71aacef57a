/** What each device is in this browser, or why it cannot be had. */
import { deviceInfo, setDevice } from '@tapegrad/core';
import type { Device } from '../char-lm/options.ts';
import type { DeviceReport } from './messages.ts';

export function findDevices(): Promise<DeviceReport[]> {
  return Promise.all((Object.keys(DESCRIBED) as Device[]).map(report));
}

const DESCRIBED: Record<Device, () => string> = {
  wasm() {
    const { threads, threadsBecause } = deviceInfo('wasm').details;
    return threads === 1 ? `SIMD on one thread: ${threadsBecause}` : `SIMD on ${threads} threads`;
  },
  webgpu() {
    const { adapter } = deviceInfo('webgpu').details;
    return `the GPU${adapter ? `: ${adapter}` : ''}`;
  },
  cpu: () => 'plain JavaScript, the slow reference',
};

async function report(name: Device): Promise<DeviceReport> {
  try {
    await setDevice(name);
    return { name, what: DESCRIBED[name]() };
  } catch (error) {
    return { name, what: '', obstacle: error instanceof Error ? error.message : String(error) };
  }
}
