/** The vocabulary of a text: its pieces to numbers and back. V: how many there are. */

import { ArgumentError, IndexError, TapegradError } from '@tapegrad/core';
import { byCodePoint, characterName } from './characters.ts';
import type { DecodeOptions, Tokenizer } from './tokenizer.ts';
import { UNIT_NAMES, type Unit, type UnitName, unitOf } from './units.ts';
import { fromRecord, toRecord, type VocabularyRecord } from './vocabulary-record.ts';

export interface SpecialOptions {
  /** Tokens that no text contains, such as `<pad>`: they get the first numbers, in this order. Default: none. */
  readonly specials?: readonly string[] | undefined;
  /** The special that stands for pieces which are not in the vocabulary. Default: there is none, and `encode` throws. */
  readonly unknown?: string | undefined;
}

export interface VocabularyOptions extends SpecialOptions {
  /** Only pieces that occur so often. Default: 1. */
  readonly minCount?: number | undefined;
  /** V at most, specials included: the rarest pieces are left out. Default: no limit. */
  readonly maxSize?: number | undefined;
}

/** A piece of a text that a vocabulary without an `unknown` token does not have. */
export class VocabularyError extends TapegradError {
  override name: string = 'VocabularyError';
}

/**
 * Numbers for the pieces of a text. Specials come first; then the pieces, in the order of their code points, so that the
 * same pieces give the same numbers. No text is encoded as a special, even where it reads like one.
 *
 * `JSON.stringify(vocabulary)` writes it, `Vocabulary.fromJson` reads it.
 *
 * Throws: ArgumentError for options that do not fit.
 *
 * Source: words are cut by GPT-2's pattern, https://github.com/openai/gpt-2/blob/master/src/encoder.py, changed as `units.ts` says.
 *
 * ```ts
 * import { Vocabulary } from '@tapegrad/nn/data';
 *
 * const characters = Vocabulary.of('character', 'Call me Ishmael.');
 * console.log(characters.size, characters.encode('ham')); // 10 Int32Array(3) [ 6, 4, 8 ]
 * console.log(characters.decode([6, 4, 8])); // ham
 *
 * const words = Vocabulary.of('word', 'the whale, the sea', { specials: ['<unk>'], unknown: '<unk>', minCount: 1 });
 * console.log(words.pieces); // [ ' sea', ' the', ' whale', ',', 'the' ]
 * console.log(words.decode(words.encode('the white whale'))); // the<unk> whale
 *
 * const bytes = Vocabulary.bytes({ specials: ['<pad>'] });
 * console.log(bytes.size, bytes.decode(bytes.encode('any text: 🐋'))); // 257 any text: 🐋
 * ```
 */
export class Vocabulary implements Tokenizer {
  readonly unit: UnitName;
  readonly specials: readonly string[];
  /** The token of piece i is `specials.length + i`. */
  readonly pieces: readonly string[];
  /** What stands for pieces that are not here, or undefined. */
  readonly unknown: string | undefined;
  readonly #unit: Unit;
  readonly #tokens: ReadonlyMap<string, number>;

  private constructor(unit: Unit, pieces: readonly string[], { specials = [], unknown }: SpecialOptions) {
    if (new Set(specials).size !== specials.length || specials.includes(''))
      throw new ArgumentError(`Vocabulary: expected specials that differ and are not empty; given ${list(specials)}`);
    if (unknown !== undefined && !specials.includes(unknown)) {
      throw new ArgumentError(
        `Vocabulary: expected unknown to be one of the specials, ${list(specials)}; given '${unknown}'`,
      );
    }
    this.#unit = unit;
    this.unit = unit.name;
    this.specials = [...specials];
    this.pieces = pieces;
    this.unknown = unknown;
    this.#tokens = new Map(pieces.map((piece, i) => [piece, specials.length + i]));
  }

  /**
   * The vocabulary of a text, or of texts.
   *
   * Throws: ArgumentError for another unit, counts that are no whole numbers, or specials that do not fit.
   */
  static of(unit: UnitName, text: string | Iterable<string>, options: VocabularyOptions = {}): Vocabulary {
    const counts = new PieceCounts(unit);
    for (const part of typeof text === 'string' ? [text] : text) counts.add(part);
    return new Vocabulary(counts.unit, counts.chosen(options), options);
  }

  /** The same of a text that comes in parts, such as the lines of `textLines`, of which it keeps only the different pieces. */
  static async read(
    unit: UnitName,
    texts: AsyncIterable<string>,
    options: VocabularyOptions = {},
  ): Promise<Vocabulary> {
    const counts = new PieceCounts(unit);
    for await (const part of texts) counts.add(part);
    return new Vocabulary(counts.unit, counts.chosen(options), options);
  }

