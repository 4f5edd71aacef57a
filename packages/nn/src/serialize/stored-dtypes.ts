/** The element types that files have, and what becomes of them here: a row each. */

import type { DType, TypedArray } from '@tapegrad/core';
import { CheckpointError, quote } from './errors.ts';
import { fromBF16, fromF16, toBF16, toF16 } from './half.ts';
import { DAMAGED } from './untrusted-json.ts';

/** A tensor at rest: its elements in row-major order. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** The floats that can be written: what the tensors hold is rounded to it. */
export type FloatFormat = 'f64' | 'f32' | 'f16' | 'bf16';

type Elements = Pick<StoredTensor, 'dtype' | 'data'>;
type Raw = Uint8Array<ArrayBuffer>;
/** The error for a tensor that `holds ...`. */
type Fail = (found: string, expected: string, advice: string) => CheckpointError;

interface StoredDType {
  /** Bits of one element. */
  readonly bits: number;
  /** Missing where there is nothing like it here: such a tensor can lie in a file, but not be read. */
  readonly read?: (raw: Raw, fail: Fail) => Elements;
}

/** All that the format knows, so that a file is checked as a whole even where one of its tensors cannot be read. */
export const storedDTypes: ReadonlyMap<string, StoredDType> = new Map<string, StoredDType>([
  ['F64', { bits: 64, read: (raw) => ({ dtype: 'f64', data: new Float64Array(raw.buffer) }) }],
  ['F32', { bits: 32, read: (raw) => ({ dtype: 'f32', data: new Float32Array(raw.buffer) }) }],
  ['F16', { bits: 16, read: (raw) => ({ dtype: 'f32', data: fromF16(new Uint16Array(raw.buffer)) }) }],
  ['BF16', { bits: 16, read: (raw) => ({ dtype: 'f32', data: fromBF16(new Uint16Array(raw.buffer)) }) }],
  ['I64', { bits: 64, read: (raw, fail) => ({ dtype: 'i32', data: narrowed('I64', raw, fail) }) }],
  ['I32', { bits: 32, read: (raw) => ({ dtype: 'i32', data: new Int32Array(raw.buffer) }) }],
  ['I16', { bits: 16, read: (raw) => ({ dtype: 'i32', data: new Int32Array(new Int16Array(raw.buffer)) }) }],
  ['I8', { bits: 8, read: (raw) => ({ dtype: 'i32', data: new Int32Array(new Int8Array(raw.buffer)) }) }],
  ['U64', { bits: 64, read: (raw, fail) => ({ dtype: 'i32', data: narrowed('U64', raw, fail) }) }],
  ['U32', { bits: 32, read: (raw, fail) => ({ dtype: 'i32', data: unsigned(raw, fail) }) }],
  ['U16', { bits: 16, read: (raw) => ({ dtype: 'i32', data: new Int32Array(new Uint16Array(raw.buffer)) }) }],
  ['U8', { bits: 8, read: (raw) => ({ dtype: 'i32', data: new Int32Array(raw) }) }],
  ['BOOL', { bits: 8, read: (raw, fail) => ({ dtype: 'bool', data: checkedBool(raw, fail) }) }],
  ['C64', { bits: 64 }],
  ...['F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'].map((name) => [name, { bits: 8 }] as const),
  ...['F6_E2M3', 'F6_E3M2'].map((name) => [name, { bits: 6 }] as const),
  ['F4', { bits: 4 }],
]);

/** Which of them can be read, for messages. */
export const readable: string = [...storedDTypes].flatMap(([name, { read }]) => (read ? name : [])).join(', ');

