/**
 * The index of a checkpoint in several files, as Hugging Face's libraries write it:
 *
 *   { "metadata": { "total_size": 24 }, "weight_map": { "<name>": "model-00001-of-00002.safetensors", ... } }
 *
 * The shards lie beside the index, and hold the tensors that it names and no others.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/package_reference/serialization.
 */

import { CheckpointError, quote } from './errors.ts';
import { DAMAGED, isRecord, parseJson } from './untrusted-json.ts';

/** How the names of index files end. */
export const INDEX_SUFFIX = '.index.json';

/** Which tensors each shard holds, by the shard's file name, in the order of the index. Throws: CheckpointError. */
export function parseIndex(bytes: Uint8Array, source: string): Map<string, Set<string>> {
  const fail = (found: string, expected: string): never => {
    throw new CheckpointError(source, found, expected, DAMAGED);
  };
  const index = parseJson(bytes, source, 'the index', MAX_DEPTH);
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map)) return fail('the index has no weight_map', 'an object: file names by the names of tensors');
  const shards = new Map<string, Set<string>>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !isFileName(file))
      return fail(`the index says that ${quote(name)} is in ${quote(String(file))}`, 'the name of a file beside it');
    const names = shards.get(file) ?? new Set();
    shards.set(file, names.add(name));
  }
  return shards;
}

const MAX_DEPTH = 8; // its metadata may be anything

/** A file in the same folder: no way leads out of it. */
function isFileName(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a name
  return text.length <= 255 && !/^\.{0,2}$|[/\\:\0-\x1f]/.test(text);
}

/** `model.safetensors.index.json` has `model-00001-of-00002.safetensors`. */
export function shardName(index: string, k: number, count: number): string {
  const stem = index.slice(0, -INDEX_SUFFIX.length).replace(/\.safetensors$/, '');
  const number = (n: number) => String(n).padStart(5, '0');
  return `${stem}-${number(k + 1)}-of-${number(count)}.safetensors`;
}

/** The bytes of an index. `totalSize`: bytes of all tensors. */
export function encodeIndex(shards: ReadonlyMap<string, Iterable<string>>, totalSize: number): Uint8Array {
  const entries = [...shards].flatMap(([file, names]) => [...names].map((name) => [name, file] as const));
  const index = { metadata: { total_size: totalSize }, weight_map: Object.fromEntries(entries) };
  return new TextEncoder().encode(`${JSON.stringify(index, undefined, 2)}\n`);
}

// The library of ECMAScript types leaves this one out; every browser and Node have it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
