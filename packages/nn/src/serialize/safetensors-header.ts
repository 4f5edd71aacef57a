/**
 * The header of a safetensors file: 8 bytes with its length N (u64), then N bytes of JSON:
 *
 *   { "<name>": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }, ..., "__metadata__": { "<key>": "<text>" } }
 *
 * Offsets are counted from the end of the header. What a file claims is checked before memory is reserved for it.
 *
 * Source: https://github.com/huggingface/safetensors#format.
 */

import { CheckpointError, quote } from './errors.ts';
import { readable, storedDTypes } from './stored-dtypes.ts';
import { DAMAGED, isRecord, isWellFormed, MAX_JSON_BYTES, parseJson } from './untrusted-json.ts';

/** What the header says of one tensor. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of their bytes, which fill the file without overlap or gap. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Record<string, string>;
  /** Bytes of all tensors. */
  readonly dataBytes: number;
}

/** Bytes before the header. */
export const LENGTH_BYTES = 8;

/**
 * The header's length, from the first 8 bytes of a file of `fileBytes` (Infinity for a stream, whose end is not known).
 * Throws: CheckpointError.
 */
export function headerLength(start: Uint8Array, fileBytes: number, source: string): number {
  if (start.length < LENGTH_BYTES) {
    throw new CheckpointError(source, `the file has ${start.length} bytes`, `at least ${LENGTH_BYTES}`, DAMAGED);
  }
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  const limit = Math.min(fileBytes - LENGTH_BYTES, MAX_JSON_BYTES);
  if (length <= limit) return length;
  const file = Number.isFinite(fileBytes) ? ` in a file of ${fileBytes} bytes` : '';
  const found = `the header's length is given as ${length} bytes`;
  throw new CheckpointError(source, found, `at most ${limit}${file}`, otherFormat(start) ?? DAMAGED);
}

/**
 * Reads and checks the header's JSON. `dataBytes` is what the file has after it, undefined for a stream.
 * Throws: CheckpointError.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number | undefined, source: string): Header {
  const header = parseJson(bytes, source, 'the header', MAX_DEPTH);
  const fail = (found: string, expected: string): never => {
    throw new CheckpointError(source, found, expected, DAMAGED);
  };
  if (!isRecord(header)) return fail('the header is not a JSON object', 'tensor names with what is said of each');
  if (bytes[0] !== OPENING_BRACE) return fail('the header begins with a space', 'the character {');

  const entries: TensorEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (value === null) continue; // as the reference implementation has it
      if (!isTexts(value)) return fail('__metadata__ holds something else than texts', 'an object of strings');
      metadata = value;
      continue;
    }
    if (!isRecord(value))
      return fail(`tensor ${quote(name)} is not described by an object`, 'dtype, shape, data_offsets');
    const { dtype, shape, data_offsets: offsets } = value;
    if (typeof dtype !== 'string') return fail(`tensor ${quote(name)} has no dtype`, 'a name such as "F32"');
    if (!isCounts(shape)) return fail(`tensor ${quote(name)} has no shape`, 'a list of whole numbers of 0 or more');
    if (shape.length > MAX_RANK)
      return fail(`tensor ${quote(name)} has ${shape.length} dimensions`, `at most ${MAX_RANK}`);
    if (elementCount(shape.filter((n) => n > 0)) > Number.MAX_SAFE_INTEGER)
      return fail(`tensor ${quote(name)} has sizes whose product is beyond all numbers`, 'sizes of a tensor');
    if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
      return fail(`tensor ${quote(name)} has no data_offsets`, 'two whole numbers, [begin, end], in order');
    }
    entries.push({ name, dtype, shape, begin: offsets[0]!, end: offsets[1]! });
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  return { entries, metadata, dataBytes: checkedLayout(entries, dataBytes, source) };
}

const MAX_DEPTH = 3; // the header, an entry, its shape
const MAX_RANK = 64;
const OPENING_BRACE = 0x7b;

/** The tensors fill the data exactly: each has the bytes of its shape, without overlaps, gaps or a rest. */
function checkedLayout(entries: readonly TensorEntry[], dataBytes: number | undefined, source: string): number {
  let covered = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    const stored = storedDTypes.get(dtype);
    if (stored === undefined) {
      const advice = 'Convert the tensor before it is saved, for example with .float() in PyTorch.';
      throw new CheckpointError(
        source,
        `tensor ${quote(name)} has dtype ${quote(dtype)}`,
        `one of ${readable}`,
        advice,
      );
    }
    const expected = (elementCount(shape) * stored.bits) / 8;
    if (end - begin !== expected) {
      const found = `tensor ${quote(name)} has ${end - begin} bytes of data`;
      throw new CheckpointError(source, found, `${expected} for ${dtype}[${shape.join(', ')}]`, DAMAGED);
    }
    if (begin !== covered) {
      const problem = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      const found = `tensor ${quote(name)} starts at byte ${begin} of the data and ${problem}`;
      throw new CheckpointError(source, found, `a start at byte ${covered}`, DAMAGED);
    }
    covered = end;
  }
  if (dataBytes !== undefined && covered !== dataBytes) {
    throw new CheckpointError(source, `the file has ${dataBytes} bytes of data`, `${covered} from its header`, DAMAGED);
  }
  return covered;
}

/** What else begins with these bytes, and what to do about it. */
function otherFormat(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start.subarray(0, LENGTH_BYTES));
  if (text.startsWith('PK') || text.startsWith('\x80\x02'))
    return 'It looks like a pickle (.pt, .pth, .bin), which can run code: in PyTorch, write model.state_dict() with safetensors.torch.save_file.';
  if (text === 'version ') return 'It looks like a Git LFS pointer, which stands for the file: run git lfs pull.';
  if (text.startsWith('<')) return 'It looks like a web page: check where it was downloaded from.';
  if (text.startsWith('{'))
    return 'It looks like JSON. An index of shards is opened by its path, which ends in .index.json; elsewhere pass a list of the shards.';
  return undefined;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** Whole numbers of 0 or more. */
export function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

function isTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string' && isWellFormed(text));
}
