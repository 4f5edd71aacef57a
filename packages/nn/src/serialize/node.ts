/** Node's files. Its modules come without an import, so that bundles for browsers need no stand-ins. */

import { CheckpointError } from './errors.ts';

/** An open file of node:fs/promises. */
export interface FileHandleLike {
  readonly fd: number;
  stat(): Promise<{ readonly size: number }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

export interface OpenFile extends FileHandleLike {
  writeFile(bytes: Uint8Array): Promise<void>;
  chmod(mode: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Node {
  readonly files: {
    open(path: string, flags: 'r' | 'wx'): Promise<OpenFile>;
    rename(from: string, to: string): Promise<void>;
    rm(path: string, options: { readonly force: true }): Promise<void>;
    realpath(path: string): Promise<string>;
    stat(path: string): Promise<{ readonly mode: number; readonly mtimeMs: number }>;
    readdir(path: string): Promise<readonly string[]>;
  };
  readonly paths: { dirname(path: string): string; basename(path: string): string; join(...parts: string[]): string };
  readonly urls: { fileURLToPath(url: string): string };
}

/** Node's modules; Bun and Deno have them too. Throws: CheckpointError in browsers, which open no paths. */
export function nodeFor(path: string, advice: string): Node {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = <T>(name: string): T | undefined => process?.getBuiltinModule?.(name) as T | undefined;
  const files = module<Node['files']>('node:fs/promises');
  const paths = module<Node['paths']>('node:path');
  const urls = module<Node['urls']>('node:url');
  if (files && paths && urls) return { files, paths, urls };
  throw new CheckpointError(path, 'a path, and there are no files here', 'Node 20.16 or later', advice);
}

/** What the system says of a file, in words where they are known. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (typeof code === 'string' ? REASONS[code] : undefined) ?? String(message ?? error);
}

const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'it may not be opened',
  EPERM: 'it may not be opened',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
};
