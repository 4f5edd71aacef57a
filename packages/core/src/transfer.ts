/** Moving tensors between devices. */

import type { DeviceName } from './device/device.ts';
import { loadDevice } from './device/registry.ts';
import type { DType } from './dtype.ts';
import { DTypeError, GradientError } from './errors.ts';
import { withBlock } from './memory.ts';
import { type AnyTensor, empty, packed, type Tensor } from './tensor.ts';

/**
 * The tensor on another device; itself if it is there already. A leaf stays a leaf.
 * Throws: DeviceError, DTypeError where the device lacks the dtype, GradientError for a tensor on the tape.
 */
export async function to<D extends DType>(x: Tensor<D>, name: DeviceName): Promise<Tensor<D>> {
  const device = await loadDevice(name);
  if (x.device === device) return x;
  if (x.node)
    throw new GradientError(
      `to: a tensor made by ${x.node.op.name} is on the tape, which stays on one device; move its inputs, or detach() it`,
    );
  if (!device.dtypes.includes(x.dtype))
    throw new DTypeError(`to: ${name} has no ${x.dtype} (it has ${device.dtypes.join(', ')}); use .cast('f32') first`);
  const data = await (packed(x as AnyTensor) as Tensor<D>).data();
  const y = withBlock(undefined, () => empty(device, x.dtype, x.shape));
  device.write(data, y.buffer);
  if (x.requiresGrad) y.requiresGrad = true;
  return y;
}
