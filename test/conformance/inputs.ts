/** Stored tensors as tapegrad's. */

import { type AnyTensor, tensor } from '@tapegrad/core';
import type { StoredTensor } from '@tapegrad/nn';
import type { Case } from './folder.ts';
import type { Place } from './row.ts';

/** On the place's device; floats take its float. */
export function tensorOf({ dtype, shape, data }: StoredTensor, place: Place): AnyTensor {
  const own = dtype === 'f32' || dtype === 'f64' ? place.dtype : dtype;
  return tensor(data, { dtype: own, device: place.device }).reshape(shape);
}

/** A case's inputs by name: those with a stored gradient are leaves that require one. */
export function inputsOf(c: Case, place: Place): Map<string, AnyTensor> {
  return new Map(
    [...c.in].map(([name, stored]) => {
      const x = tensorOf(stored, place);
      if (c.wrt.includes(name)) x.requiresGrad = true;
      return [name, x];
    }),
  );
}