  /** All 256 bytes: it encodes any text, as its UTF-8. Without specials a byte is its own token. */
  static bytes(options: SpecialOptions = {}): Vocabulary {
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    return new Vocabulary(unitOf('byte')!, bytes, options);
  }

  /**
   * A vocabulary from its JSON, which may come from anywhere; `source` is what a message calls it.
   *
   * Throws: CheckpointError where it is no JSON of a vocabulary.
   */
  static fromJson(json: string, source = 'the vocabulary'): Vocabulary {
    const { unit, pieces, ...options } = fromRecord(json, source);
    return new Vocabulary(unitOf(unit)!, pieces, options);
  }

  /** What `JSON.stringify` writes. */
  toJSON(): VocabularyRecord {
    return toRecord(this);
  }

  get size(): number {
    return this.specials.length + this.pieces.length;
  }

  /**
   * The tokens of a text, one a piece.
   *
   * Throws: VocabularyError at a piece that is not here, where there is no `unknown`: which one, and where it stands.
   */
  encode(text: string): Int32Array {
    const tokens = new Int32Array(text.length * this.#unit.most);
    const unknown = this.unknown === undefined ? undefined : this.specials.indexOf(this.unknown);
    let length = 0;
    for (const piece of this.#unit.split(text)) {
      const token = this.#tokens.get(piece) ?? unknown;
      if (token === undefined) throw this.#notHere(piece, length, text);
      tokens[length++] = token;
    }
    return length === tokens.length ? tokens : tokens.slice(0, length);
  }

  /**
   * The text of tokens; a special is written as its name.
   *
   * Throws: IndexError at a number that is no token.
   */
  decode(tokens: Iterable<number>, { skipSpecials = false }: DecodeOptions = {}): string {
    let text = '';
    let run: string[] = []; // pieces without a special between them: the bytes of one character must come together
    let position = 0;
    for (const token of tokens) {
      const piece = this.pieces[token - this.specials.length];
      if (piece !== undefined) run.push(piece);
      else {
        const special = this.specials[token];
        if (special === undefined) {
          throw new IndexError(
            `decode: token ${token} at position ${position} is out of range: expected 0 to ${this.size - 1}`,
          );
        }
        if (!skipSpecials) {
          text += this.#unit.join(run) + special;
          run = [];
        }
      }
      position++;
    }
    return text + this.#unit.join(run);
  }

  /** The token of a special. Throws: ArgumentError where there is none of that name. */
  id(special: string): number {
    const token = this.specials.indexOf(special);
    if (token < 0)
      throw new ArgumentError(`id: expected one of the specials, ${list(this.specials)}; given '${special}'`);
    return token;
  }

  #notHere(piece: string, index: number, text: string): VocabularyError {
    const before = [...this.#unit.split(text)].slice(0, index).join('');
    const characters = [...before];
    const line = characters.filter((c) => c === '\n').length + 1;
    const column = characters.length - characters.lastIndexOf('\n');
    return new VocabularyError(
      `unknown ${this.unit} ${characterName(piece)} at position ${characters.length} (line ${line}, column ${column}): it is ` +
        `not among the ${this.pieces.length} ${this.unit}s of the vocabulary. Remove or replace it, or train on a text ` +
        'that contains it; a vocabulary with an `unknown` token would take it.',
    );
  }
}

class PieceCounts {
  readonly unit: Unit;
  readonly #counts = new Map<string, number>();

  constructor(name: UnitName) {
    const unit = unitOf(name);
    if (!unit)
      throw new ArgumentError(`Vocabulary: expected a unit, one of ${list(UNIT_NAMES)}; given '${String(name)}'`);
    this.unit = unit;
  }

  add(text: string): void {
    for (const piece of this.unit.split(text)) this.#counts.set(piece, (this.#counts.get(piece) ?? 0) + 1);
  }

  /** The pieces that occur often enough, in the order of their code points; of equally rare ones the last are left out. */
  chosen({ minCount = 1, maxSize = Number.POSITIVE_INFINITY, specials = [] }: VocabularyOptions): string[] {
    if (!Number.isInteger(minCount) || minCount < 1)
      throw new ArgumentError(`Vocabulary: expected minCount to be a whole number of 1 or more; given ${minCount}`);
    const room = maxSize - specials.length;
    if (!(Number.isInteger(maxSize) || maxSize === Number.POSITIVE_INFINITY) || room < 1) {
      throw new ArgumentError(
        `Vocabulary: expected maxSize to be a whole number above that of the specials, ${specials.length}; given ${maxSize}`,
      );
    }
    const often = [...this.#counts].filter(([, count]) => count >= minCount);
    if (often.length > room) often.sort(([a, countA], [b, countB]) => countB - countA || byCodePoint(a, b));
    return often
      .slice(0, room)
      .map(([piece]) => piece)
      .sort(byCodePoint);
  }
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'of which there are none' : names.map((name) => `'${name}'`).join(', ');
}
