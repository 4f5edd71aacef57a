/** Texts that come in chunks, without holding them whole: bytes to text to lines. */

import { ArgumentError } from '@tapegrad/core';
import { strictDecoder } from './utf-8.ts';

/** Node's `createReadStream(path)`, or anything else that gives bytes in chunks. */
type ByteChunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>;

/** A `ReadableStream` of bytes. */
interface ByteStream {
  getReader(): ByteReader;
}

interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** What `fetch` gives. */
interface ByteResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly body: ByteStream | null;
}

/** A `Blob`, or the `File` of an input or a drop. */
interface ByteBlob {
  stream(): ByteStream;
}

export type TextSource = ByteChunks | ByteStream | ByteResponse | ByteBlob;

/**
 * The text of UTF-8 bytes, chunk by chunk: from a file, a `Response`, a `Blob`, a stream. A character whose bytes lie in
 * two chunks comes whole, with the second. A byte order mark is left out. Ending early, by `break`, ends the source too.
 * `name` is what messages call it.
 *
 * Throws: ArgumentError where the bytes are not UTF-8, the response is not ok, or the chunks are no bytes.
 *
 * ```ts
 * import { readText } from '@tapegrad/nn/data';
 *
 * const { body } = new Response('Call me Ishmael.'); // in Node, a file: createReadStream(path)
 * for await (const text of readText(body!)) console.log(text); // Call me Ishmael.
 * ```
 */
export async function* readText(source: TextSource, name = 'the text'): AsyncGenerator<string, void, undefined> {
  const decoder = strictDecoder();
  let read = 0;
  const decoded = (chunk?: Uint8Array): string => {
    const from = read;
    read += chunk?.length ?? 0;
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      const where =
        chunk === undefined ? `it ends within a character, after ${read} bytes` : `in bytes ${from} to ${read - 1}`;
      throw new ArgumentError(
        `readText: ${name} is not UTF-8 text: ${where}. Convert it, for example with iconv -t UTF-8.`,
      );
    }
  };
  for await (const chunk of chunksOf(source, name)) {
    if (!ArrayBuffer.isView(chunk)) {
      throw new ArgumentError(
        `readText: expected chunks of bytes (Uint8Array) from ${name}; given ${typeof chunk}: open it without an encoding`,
      );
    }
    const text = decoded(chunk as Uint8Array);
    if (text !== '') yield text;
  }
  decoded();
}

/** Characters of the longest line: more is hardly a text, and a line is held whole. */
const MOST = 2 ** 24;

export interface LineOptions {
  /** Characters (UTF-16 units) of a line at most. Default: 2^24. */
  readonly maxLength?: number | undefined;
}

/**
 * The lines of a text that comes in chunks, each with its line break: joined they are the text.
 *
 * Throws: ArgumentError at a line of more than `maxLength` characters.
 *
 * ```ts
 * import { textLines } from '@tapegrad/nn/data';
 *
 * for await (const line of textLines(['Call me\nIsh', 'mael.'])) console.log(JSON.stringify(line));
 * // "Call me\n", then "Ishmael."
 * ```
 */
export async function* textLines(
  chunks: AsyncIterable<string> | Iterable<string>,
  { maxLength = MOST }: LineOptions = {},
): AsyncGenerator<string, void, undefined> {
  let begun = '';
  let number = 1;
  const checked = (line: string): string => {
    if (line.length <= maxLength) return line;
    throw new ArgumentError(
      `textLines: line ${number} has more than ${maxLength} characters: expected a text with line breaks; raise maxLength where it is one`,
    );
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield checked(begun + chunk.slice(from, end + 1));
      begun = '';
      from = end + 1;
      number++;
    }
    begun = checked(begun + chunk.slice(from));
  }
  if (begun !== '') yield begun;
}

async function* chunksOf(source: TextSource, name: string): AsyncGenerator<Uint8Array | string, void, undefined> {
  if (typeof source !== 'object' || source === null) throw noSource(name, source);
  if ('getReader' in source) yield* streamed(source);
  else if ('stream' in source) yield* streamed(source.stream());
  else if ('body' in source) {
    if (!source.ok) throw new ArgumentError(`readText: ${name} could not be had: the server answered ${source.status}`);
    if (source.body) yield* streamed(source.body);
  } else if (Symbol.asyncIterator in source || Symbol.iterator in source) yield* source;
  else throw noSource(name, source);
}

function noSource(name: string, given: unknown): ArgumentError {
  return new ArgumentError(
    `readText: expected a stream, a Response, a Blob, or chunks of bytes as ${name}; given ${given === null ? 'null' : typeof given}`,
  );
}

/** By its reader, as not every browser iterates over streams. */
async function* streamed(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !value) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!ended) await reader.cancel();
  }
}
