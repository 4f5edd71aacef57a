/** A text from where Node finds it. */
import { readFile } from 'node:fs/promises';
import { mobyDick, type Source, textOf } from './text.ts';
import { reasonOf, UserError } from './user-error.ts';

/**
 * Reads a UTF-8 file, or Moby Dick where no path is given.
 *
 * Throws: `UserError` when the file cannot be read, is not UTF-8, or is empty.
 */
export async function loadText(path?: string): Promise<Source> {
  return path === undefined ? mobyDick() : fromFile(path);
}

async function fromFile(path: string): Promise<Source> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UserError(`cannot read ${path}: ${reasonOf(error)}. Give the path of a text file.`);
  });
  return textOf(path, bytes);
}