/** A tensor from its bytes, which become its memory where they are what it needs. Throws: CheckpointError. */
export function readStored(
  name: string,
  dtype: string,
  shape: readonly number[],
  raw: Raw,
  source: string,
): StoredTensor {
  const fail: Fail = (found, expected, advice) =>
    new CheckpointError(source, `tensor ${quote(name)} ${found}`, expected, advice);
  const read = storedDTypes.get(dtype)?.read;
  if (!read) {
    const advice = 'Convert the tensor before it is saved, for example with .float() in PyTorch.';
    throw fail(`has dtype ${quote(dtype)}`, `one of ${readable}`, advice);
  }
  return { ...read(raw, fail), shape };
}

/** What a tensor of a dtype is called in a file, and how large its elements are there. */
export function storedAs(dtype: DType, float: FloatFormat | undefined): { name: string; bytes: number } {
  const kind = (dtype === 'f32' || dtype === 'f64') && float !== undefined ? float : dtype;
  return { name: kind.toUpperCase(), bytes: { f64: 8, f32: 4, i32: 4, f16: 2, bf16: 2, bool: 1 }[kind] };
}

/**
 * A tensor's elements as the bytes of a file; views where nothing is to be rounded.
 * Throws: CheckpointError where a finite number would become infinite.
 */
export function bytesToStore(name: string, data: TypedArray, dtype: string, source: string): Uint8Array {
  const stored = roundedTo(dtype, data);
  if (stored !== data) {
    const infinite = dtype === 'F16' ? 0x7c00 : 0x7f80;
    for (let i = 0; i < data.length; i++) {
      const overflows = dtype === 'F32' ? !Number.isFinite(stored[i]!) : (stored[i]! & 0x7fff) === infinite;
      if (!overflows || !Number.isFinite(data[i]!)) continue;
      const advice = dtype === 'F16' ? "Save it as 'bf16', which has f32's range." : 'Save it as it is.';
      const found = `tensor ${quote(name)} holds ${data[i]} at element ${i}`;
      throw new CheckpointError(source, found, `numbers that ${dtype} can hold`, advice);
    }
  }
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function roundedTo(dtype: string, data: TypedArray): TypedArray | Uint16Array {
  if (dtype === 'F64' && !(data instanceof Float64Array)) return new Float64Array(data);
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') return data;
  const values = data instanceof Float32Array ? data : new Float32Array(data);
  if (dtype === 'F32') return values;
  return dtype === 'F16' ? toF16(values) : toBF16(values);
}

const [INT_MIN, INT_MAX] = [-(2 ** 31), 2 ** 31 - 1];

function beyondInt(dtype: string, value: bigint | number, i: number, fail: Fail): CheckpointError {
  const advice = 'There are no larger integers here: save the tensor as F64, or with smaller values.';
  return fail(`holds the ${dtype} ${value} at element ${i}`, `integers from ${INT_MIN} to ${INT_MAX}`, advice);
}

/** 64-bit integers as 32-bit ones. PyTorch's indices are I64, though few exceed 2^31. */
function narrowed(dtype: 'I64' | 'U64', raw: Raw, fail: Fail): Int32Array {
  const words = new Int32Array(raw.buffer);
  const data = new Int32Array(words.length / 2);
  for (let i = 0; i < data.length; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    if (high !== low >> 31 || (dtype === 'U64' && high < 0)) {
      const upper = dtype === 'U64' ? high >>> 0 : high;
      throw beyondInt(dtype, (BigInt(upper) << 32n) | BigInt(low >>> 0), i, fail);
    }
    data[i] = low;
  }
  return data;
}

function unsigned(raw: Raw, fail: Fail): Int32Array {
  const data = new Int32Array(raw.buffer);
  const beyond = data.findIndex((value) => value < 0);
  if (beyond !== -1) throw beyondInt('U32', data[beyond]! >>> 0, beyond, fail);
  return data;
}

function checkedBool(raw: Raw, fail: Fail): Uint8Array {
  const wrong = raw.findIndex((byte) => byte > 1);
  if (wrong !== -1) throw fail(`holds the BOOL ${raw[wrong]} at element ${wrong}`, '0 or 1', DAMAGED);
  return raw;
}
