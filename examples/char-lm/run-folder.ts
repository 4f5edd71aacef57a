/** Where a run keeps its files, so that no run overwrites another. */
import { access, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from './user-error.ts';

/** The checkpoint of a run's folder. */
export function checkpointIn(folder: string): string {
  return join(folder, 'checkpoint.safetensors');
}

/** A folder for a new run: the one that was asked for, or the first of FOLDER, FOLDER-2, FOLDER-3... without a checkpoint. */
export async function newRunFolder(folder: string, asked: boolean): Promise<string> {
  if (!(await exists(checkpointIn(folder)))) return folder;
  if (asked) {
    throw new UserError(
      `${folder} holds the checkpoint of an earlier run. Continue it with --resume, or name another folder with --out.`,
    );
  }
  for (let n = 2; ; n++) {
    const next = `${folder}-${n}`;
    if (!(await exists(checkpointIn(next)))) return next;
  }
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

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
