/** Where a run keeps its files, so that no run overwrites another, nor a file of the user's. */
import { access, constants, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf, UserError } from './user-error.ts';

/** The files of a run. */
const CHECKPOINT = 'checkpoint.safetensors';
export const CHART = 'loss.svg';
export const SAMPLE = 'sample.txt';

/** The checkpoint of a run's folder. */
export function checkpointIn(folder: string): string {
  return join(folder, CHECKPOINT);
}

/**
 * Makes the folder of a new run: the one that was asked for, which may exist but must not hold a run's files, or the
 * first of FOLDER, FOLDER-2, FOLDER-3... that does not exist: of two runs that start at once, each gets its own.
 *
 * Throws: `UserError` where it holds such files or cannot be written.
 */
export async function claimRunFolder(folder: string, asked: boolean): Promise<string> {
  try {
    if (!asked) return await firstFree(folder);
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write to ${folder}: ${reasonOf(error)}. Name another folder with --out.`);
  }
  const names = await readdir(folder);
  const taken = [CHECKPOINT, CHART, SAMPLE].find((name) => names.includes(name));
  if (taken === undefined) return folder;
  throw new UserError(
    taken === CHECKPOINT
      ? `${folder} holds the checkpoint of an earlier run. Continue it with --resume, or name another folder with --out.`
      : `${join(folder, taken)} would be overwritten. Name another folder with --out.`,
  );
}

/** The folder of the run to go on with: the one that was asked for, or the newest of FOLDER, FOLDER-2, FOLDER-3... */
export async function latestRunFolder(folder: string, asked: boolean): Promise<string> {
  if (asked) return folder;
  const siblings = await readdir(dirname(folder)).catch(() => []);
  const numbers = siblings.flatMap((name) => {
    const suffix = name.startsWith(`${basename(folder)}-`) ? name.slice(basename(folder).length + 1) : '';
    return /^\d+$/.test(suffix) ? [Number(suffix)] : [];
  });
  for (const n of numbers.sort((a, b) => b - a)) {
    if (await exists(checkpointIn(`${folder}-${n}`))) return `${folder}-${n}`;
  }
  return folder;
}

/** Writes a text to a file of a run's folder, and returns its path. Throws: `UserError`. */
export async function writeIn(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text).catch((error: unknown) => {
    throw new UserError(`cannot write ${path}: ${reasonOf(error)}.`);
  });
  return path;
}

async function firstFree(folder: string): Promise<string> {
  await mkdir(dirname(folder), { recursive: true });
  for (let n = 1; ; n++) {
    const next = n === 1 ? folder : `${folder}-${n}`;
    try {
      await mkdir(next);
      return next;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
