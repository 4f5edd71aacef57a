/** Getting hold of a GPUDevice: the browser's, Dawn's in Node, or one that the user made. */

import { ArgumentError, DeviceError } from '../../errors.ts';

/** Kept for the life of the process: Node crashes once the engine collects Dawn's instance. */
const KEPT = Symbol.for('tapegrad.gpu');
/** An optional peer dependency. Its name is no literal in `import()`, so that bundlers do not look for it. */
const DAWN = 'webgpu';
/**
 * Workgroup memory starts as zeros: by a loop in the shader. Drivers may do it by themselves, but SwiftShader does it word by
 * word, in code that takes it a second to compile for a tile of a matrix product, and half of the product's time to run.
 */
const OPTIONS = ['disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension'];

/** A new device, with all that its adapter allows. Throws: DeviceError that says how to get one here. */
export async function acquireDevice(): Promise<GPUDevice> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new DeviceError(`device 'webgpu' is not available here: WebGPU finds no adapter. ${adviceOnAdapters()}`);
  const { features, limits } = adapter;
  try {
    return await adapter.requestDevice({
      requiredFeatures: features.has('subgroups') ? ['subgroups' as GPUFeatureName] : [],
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      },
    });
  } catch (error) {
    throw new DeviceError(`device 'webgpu' is not available here: its adapter gives no device (${firstLine(error)})`);
  }
}

/** What `setDevice('webgpu', { gpuDevice })` was given. Throws: ArgumentError where it is no GPUDevice. */
export function checkDevice(given: object): GPUDevice {
  if (typeof (given as Partial<GPUDevice>).createComputePipeline !== 'function')
    throw new ArgumentError(
      'setDevice: expected a GPUDevice as gpuDevice, such as await adapter.requestDevice() gives',
    );
  return given as GPUDevice;
}

async function findGpu(): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { readonly gpu?: GPU } };
  if (navigator?.gpu) return navigator.gpu;
  const kept = globalThis as { [KEPT]?: GPU };
  if (kept[KEPT]) return kept[KEPT];
  if (!isNode()) {
    throw new DeviceError(
      "device 'webgpu' is not available here: this browser has no WebGPU (navigator.gpu), or the page is not served over https or from localhost",
    );
  }
  let dawn: { create(options: readonly string[]): GPU };
  try {
    dawn = await import(/* @vite-ignore */ /* webpackIgnore: true */ DAWN);
  } catch (error) {
    throw new DeviceError(
      `device 'webgpu' is not available here: Node has WebGPU through the package 'webgpu', which cannot be loaded: npm install webgpu@0.6.2 (${firstLine(error)})`,
    );
  }
  return (kept[KEPT] = dawn.create(OPTIONS));
}

export function isNode(): boolean {
  return (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;
}

function adviceOnAdapters(): string {
  const { process } = globalThis as { process?: { readonly platform: string } };
  if (!process) return 'In Chrome, chrome://gpu says why; on Linux it may need --enable-features=Vulkan.';
  if (process.platform === 'linux')
    return "It needs a Vulkan driver: the GPU's own, or a software one (Debian: apt install libvulkan1 mesa-vulkan-drivers, of Mesa 24 or later).";
  return process.platform === 'darwin'
    ? 'It needs a Mac with Metal.'
    : 'It needs a GPU with a driver for Direct3D 12 or Vulkan.';
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0]!;
}
