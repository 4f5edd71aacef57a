/** Replacing files so that a crash at any moment leaves what was there before, or what was to come. */

import { CheckpointError } from './errors.ts';
import { type Node, nodeFor, reasonOf } from './node.ts';

export type Write = (bytes: Uint8Array) => Promise<void>;

export interface FileToWrite {
  readonly path: string;
  /** Writes what is to be in it, one piece after the other. */
  readonly fill: (write: Write) => Promise<void>;
}

/**
 * Writes files beside those which they replace, hands them to the disk, and only then puts them in place. Of several the
 * last says what the others hold: it is taken away before they are replaced, and put in place when they are, so that a
 * crash in between leaves none rather than one that does not fit.
 *
 * Throws: CheckpointError where a file cannot be written; what was there before is then as it was, unless the last of
 * several was taken away already.
 */
export async function replaceFiles(files: readonly FileToWrite[]): Promise<void> {
  const written: { readonly place: string; readonly part: string }[] = [];
  let current = files[0]!.path;
  const node = nodeFor(current, 'Pass a WritableStream, or use encodeStateDict.');
  const { files: disk, paths } = node;
  try {
    for (const { path, fill } of files) {
      current = path;
      const place = await disk.realpath(path).catch(() => path); // a link stays a link
      await clearAbandoned(place, node);
      const part = `${place}.${crypto.randomUUID()}.part`;
      const file = await disk.open(part, 'wx');
      written.push({ place, part });
      const old = await disk.stat(place).catch(() => undefined);
      try {
        if (old) await file.chmod(old.mode & 0o777); // who may read the old one may read the new one
        await fill((bytes) => file.writeFile(bytes));
        await file.sync();
      } finally {
        await file.close();
      }
    }
    const last = written.at(-1)!.place;
    if (written.length > 1) await disk.rm(last, { force: true });
    for (const { place, part } of written) await disk.rename(part, (current = place));
    const folder = await disk.open(paths.dirname(last), 'r').catch(() => undefined); // Windows opens no folders
    await folder?.sync().catch(() => {});
    await folder?.close();
  } catch (error) {
    for (const { part } of written) await disk.rm(part, { force: true }).catch(() => {});
    if (typeof (error as { code?: unknown }).code !== 'string') throw error; // not the system's
    const found = `it cannot be written: ${reasonOf(error)}`;
    throw new CheckpointError(current, found, 'a file name in a folder that may be written to', 'Choose another path.');
  }
}

/** Takes away what saves of this file left that were killed: parts that nobody has written to for ten minutes. */
async function clearAbandoned(place: string, { files: disk, paths }: Node): Promise<void> {
  const [folder, start] = [paths.dirname(place), `${paths.basename(place)}.`];
  for (const name of await disk.readdir(folder)) {
    if (!name.startsWith(start) || !/^[\da-f-]{36}\.part$/.test(name.slice(start.length))) continue;
    const part = paths.join(folder, name);
    const { mtimeMs } = await disk.stat(part).catch(() => ({ mtimeMs: Infinity })); // another save was done with it
    if (Date.now() - mtimeMs > 600_000) await disk.rm(part, { force: true }).catch(() => {});
  }
}

// The library of ECMAScript types leaves this one out; every browser and Node have it.
declare const crypto: { randomUUID(): string };
