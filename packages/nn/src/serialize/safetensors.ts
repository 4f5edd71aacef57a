/**
 * The safetensors format: 8 bytes with the header's length N (u64), N bytes of JSON, then the tensors' bytes.
 *
 *   { "<name>": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }, ..., "__metadata__": { "<key>": "<text>" } }
 *
 * All numbers are little-endian, which is also the order of typed arrays on every machine that runs JavaScript today.
 * A file from elsewhere is not trusted: everything it claims is checked before memory is reserved for it.
 *
 * Source: https://github.com/huggingface/safetensors#format.
 */

import type { DType, TypedArray } from '@tapegrad/core';
import { CheckpointError, quote } from './errors.ts';
import {
  DAMAGED,
  isCounts,
  isName,
  isWellFormed,
  MAX_HEADER_BYTES,
  parseHeader,
  type TensorEntry,
} from './safetensors-header.ts';

/** A tensor at rest: its elements in row-major order. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

/**
 * The bytes of a safetensors file. The same tensors give the same bytes, in whatever order the map has them: they are
 * sorted by the size of their elements, largest first, then by name, so that each starts at a multiple of that size.
 *
 * Throws: CheckpointError for a name that the format cannot hold, or data that does not fit its dtype or shape.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (nameA < nameB ? -1 : 1),
  );
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    for (const [key, text] of Object.entries(metadata)) {
      if (isName(key) && isWellFormed(text)) continue;
      throw unwritable(`the metadata has ${quote(key)}: ${quote(text)}`, NAMEABLE, 'Leave it out.');
    }
    entries.push(['__metadata__', metadata]);
  }
  let end = 0;
  for (const [name, tensor] of sorted) {
    checkWritable(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    entries.push([name, { dtype: written[tensor.dtype].name, shape: tensor.shape, data_offsets: [begin, end] }]);
  }

  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw unwritable(`names and metadata take ${headerBytes} bytes`, `at most ${MAX_HEADER_BYTES}`, 'Shorten them.');
  }

  const bytes = new Uint8Array(8 + headerBytes + end);
  new DataView(bytes.buffer).setUint32(0, headerBytes, true);
  bytes.fill(SPACE, 8, 8 + headerBytes);
  bytes.set(text, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors of a safetensors file. `source` names the file in errors. F32, F64, I32 and BOOL are read as they are;
 * I64 and U8 become i32. The tensors are copies: `bytes` may be changed afterwards.
 *
 * Throws: CheckpointError for anything that is not a whole, well-formed file, and for an I64 outside of i32.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  if (bytes.length < 8) throw new CheckpointError(source, `the file has ${bytes.length} bytes`, 'at least 8', DAMAGED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  const limit = Math.min(bytes.length - 8, MAX_HEADER_BYTES);
  if (headerBytes > limit) {
    const found = `the header's length is given as ${headerBytes} bytes`;
    throw new CheckpointError(source, found, `at most ${limit} in a file of ${bytes.length} bytes`, DAMAGED);
  }

  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), source);
  const data = bytes.subarray(8 + headerBytes);
  checkLayout(header.entries, data.length, source);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of header.entries) {
    const raw = new Uint8Array(entry.end - entry.begin); // a copy: a typed array must start at a multiple of its elements
    raw.set(data.subarray(entry.begin, entry.end));
    const read = formats.get(entry.dtype)!.read(raw, entry.name, source);
    tensors.set(entry.name, { ...read, shape: entry.shape });
  }
  return { tensors, metadata: header.metadata };
}

const SPACE = 0x20;

/** What the format calls our dtypes, and the arrays that hold them. */
const written = {
  f32: { name: 'F32', array: Float32Array },
  f64: { name: 'F64', array: Float64Array },
  i32: { name: 'I32', array: Int32Array },
  bool: { name: 'BOOL', array: Uint8Array },
} as const satisfies Record<DType, unknown>;

interface Format {
  /** Bytes of one element. */
  readonly bytes: number;
  readonly read: (raw: Uint8Array<ArrayBuffer>, name: string, source: string) => Pick<StoredTensor, 'dtype' | 'data'>;
}

