/** What a text is cut into before its pieces are numbered: a row a unit. In each, the pieces of a text joined are the text. */

import { decodeUtf8, encodeUtf8 } from './utf-8.ts';

/**
 * - `byte`: UTF-8, each byte as the character U+0000 to U+00FF of that number
 * - `character`: Unicode code points
 * - `grapheme`: what a reader takes for one character, such as é written as two code points
 * - `word`: words, numbers, punctuation and white space; one space before a word belongs to it, and a line break is alone
 */
export type UnitName = 'byte' | 'character' | 'grapheme' | 'word';

export interface Unit {
  readonly name: UnitName;
  split(text: string): Iterable<string>;
  join(pieces: readonly string[]): string;
  /** Whether `split` could give this piece. */
  isPiece(piece: string): boolean;
  /** At most so many pieces a UTF-16 unit of a text. */
  readonly most: number;
}

/** The unit of a name, or undefined where there is none. */
export function unitOf(name: unknown): Unit | undefined {
  return UNITS.find((unit) => unit.name === name);
}

/**
 * GPT-2's pattern (https://github.com/openai/gpt-2/blob/master/src/encoder.py) but for two things: apostrophes inside of a
 * word belong to it, and nothing reaches over a line break, so that a text can be encoded line by line.
 */
const WORDS = / ?[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\n|[^\S\n]+(?!\S)|[^\S\n]/gu;

const UNITS: readonly Unit[] = [
  {
    name: 'byte',
    split: (text) => Array.from(encodeUtf8(text), (byte) => String.fromCharCode(byte)),
    join: (pieces) => decodeUtf8(Uint8Array.from(pieces, (piece) => piece.charCodeAt(0))),
    isPiece: (piece) => piece.length === 1 && piece.charCodeAt(0) < 256,
    most: 3,
  },
  {
    name: 'character',
    split: (text) => text, // a string iterates over its code points
    join: (pieces) => pieces.join(''),
    isPiece: (piece) => piece.length > 0 && piece.length === String.fromCodePoint(piece.codePointAt(0)!).length,
    most: 1,
  },
  {
    name: 'grapheme',
    split: graphemes,
    join: (pieces) => pieces.join(''),
    isPiece: (piece) => piece.length > 0, // engines differ in their version of Unicode
    most: 1,
  },
  {
    name: 'word',
    split: (text) => text.match(WORDS) ?? [],
    join: (pieces) => pieces.join(''),
    isPiece: (piece) => piece.match(WORDS)?.[0] === piece,
    most: 1,
  },
];

export const UNIT_NAMES: readonly UnitName[] = UNITS.map(({ name }) => name);

function* graphemes(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

let segmenter: Intl.Segmenter | undefined; // made on first use: it reads its rules
