/** What is wrong with a checkpoint, told so that its owner can act. */

import { TapegradError } from '@tapegrad/core';

/** A checkpoint that cannot be read or written. Nothing was loaded, and nothing was overwritten. */
export class CheckpointError extends TapegradError {
  override name: string = 'CheckpointError';
  /** The file, or whatever the bytes came from, in the caller's words. */
  readonly source: string;

  /** `model.safetensors: the file has 3 bytes; expected at least 8. The file is cut off: write it again.` */
  constructor(source: string, found: string, expected: string, advice: string) {
    super(`${source}: ${found}; expected ${expected}. ${advice}`);
    this.source = source;
  }
}

/** Text from a file, quoted and cut to a length that fits into a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
