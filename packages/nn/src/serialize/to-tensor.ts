/** From typed arrays to tensors. */

import { type AnyTensor, type DeviceName, deviceInfo, tensor } from '@tapegrad/core';
import type { StoredTensor } from './stored-dtypes.ts';

/** On the current device; f64 on cpu, where the current one has none. */
export function toTensor({ dtype, shape, data }: StoredTensor): AnyTensor {
  const { name, dtypes } = deviceInfo();
  const device: DeviceName = dtypes.includes(dtype) ? name : 'cpu';
  return tensor(data, { dtype, device }).reshape(shape);
}
