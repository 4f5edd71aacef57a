/** Where the bytes of a file come from: a path, a Blob, a response of fetch(), memory. */

import { CheckpointError } from './errors.ts';
import { type FileHandleLike, nodeFor, type OpenFile, reasonOf } from './node.ts';

/** A Blob or File. */
export interface BlobLike {
  readonly size: number;
  readonly name?: string;
  slice(begin: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** What `await fetch(url)` gives. `new Response(stream)` makes one of any ReadableStream. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  readonly url: string;
  readonly bodyUsed: boolean;
  readonly body: {
    readonly locked: boolean;
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      cancel(): Promise<void>;
    };
  } | null;
}

/** A URL object; `file:` ones are paths. */
export interface UrlLike {
  readonly href: string;
  readonly protocol: string;
}

/** One file: a path in Node, or what has the bytes. */
export type FileSource = string | UrlLike | FileHandleLike | BlobLike | ResponseLike | Uint8Array | ArrayBuffer;

/** Bytes to be read. */
export interface ByteSource {
  /** The file in the caller's words, for messages. */
  readonly name: string;
  /** undefined for a stream: its end is seen when it comes, and it is read from front to back. */
  readonly size: number | undefined;
  /** The bytes from `begin` to `end`, fewer where the source ends before. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Opens a file. Throws: CheckpointError that says why it cannot be opened. */
export async function openSource(source: FileSource): Promise<ByteSource> {
  if (typeof source === 'string' || isUrl(source)) return openPath(pathOf(source));
  if (source instanceof Uint8Array) return fromBytes(source);
  if (source instanceof ArrayBuffer) return fromBytes(new Uint8Array(source));
  if (has(source, 'fd', 'read', 'stat')) return fromHandle('the file', source as FileHandleLike, async () => {});
  if (has(source, 'bodyUsed', 'body', 'ok')) return fromResponse(source as ResponseLike);
  if (has(source, 'size', 'slice')) return fromBlob(source as BlobLike);
  throw new CheckpointError(
    'load',
    `${source === null ? 'null' : typeof source}`,
    'a path or an open file (Node), a Blob or File, a Response, a Uint8Array, or a list of these',
    'Pass one of them.',
  );
}

/** A path, from itself or a `file:` URL. Throws: CheckpointError. */
export function pathOf(path: string | UrlLike): string {
  const url = typeof path === 'string' ? (/^[a-z][a-z+.-]+:\/\//i.test(path) ? path : undefined) : path.href;
  if (url === undefined) return path as string;
  if (url.startsWith('file:')) return nodeFor(url, OPEN_OTHERWISE).urls.fileURLToPath(url);
  throw new CheckpointError(url, 'a URL', 'a path or a file', "Pass what it leads to: await fetch('...').");
}

const OPEN_OTHERWISE = 'Pass await fetch(url), a File of an <input type="file">, or bytes.';

async function openPath(path: string): Promise<ByteSource> {
  const { files } = nodeFor(path, OPEN_OTHERWISE);
  let file: OpenFile | undefined;
  try {
    file = await files.open(path, 'r');
    return await fromHandle(path, file, () => file!.close());
  } catch (error) {
    await file?.close();
    throw new CheckpointError(path, reasonOf(error), 'a file that can be read', 'Check the path.');
  }
}

async function fromHandle(name: string, file: FileHandleLike, close: () => Promise<void>): Promise<ByteSource> {
  const { size } = await file.stat();
  const read = async (begin: number, end: number) => {
    const bytes = new Uint8Array(end - begin);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, LARGEST_READ), begin + done);
      if (bytesRead === 0) return bytes.subarray(0, done); // the end
      done += bytesRead;
    }
    return bytes;
  };
  return { name, size, read, close };
}

const LARGEST_READ = 2 ** 30; // systems refuse 2^31 and more

function fromBytes(bytes: Uint8Array): ByteSource {
  const read = async (begin: number, end: number) => new Uint8Array(bytes.subarray(begin, end)); // a copy
  return { name: 'the data', size: bytes.length, read, close: async () => {} };
}

function fromBlob(blob: BlobLike): ByteSource {
  const read = async (begin: number, end: number) => new Uint8Array(await blob.slice(begin, end).arrayBuffer());
  return { name: blob.name || 'the Blob', size: blob.size, read, close: async () => {} };
}

/** A stream is not asked how long it is: what the server says need not be true. */
function fromResponse({ ok, status, url, body, bodyUsed }: ResponseLike): ByteSource {
  const name = url || 'the Response';
  if (!ok) throw new CheckpointError(name, `the server answered with status ${status}`, 'a file', 'Check the address.');
  if (!body || bodyUsed || body.locked)
    throw new CheckpointError(name, 'it has no body that is still to be read', 'a fresh response', 'Fetch it again.');
  const reader = body.getReader();
  let position = 0;
  let rest: Uint8Array = new Uint8Array(0);

  /** The next bytes, `wanted` at most; none at the end. */
  const next = async (wanted: number): Promise<Uint8Array> => {
    while (rest.length === 0) {
      const { done, value } = await reader.read();
      if (done || !value) return rest;
      rest = value;
    }
    const piece = rest.subarray(0, wanted);
    rest = rest.subarray(piece.length);
    position += piece.length;
    return piece;
  };
  const read = async (begin: number, end: number) => {
    while (position < begin) if ((await next(begin - position)).length === 0) break;
    const pieces: Uint8Array[] = []; // memory is reserved for what has come, not for what was promised
    while (position < end) {
      const piece = await next(end - position);
      if (piece.length === 0) break;
      pieces.push(piece);
    }
    return joined(pieces);
  };
  const close = () => reader.cancel().catch(() => {}); // of a stream that broke, which read() has told
  return { name, size: undefined, read, close };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export function isUrl(source: FileSource): source is UrlLike {
  return has(source, 'href', 'protocol');
}

function has(source: unknown, ...names: readonly string[]): boolean {
  return typeof source === 'object' && source !== null && names.every((name) => name in source);
}
