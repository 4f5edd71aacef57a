/** Writing safetensors files tensor by tensor: what is written is never in memory as a whole. */

import { type AnyTensor, ArgumentError } from '@tapegrad/core';
import { replaceFiles, type Write } from './atomic-files.ts';
import { pathOf, type UrlLike } from './byte-source.ts';
import { quote } from './errors.ts';
import { type EncodeOptions, type Plan, planFile } from './safetensors-plan.ts';
import { encodeIndex, INDEX_SUFFIX, shardName } from './shard-index.ts';
import { bytesToStore, storedAs } from './stored-dtypes.ts';

/** A stream to write to: of a file that a page may write, or any of Node's through `Writable.toWeb`. */
export interface WritableStreamLike {
  getWriter(): {
    write(bytes: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason: unknown): Promise<void>;
  };
}

/** A path in Node (with shards beside it where it ends in `.index.json`), or a stream. */
export type SafetensorsTarget = string | UrlLike | WritableStreamLike;

export interface SaveOptions extends EncodeOptions {
  /** Bytes of tensors that a shard has at most, where it has more than one; for `.index.json`. Default: 5e9. */
  readonly maxShardBytes?: number | undefined;
}

/**
 * Writes tensors to a safetensors file. A path is replaced as a whole: written beside it, handed to the disk, then put in
 * its place, so that a crash leaves the old file or the new one. A path that ends in `.index.json` gets that index, and
 * shards beside it (`model-00001-of-00002.safetensors`). A stream is closed at the end, and aborted at an error.
 *
 * Throws: CheckpointError for keys, metadata or numbers that the file cannot hold, and where it cannot be written;
 * ArgumentError where a tensor changes while it is being saved.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { openSafetensors, saveSafetensors } from '@tapegrad/nn';
 *
 * const { readable, writable } = new TransformStream<Uint8Array>(); // in Node: a path, 'x.safetensors'
 * const saved = saveSafetensors(writable, new Map([['x', tensor([1, 2])]]), { metadata: { by: 'me' } });
 * const file = await openSafetensors(new Response(readable));
 * console.log(await file.read('x'), file.metadata); // tensor([1., 2.]) { by: 'me' }
 * await saved;
 * ```
 */
export async function saveSafetensors(
  target: SafetensorsTarget,
  tensors: ReadonlyMap<string, AnyTensor>,
  { maxShardBytes, ...options }: SaveOptions = {},
): Promise<void> {
  const read = unchanged(tensors);
  if (typeof target === 'object' && 'getWriter' in target) {
    checkNoShards('a stream', maxShardBytes);
    return writeStream(target, planFile(tensors, options, 'save'), read);
  }
  const path = pathOf(target);
  if (path.endsWith(INDEX_SUFFIX)) return writeShards(path, tensors, maxShardBytes ?? 5e9, options, read);
  checkNoShards(path, maxShardBytes);
  const plan = planFile(tensors, options, path);
  await replaceFiles([{ path, fill: (write) => writePlan(plan, path, write, read) }]);
}

/** A tensor's elements, of the values that it had when saving began. */
type Read = (name: string, x: AnyTensor) => ReturnType<AnyTensor['data']>;

function unchanged(tensors: ReadonlyMap<string, AnyTensor>): Read {
  const versions = new Map([...tensors].map(([, x]) => [x, x.storage.version]));
  return (name, x) => {
    if (x.storage.version === versions.get(x)) return x.data();
    throw new ArgumentError(
      `save: ${quote(name)} changed while it was being saved: await the end before the next step, or save model.stateDict()`,
    );
  };
}

async function writePlan(plan: Plan<AnyTensor>, where: string, write: Write, read: Read): Promise<void> {
  await write(plan.head);
  for (const { name, tensor, dtype } of plan.tensors)
    await write(bytesToStore(name, await read(name, tensor), dtype, where));
}

async function writeStream(target: WritableStreamLike, plan: Plan<AnyTensor>, read: Read): Promise<void> {
  const writer = target.getWriter();
  try {
    await writePlan(plan, 'save', (bytes) => writer.write(bytes), read);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

async function writeShards(
  path: string,
  tensors: ReadonlyMap<string, AnyTensor>,
  maxShardBytes: number,
  options: EncodeOptions,
  read: Read,
): Promise<void> {
  if (!(maxShardBytes > 0)) throw new ArgumentError(`save: expected maxShardBytes above 0; given ${maxShardBytes}`);
  const shards: Map<string, AnyTensor>[] = [];
  let [room, totalSize] = [0, 0];
  for (const [name, x] of tensors) {
    const bytes = x.size * storedAs(x.dtype, options.dtype).bytes;
    if (bytes > room || shards.length === 0) {
      shards.push(new Map());
      room = maxShardBytes;
    }
    shards.at(-1)!.set(name, x);
    room -= bytes;
    totalSize += bytes;
  }
  const files = shards.map((shard, k) => {
    const place = shardName(path, k, shards.length);
    const plan = planFile(shard, options, place);
    return { path: place, shard, fill: (write: Write) => writePlan(plan, place, write, read) };
  });
  const names = new Map(files.map(({ path: place, shard }) => [place.split(/[/\\]/).at(-1)!, shard.keys()]));
  const index = encodeIndex(names, totalSize);
  await replaceFiles([...files, { path, fill: (write) => write(index) }]);
}

function checkNoShards(target: string, maxShardBytes: number | undefined): void {
  if (maxShardBytes === undefined) return;
  throw new ArgumentError(
    `save: maxShardBytes is for a path that ends in ${INDEX_SUFFIX}; given ${target}: name it model.safetensors${INDEX_SUFFIX}`,
  );
}
