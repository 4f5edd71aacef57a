import { TapegradError } from '@tapegrad/core';
import { UserError } from './user-error.ts';

/**
 * Runs a program. A mistake of the user prints `error: ...` to stderr and sets the exit code to 1, without a stack;
 * anything else is a bug in the program, and keeps its stack.
 */
export async function runMain(main: () => void | Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!isMistake(error)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** The library's own errors count too: in a program they tell of a missing device or a checkpoint that does not fit. */
function isMistake(error: unknown): error is Error {
  return error instanceof UserError || error instanceof TapegradError;
}
