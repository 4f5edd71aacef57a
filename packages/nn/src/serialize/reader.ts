/** Reading safetensors files tensor by tensor: a file may be larger than memory. */

import { type AnyTensor, ArgumentError } from '@tapegrad/core';
import { type ByteSource, type FileSource, isUrl, openSource, pathOf, type UrlLike } from './byte-source.ts';
import { CheckpointError, quote } from './errors.ts';
import { nodeFor, reasonOf } from './node.ts';
import { type Header, headerLength, LENGTH_BYTES, parseHeader, type TensorEntry } from './safetensors-header.ts';
import { INDEX_SUFFIX, parseIndex } from './shard-index.ts';
import { readStored, type StoredTensor } from './stored-dtypes.ts';
import { toTensor } from './to-tensor.ts';
import { DAMAGED, MAX_JSON_BYTES } from './untrusted-json.ts';

/**
 * A checkpoint: one file, a path that ends in `.index.json` and names the shards beside it, or a list of all shards.
 * A `Response` is read from front to back while it arrives; all others at any place.
 */
export type SafetensorsSource = FileSource | readonly FileSource[];

/** What a file says of a tensor. */
export interface TensorInfo {
  /** The file's name for it: F32, BF16, I64... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes in the file. */
  readonly bytes: number;
}

/**
 * Opens a safetensors file, or all shards of one, and reads what it says of its tensors; their values are read when they
 * are asked for, one at a time. Everything that the file claims is checked first: nothing is reserved for what it lacks.
 *
 * Throws: CheckpointError for what cannot be opened, and for anything that is not a whole, well-formed file.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * ```ts
 * import { encodeStateDict, Linear, openSafetensors } from '@tapegrad/nn';
 *
 * const bytes = await encodeStateDict(new Linear(3, 2).stateDict(), { dtype: 'bf16' });
 * const file = await openSafetensors(bytes); // in Node: openSafetensors('model.safetensors')
 * console.log(file.tensors.get('weight')); // { dtype: 'BF16', shape: [ 2, 3 ], bytes: 12 }
 * console.log((await file.read('weight')).shape); // [ 2, 3 ]
 * await file.close();
 * ```
 */
export async function openSafetensors(source: SafetensorsSource): Promise<SafetensorsReader> {
  const parts: Part[] = [];
  try {
    const files = Array.isArray(source) ? (source as readonly FileSource[]) : [source as FileSource];
    const isOne = files.length === 1;
    for (const file of files) {
      if (isOne && isIndexPath(file)) await openShards(pathOf(file), parts);
      else parts.push(await openPart(await openSource(file)));
    }
    return new SafetensorsReader(parts);
  } catch (error) {
    for (const { source } of parts) await source.close();
    throw error;
  }
}

/** An open checkpoint, as `openSafetensors` gives it. */
export class SafetensorsReader {
  /** What there is, in the order in which it lies in the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Texts that the writer added; those of the first shard, where there are several. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The file in the caller's words; of several the first. */
  readonly name: string;
  readonly #parts: readonly Part[];
  readonly #places = new Map<string, { readonly part: Part; readonly entry: TensorEntry }>();
  /** Reads wait for each other: a stream has one position, and two large tensors at once are twice the memory. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Use `openSafetensors`. */
  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.name = parts[0]?.source.name ?? 'an empty list of files';
    this.metadata = parts[0]?.header.metadata ?? {};
    for (const part of parts) {
      for (const entry of part.header.entries) {
        const other = this.#places.get(entry.name);
        if (other) {
          const found = `tensor ${quote(entry.name)} is also in ${other.part.source.name}`;
          throw new CheckpointError(
            part.source.name,
            found,
            'each name in one shard',
            'Pass the shards of one checkpoint.',
          );
        }
        this.#places.set(entry.name, { part, entry });
      }
    }
    this.tensors = new Map(
      [...this.#places].map(([name, { entry }]) => {
        const { dtype, shape, begin, end } = entry;
        return [name, { dtype, shape, bytes: end - begin }];
      }),
    );
  }

  /**
   * A tensor on the current device (f64 on cpu, where the current one has none). F16 and BF16 become f32, integers i32.
   *
   * Throws: ArgumentError for a name that the file lacks, or that a stream has passed by; CheckpointError where the file
   * ends or breaks, for a dtype that does not exist here (F8, complex), and for integers outside of i32.
   */
  async read(name: string): Promise<AnyTensor> {
    return toTensor(await this.readStored(name));
  }

  /** As `read`, but the elements as a typed array. */
  readStored(name: string): Promise<StoredTensor> {
    const place = this.#places.get(name);
    if (!place)
      throw new ArgumentError(
        `read: there is no ${quote(name)} in ${this.name}; there is ${listed(this.tensors.keys())}`,
      );
    const read = this.#turn.then(() => readTensor(place.part, place.entry));
    this.#turn = read.then(nothing, nothing); // and hold on to nothing that was read
    return read;
  }

  /** Closes the files that were opened by their paths, and lets go of a response. */
  async close(): Promise<void> {
    for (const { source } of this.#parts) await source.close();
  }
}

