/** Checkpoints as files. */
import { readFile } from 'node:fs/promises';
import { saveSafetensors } from '@tapegrad/nn';
import { checkpointOf, decodeCheckpoint } from './checkpoint.ts';
import type { Device } from './options.ts';
import type { Training } from './training.ts';
import { reasonOf, UserError } from './user-error.ts';

/**
 * Writes a checkpoint in the place of the old one: a kill at any moment leaves one that is whole.
 *
 * Throws: `CheckpointError` where it cannot be written; the old one is then as it was.
 */
export async function saveCheckpoint(path: string, training: Training): Promise<void> {
  const { tensors, metadata } = checkpointOf(training);
  await saveSafetensors(path, tensors, { metadata });
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
