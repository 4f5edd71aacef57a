/** State dicts as bytes, in the safetensors format that PyTorch's users have, and back. No file is touched here. */

import type { AnyTensor } from '@tapegrad/core';
import type { StateDict } from '../state-dict.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { EncodeOptions } from './safetensors-plan.ts';
import type { StoredTensor } from './stored-dtypes.ts';
import { toTensor } from './to-tensor.ts';

/** What a file of tensors holds. */
export interface DecodedStateDict {
  readonly tensors: StateDict;
  /** Texts that the writer added. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file with these tensors. The same tensors give the same bytes.
 *
 * Shapes: any. Throws: CheckpointError for keys or metadata that the format cannot hold, and for numbers that are too
 * large for the `dtype`.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * ```ts
 * import { Linear, decodeStateDict, encodeStateDict } from '@tapegrad/nn';
 *
 * const model = new Linear(2, 1);
 * const bytes = await encodeStateDict(model.stateDict(), { metadata: { step: '100' } });
 * const { tensors, metadata } = decodeStateDict(bytes, 'memory');
 * console.log(model.loadStateDict(tensors), metadata.step); // { missingKeys: [], unexpectedKeys: [] } 100
 * ```
 */
export async function encodeStateDict(
  stateDict: ReadonlyMap<string, AnyTensor>,
  options: EncodeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const stored = new Map<string, StoredTensor>();
  for (const [key, x] of stateDict) stored.set(key, { dtype: x.dtype, shape: x.shape, data: await x.data() });
  return encodeSafetensors(stored, options);
}

/**
 * The tensors of a safetensors file, on the current device (f64 on cpu, where the current one has none). F16 and BF16
 * become f32, integers i32. `source` names the file in errors.
 *
 * Throws: CheckpointError for anything that is not a whole, well-formed file.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * ```ts
 * import { decodeStateDict } from '@tapegrad/nn';
 *
 * try {
 *   decodeStateDict(new Uint8Array(3), 'model.safetensors');
 * } catch (error) {
 *   console.log((error as Error).message.split(';')[0]); // model.safetensors: the file has 3 bytes
 * }
 * ```
 */
export function decodeStateDict(bytes: Uint8Array, source: string): DecodedStateDict {
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  return { tensors: new Map([...tensors].map(([key, stored]) => [key, toTensor(stored)])), metadata };
}
