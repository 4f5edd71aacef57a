/** The devices of the run: tests of what every device does run again where webgpu is tested (vitest.config.ts). */

import type { DeviceName } from '@tapegrad/core';

export const devices: readonly DeviceName[] = (process.env.TEST_DEVICES ?? 'cpu,wasm').split(',') as DeviceName[];
