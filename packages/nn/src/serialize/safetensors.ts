/**
 * Safetensors files as bytes: 8 bytes with the header's length, the header, then the tensors' bytes, see
 * safetensors-header.ts. All numbers are little-endian, which is also the order of typed arrays on every machine that
 * runs JavaScript today.
 *
 * Source: https://github.com/huggingface/safetensors#format.
 */

import { CheckpointError, quote } from './errors.ts';
import { elementCount, headerLength, isCounts, LENGTH_BYTES, parseHeader } from './safetensors-header.ts';
import { type EncodeOptions, planFile } from './safetensors-plan.ts';
import { bytesToStore, readStored, type StoredTensor } from './stored-dtypes.ts';

export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

/**
 * The bytes of a safetensors file. The same tensors give the same bytes, in whatever order the map has them.
 *
 * Throws: CheckpointError for a name that the format cannot hold, or data that does not fit its dtype or shape.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer> {
  for (const [name, tensor] of tensors) checkData(name, tensor);
  const plan = planFile(tensors, options, 'encodeSafetensors');
  const bytes = new Uint8Array(plan.bytes);
  bytes.set(plan.head);
  let at = plan.head.length;
  for (const { name, tensor, dtype, bytes: size } of plan.tensors) {
    bytes.set(bytesToStore(name, tensor.data, dtype, 'encodeSafetensors'), at);
    at += size;
  }
  return bytes;
}

/**
 * The tensors of a safetensors file. `source` names the file in errors. F16 and BF16 become f32, integers i32. The
 * tensors are copies: `bytes` may be changed afterwards.
 *
 * Throws: CheckpointError for anything that is not a whole, well-formed file, and for integers outside of i32.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const dataStart = LENGTH_BYTES + headerLength(bytes, bytes.length, source);
  const header = new Uint8Array(bytes.subarray(LENGTH_BYTES, dataStart)); // a copy: text cannot be read from shared memory
  const { entries, metadata } = parseHeader(header, bytes.length - dataStart, source);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const raw = new Uint8Array(end - begin); // a copy: a typed array must start at a multiple of its elements
    raw.set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, readStored(name, dtype, shape, raw, source));
  }
  return { tensors, metadata };
}

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array };

function checkData(name: string, { dtype, shape, data }: StoredTensor): void {
  const fail = (found: string, expected: string, advice: string): never => {
    throw new CheckpointError('encodeSafetensors', `tensor ${quote(name)} of ${found}`, expected, advice);
  };
  if (!(data instanceof arrays[dtype]))
    fail(`dtype ${dtype} holds another typed array`, `a ${arrays[dtype].name}`, 'Pass the array of its dtype.');
  if (!isCounts(shape) || data.length !== elementCount(shape)) {
    const found = `shape [${shape.join(', ')}] has ${data.length} elements`;
    fail(found, 'the product of its sizes', 'Pass all elements in row-major order.');
  }
}
