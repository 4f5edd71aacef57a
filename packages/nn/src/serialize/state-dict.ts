/** State dicts as bytes, in the safetensors format that PyTorch's users have, and back. No file is touched here. */

import { type AnyTensor, type DeviceName, deviceInfo, tensor } from '@tapegrad/core';
import type { StateDict } from '../state-dict.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.ts';

/** What a file of tensors holds. */
export interface DecodedStateDict {
  readonly tensors: StateDict;
  /** Texts that the writer added. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file with these tensors. The same tensors give the same bytes.
 *
 * Shapes: any. Throws: CheckpointError for keys or metadata that the format cannot hold.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * ```ts
 * import { Linear, decodeStateDict, encodeStateDict } from '@tapegrad/nn';
 *
 * const model = new Linear(2, 1);
 * const bytes = await encodeStateDict(model.stateDict(), { step: '100' });
 * const { tensors, metadata } = decodeStateDict(bytes, 'memory');
 * console.log(model.loadStateDict(tensors), metadata.step); // { missingKeys: [], unexpectedKeys: [] } 100
 * ```
 */
export async function encodeStateDict(
  stateDict: ReadonlyMap<string, AnyTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const stored = new Map<string, StoredTensor>();
  for (const [key, x] of stateDict) stored.set(key, { dtype: x.dtype, shape: x.shape, data: await x.data() });
  return encodeSafetensors(stored, metadata);
}

/**
 * The tensors of a safetensors file, on the current device (f64 on cpu, where the current one has none). `source` names
 * the file in errors.
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
  const { name, dtypes } = deviceInfo();
  const decoded: StateDict = new Map();
  for (const [key, { dtype, shape, data }] of tensors) {
    const device: DeviceName = dtypes.includes(dtype) ? name : 'cpu';
    decoded.set(key, tensor(data, { dtype, device }).reshape(shape));
  }
  return { tensors: decoded, metadata };
}
