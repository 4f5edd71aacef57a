/** Checkpoints as files. */
import { open, readFile, rename } from 'node:fs/promises';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { Device } from './options.ts';
import type { Training } from './training.ts';
import { reasonOf, UserError } from './user-error.ts';

/**
 * Writes a checkpoint beside the old one and then puts it in its place: a kill at any moment leaves one that is whole.
 *
 * Throws: `UserError` where it cannot be written; the old one is then as it was.
 */
export async function saveCheckpoint(path: string, training: Training): Promise<void> {
  const bytes = await encodeCheckpoint(training);
  try {
    const file = await open(`${path}.part`, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.part`, path);
  } catch (error) {
    throw new UserError(
      `cannot write the checkpoint ${path}: ${reasonOf(error)}. The one before it, if any, is whole.`,
    );
  }
}

/**
 * Reads a checkpoint, see `decodeCheckpoint`.
 *
 * Throws: `UserError` where there is none or it is not one of this program, `CheckpointError` where the file is damaged.
 */
export async function loadCheckpoint(path: string, device?: Device): Promise<Training> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UserError(
      `cannot read the checkpoint ${path}: ${reasonOf(error)}. Train first (npx -y pnpm@12 start), or name another folder.`,
    );
  });
  return decodeCheckpoint(path, bytes, device);
}
