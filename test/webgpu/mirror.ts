/** Views of the cpu device, and the same on the webgpu device. */

import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { Buffer, Device, View } from '../../packages/core/src/device/device.ts';
import { deviceNamed } from '../../packages/core/src/device/registry.ts';
import type { DType, TypedArray } from '../../packages/core/src/dtype.ts';
import type { Layout } from '../wasm/twins.ts';

export const webgpu = (): Device => deviceNamed('webgpu');

export interface Pair {
  readonly cpu: View;
  readonly webgpu: View;
}

/** A view on each device with equal elements: `values(i)` is the i-th of the buffer. */
export function pair(dtype: DType, { length, ...view }: Layout, values: (i: number) => number): Pair {
  const buffers = [cpu, webgpu()].map((device) => device.allocate(dtype, length)) as [Buffer, Buffer];
  const elements = arrayOf({ buffer: buffers[0] });
  for (let i = 0; i < length; i++) elements[i] = values(i);
  webgpu().write(elements, buffers[1]);
  return { cpu: { buffer: buffers[0], dtype, ...view }, webgpu: { buffer: buffers[1], dtype, ...view } };
}

/** Every element of both buffers, also those that the views leave out. */
export async function allOf({ cpu: x, webgpu: y }: Pair): Promise<{ cpu: TypedArray; webgpu: TypedArray }> {
  const elements = arrayOf(x);
  const whole = { ...y, offset: 0, shape: [elements.length], strides: [1] };
  return { cpu: elements, webgpu: await webgpu().read(whole) };
}

function arrayOf({ buffer }: Pick<View, 'buffer'>): TypedArray {
  return (buffer as unknown as { readonly array: TypedArray }).array;
}
