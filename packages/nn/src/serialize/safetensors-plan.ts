/** Where in a safetensors file each tensor will lie, and the header that says so. */

import type { DType } from '@tapegrad/core';
import { CheckpointError, quote } from './errors.ts';
import { elementCount, LENGTH_BYTES } from './safetensors-header.ts';
import { type FloatFormat, storedAs } from './stored-dtypes.ts';
import { isName, isWellFormed, MAX_JSON_BYTES } from './untrusted-json.ts';

/** How tensors are written. */
export interface EncodeOptions {
  /** Texts to keep beside the tensors. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What floats are rounded to. Default: each is written as it is. */
  readonly dtype?: FloatFormat | undefined;
}

export interface PlannedTensor<T> {
  readonly name: string;
  readonly tensor: T;
  /** What the file calls its dtype. */
  readonly dtype: string;
  readonly bytes: number;
}

export interface Plan<T> {
  /** The length of the header, and the header. */
  readonly head: Uint8Array;
  /** In the order of their bytes. */
  readonly tensors: readonly PlannedTensor<T>[];
  /** Of the whole file. */
  readonly bytes: number;
}

/** What a plan must know of a tensor. */
export interface Plannable {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * Plans a file. The same tensors give the same bytes, in whatever order they come: they are sorted by the size of their
 * elements, largest first, then by name, so that each starts at a multiple of that size.
 *
 * Throws: CheckpointError for a name or a text that the format cannot hold.
 */
export function planFile<T extends Plannable>(
  tensors: Iterable<readonly [string, T]>,
  { metadata = {}, dtype: float }: EncodeOptions,
  where: string,
): Plan<T> {
  const fail = (found: string, expected: string, advice: string): CheckpointError =>
    new CheckpointError(where, found, expected, advice);
  const sorted = [...tensors]
    .map(([name, tensor]) => ({ name, tensor, ...plannedSize(name, tensor, float, fail) }))
    .sort((a, b) => b.elementBytes - a.elementBytes || (a.name < b.name ? -1 : 1));
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    for (const [key, text] of Object.entries(metadata)) {
      if (typeof text === 'string' && isName(key) && isWellFormed(text)) continue;
      throw fail(
        `the metadata has ${quote(key)}: ${quote(String(text))}`,
        `texts, and as their keys ${NAMES}`,
        'Leave it out.',
      );
    }
    entries.push(['__metadata__', metadata]);
  }
  let end = 0;
  for (const { name, tensor, dtype, bytes } of sorted) {
    entries.push([name, { dtype, shape: tensor.shape, data_offsets: [end, end + bytes] }]);
    end += bytes;
  }

  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  if (headerBytes > MAX_JSON_BYTES) {
    throw fail(`names and metadata take ${headerBytes} bytes`, `at most ${MAX_JSON_BYTES}`, 'Shorten them.');
  }
  const head = new Uint8Array(LENGTH_BYTES + headerBytes).fill(SPACE);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(text, LENGTH_BYTES);
  return { head, tensors: sorted, bytes: head.length + end };
}

const SPACE = 0x20;
const NAMES = 'well-formed Unicode other than __proto__, constructor and prototype';

function plannedSize(
  name: string,
  { dtype, shape }: Plannable,
  float: FloatFormat | undefined,
  fail: (found: string, expected: string, advice: string) => CheckpointError,
): { dtype: string; bytes: number; elementBytes: number } {
  if (!isName(name) || name === '__metadata__')
    throw fail(`a tensor is named ${quote(name)}`, `${NAMES} and __metadata__`, 'Give it another name.');
  const stored = storedAs(dtype, float);
  return { dtype: stored.name, bytes: elementCount(shape) * stored.bytes, elementBytes: stored.bytes };
}

// The library of ECMAScript types leaves this one out; every browser and Node have it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
