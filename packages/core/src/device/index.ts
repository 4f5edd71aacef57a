/** The devices of this build. */

import { DeviceError } from '../errors.ts';
import { cpu } from './cpu/device.ts';
import { type Load, loaderOf, registerDevice, registerLoader } from './registry.ts';
import { wasm } from './wasm/device.ts';

/** Its name is no literal in `import()`, so that no bundler makes it part of a program that never asks for it. */
const WEBGPU = '@tapegrad/core/webgpu';

/** Where nothing is bundled, the entry that registers the webgpu device is found by its name. */
const findWebGpu: Load = async (options) => {
  const problem = await import(/* @vite-ignore */ /* webpackIgnore: true */ WEBGPU).catch((error) => error);
  const load = loaderOf('webgpu');
  if (load && load !== findWebGpu) return load(options);
  // Not found, or found in another copy of the package than the one that was bundled.
  const detail = problem instanceof Error ? ` (${problem.message})` : '';
  throw new DeviceError(
    `device 'webgpu' is not part of this program: where a bundler puts it together, add import '${WEBGPU}'${detail}`,
  );
};

registerDevice(wasm);
registerDevice(cpu);
if (!loaderOf('webgpu')) registerLoader('webgpu', findWebGpu); // a program may import it before the rest

export type { DeviceInfo, DeviceName, DeviceOptions } from './device.ts';
export type { PoolStats } from './pool.ts';
export { availableDevices, deviceInfo, setDevice, setMemoryCap, synchronize, warmUp } from './registry.ts';
export { setThreads, type ThreadOptions, type WorkerLike } from './wasm/threads.ts';