/** How each dtype of the format is read. */
const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['F64', { bytes: 8, read: (raw) => ({ dtype: 'f64', data: new Float64Array(raw.buffer) }) }],
  ['F32', { bytes: 4, read: (raw) => ({ dtype: 'f32', data: new Float32Array(raw.buffer) }) }],
  ['I32', { bytes: 4, read: (raw) => ({ dtype: 'i32', data: new Int32Array(raw.buffer) }) }],
  ['I64', { bytes: 8, read: (raw, name, source) => ({ dtype: 'i32', data: narrowed(raw, name, source) }) }],
  ['U8', { bytes: 1, read: (raw) => ({ dtype: 'i32', data: Int32Array.from(raw) }) }],
  ['BOOL', { bytes: 1, read: (raw, name, source) => ({ dtype: 'bool', data: checkedBool(raw, name, source) }) }],
]);

/** The tensors fill the data exactly: each has the bytes of its shape, without overlaps, gaps or a rest. */
function checkLayout(entries: readonly TensorEntry[], dataBytes: number, source: string): void {
  for (const { name, dtype, shape, begin, end } of entries) {
    const format = formats.get(dtype);
    if (format === undefined) {
      const advice = 'Convert the tensor before it is saved, for example with .float() in PyTorch.';
      const known = [...formats.keys()].join(', ');
      throw new CheckpointError(source, `tensor ${quote(name)} has dtype ${quote(dtype)}`, `one of ${known}`, advice);
    }
    const expected = elementCount(shape) * format.bytes;
    if (end - begin !== expected) {
      const found = `tensor ${quote(name)} has ${end - begin} bytes of data`;
      const shown = quote(`${dtype}[${shape.slice(0, 20).join(', ')}]`).slice(1, -1);
      throw new CheckpointError(source, found, `${expected} for ${shown}`, DAMAGED);
    }
  }

  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const problem = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      const found = `tensor ${quote(name)} starts at byte ${begin} of the data and ${problem}`;
      throw new CheckpointError(source, found, `a start at byte ${covered}`, DAMAGED);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new CheckpointError(source, `the file has ${dataBytes} bytes of data`, `${covered} from its header`, DAMAGED);
  }
}

/** 64-bit integers as 32-bit ones. PyTorch's indices are I64, though few exceed 2^31. */
function narrowed(raw: Uint8Array<ArrayBuffer>, name: string, source: string): Int32Array {
  const words = new Int32Array(raw.buffer);
  const data = new Int32Array(words.length / 2);
  for (let i = 0; i < data.length; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    if (high !== low >> 31) {
      const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
      const found = `tensor ${quote(name)} holds the I64 ${value} at element ${i}`;
      const advice = 'There are no 64-bit integers here: save the tensor as F64, or with smaller values.';
      throw new CheckpointError(source, found, 'integers from -2147483648 to 2147483647', advice);
    }
    data[i] = low;
  }
  return data;
}

function checkedBool(raw: Uint8Array, name: string, source: string): Uint8Array {
  const wrong = raw.findIndex((byte) => byte > 1);
  if (wrong === -1) return raw;
  const found = `tensor ${quote(name)} holds the BOOL ${raw[wrong]} at element ${wrong}`;
  throw new CheckpointError(source, found, '0 or 1', DAMAGED);
}

const NAMEABLE = 'well-formed Unicode, and a name other than __proto__';

function checkWritable(name: string, { dtype, shape, data }: StoredTensor): void {
  if (!isName(name) || name === '__metadata__') {
    throw unwritable(`a tensor is named ${quote(name)}`, `${NAMEABLE} and __metadata__`, 'Give it another name.');
  }
  if (!isCounts(shape) || data.length !== elementCount(shape)) {
    const found = `tensor ${quote(name)} of shape [${shape.join(', ')}] has ${data.length} elements`;
    throw unwritable(found, 'the product of its sizes', 'Pass all elements in row-major order.');
  }
  const { array } = written[dtype];
  if (!(data instanceof array)) {
    const found = `tensor ${quote(name)} of dtype ${dtype} holds another typed array`;
    throw unwritable(found, `a ${array.name}`, 'Pass the array of its dtype.');
  }
}

/** Infinity where the product is beyond all numbers, never NaN. */
function elementCount(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((size, n) => size * n, 1);
}

function unwritable(found: string, expected: string, advice: string): CheckpointError {
  return new CheckpointError('encodeSafetensors', found, expected, advice);
}

// The library of ECMAScript types leaves this one out; every browser and Node have it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