const nothing = (): void => {};

interface Part {
  readonly source: ByteSource;
  readonly header: Header;
  /** Where the header ends. */
  readonly dataStart: number;
  /** How far a stream was read, in bytes of the data. */
  passed: number;
}

async function openPart(source: ByteSource): Promise<Part> {
  try {
    const start = await readSome(source, 0, LENGTH_BYTES);
    const dataStart = LENGTH_BYTES + headerLength(start, source.size ?? Infinity, source.name);
    const bytes = await readSome(source, LENGTH_BYTES, dataStart);
    if (bytes.length < dataStart - LENGTH_BYTES) throw cutOff(source, LENGTH_BYTES + bytes.length, dataStart);
    const dataBytes = source.size === undefined ? undefined : source.size - dataStart;
    const part = { source, header: parseHeader(bytes, dataBytes, source.name), dataStart, passed: 0 };
    if (part.header.dataBytes === 0) await checkEnd(part);
    return part;
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readTensor(part: Part, { name, dtype, shape, begin, end }: TensorEntry): Promise<StoredTensor> {
  const { source, dataStart } = part;
  if (source.size === undefined && begin < part.passed && end > begin) {
    throw new ArgumentError(
      `read: ${quote(name)} has passed by: ${source.name} is a stream; read in the order of .tensors, or open await response.blob()`,
    );
  }
  const raw = await readSome(source, dataStart + begin, dataStart + end);
  part.passed = Math.max(part.passed, end);
  if (raw.length < end - begin) throw cutOff(source, dataStart + begin + raw.length, dataStart + part.header.dataBytes);
  if (end === part.header.dataBytes) await checkEnd(part);
  return readStored(name, dtype, shape, raw, source.name);
}

/** A stream may go on where its header says that it ends; of a file that was checked by its size. */
async function checkEnd({ source, header, dataStart }: Part): Promise<void> {
  if (source.size !== undefined) return;
  const end = dataStart + header.dataBytes;
  if ((await readSome(source, end, end + 1)).length > 0)
    throw new CheckpointError(source.name, `there is more after byte ${end}`, 'the end, from its header', DAMAGED);
}

async function readSome(source: ByteSource, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await source.read(begin, end);
  } catch (error) {
    const found = `bytes ${begin} to ${end} cannot be read: ${reasonOf(error)}`;
    throw new CheckpointError(source.name, found, 'all of them', 'Nothing was loaded: try again.');
  }
}

function cutOff(source: ByteSource, found: number, expected: number): CheckpointError {
  return new CheckpointError(source.name, `the file ends after ${found} bytes`, `${expected} from its header`, DAMAGED);
}

function isIndexPath(source: FileSource): source is string | UrlLike {
  return typeof source === 'string'
    ? source.endsWith(INDEX_SUFFIX)
    : isUrl(source) && source.href.endsWith(INDEX_SUFFIX);
}

/** Opens the shards of an index: they hold what it says, and nothing else. */
async function openShards(path: string, parts: Part[]): Promise<void> {
  const { paths } = nodeFor(path, 'Pass a list of all shards.');
  const file = await openSource(path);
  let shards: Map<string, Set<string>>;
  try {
    shards = parseIndex(await readSome(file, 0, Math.min(file.size!, MAX_JSON_BYTES + 1)), path);
  } finally {
    await file.close();
  }
  for (const [name, expected] of shards) {
    const part = await openPart(await openSource(paths.join(paths.dirname(path), name)));
    parts.push(part);
    const found = new Set(part.header.entries.map((entry) => entry.name));
    const missing = [...expected].filter((key) => !found.has(key));
    const extra = [...found].filter((key) => !expected.has(key));
    if (missing.length + extra.length === 0) continue;
    const problem =
      missing.length > 0 ? `lacks ${listed(missing)}` : `has ${listed(extra)}, which the index does not name`;
    throw new CheckpointError(
      path,
      `the shard ${name} ${problem}`,
      'what the index says, and no more',
      'Write both again, or pass a list of the shards in place of the index.',
    );
  }
}

/** A few names and how many more there are. */
function listed(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 10).map(quote).join(', ');
  return all.length > 10 ? `${shown} and ${all.length - 10} more` : shown || 'none';
}
