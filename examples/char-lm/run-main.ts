import { DeviceError, MemoryError } from '@tapegrad/core';
import { CheckpointError } from '@tapegrad/nn';
import { VocabularyError } from '@tapegrad/nn/data';
import { UserError } from './user-error.ts';

/**
 * Runs a program. A mistake of the user prints `error: ...` to stderr and sets the exit code to 1, without a stack;
 * anything else is a bug in the program, and keeps its stack. Output that nobody reads any more (`... | head`) is dropped.
 */
export async function runMain(main: () => void | Promise<void>): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  try {
    await main();
  } catch (error) {
    const message = mistake(error);
    if (message === undefined) throw error;
    process.stderr.write(`error: ${message}\n`);
    process.exitCode = 1;
  }
}

/** What the user can change about an error, or undefined where it is a bug. */
function mistake(error: unknown): string | undefined {
  if (MISTAKES.some((kind) => error instanceof kind)) return (error as Error).message;
  const tooLarge = error instanceof RangeError && OUT_OF_MEMORY.test(error.message);
  if (tooLarge || error instanceof MemoryError)
    return `there is not enough memory for this (${error.message}): choose smaller sizes.`;
  return undefined;
}

const MISTAKES = [UserError, CheckpointError, DeviceError, VocabularyError];

/** What V8 says of an array that is too large. */
const OUT_OF_MEMORY = /^(Array buffer allocation failed|Invalid (typed )?array (buffer )?length)/;

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
