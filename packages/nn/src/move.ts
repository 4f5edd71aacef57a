/** Moving a tensor to another device and float dtype. */

import { type AnyTensor, type DeviceName, type FloatDType, noGrad } from '@tapegrad/core';

/** A leaf with the values of `x`, or `x` itself where nothing changes. Integers and masks keep their dtype. */
export async function moved(
  x: AnyTensor,
  device: DeviceName = x.device.name,
  dtype: FloatDType | undefined = undefined,
): Promise<AnyTensor> {
  const target = dtype !== undefined && (x.dtype === 'f32' || x.dtype === 'f64') ? dtype : x.dtype;
  const cast = (y: AnyTensor): AnyTensor => (y.dtype === target ? y : noGrad(() => y.cast(target)));
  // Only some devices have f64: the cast happens where both dtypes exist.
  const here = x.device.dtypes.includes(target);
  return here ? await cast(x).to(device) : cast(await x.to(device));
}
