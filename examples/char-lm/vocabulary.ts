/** The alphabet of a text: characters to numbers and back. */
import { UserError } from './user-error.ts';

/**
 * The distinct characters of a text, in the order of their code points; a token is the index of a character here.
 * A character is a Unicode code point.
 */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #tokens: ReadonlyMap<string, number>;

  private constructor(characters: readonly string[]) {
    this.characters = characters;
    this.#tokens = new Map(characters.map((character, token) => [character, token]));
  }

  /** The vocabulary of a text. `Vocabulary.of(vocabulary.characters.join(''))` is an equal one: so it is stored. */
  static of(text: string): Vocabulary {
    return new Vocabulary([...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!));
  }

  /** V, the number of characters. */
  get size(): number {
    return this.characters.length;
  }

  /**
   * The tokens of a text, one a character.
   *
   * Throws: `UserError` at a character that is not in the vocabulary: which one, and where it stands.
   */
  encode(text: string): Int32Array {
    const tokens = new Int32Array(text.length);
    let length = 0;
    for (const character of text) {
      const token = this.#tokens.get(character);
      if (token === undefined) throw this.#unknown(character, length, text);
      tokens[length++] = token;
    }
    return tokens.subarray(0, length);
  }

  /**
   * The text of tokens.
   *
   * Throws: `RangeError` at a number that is no token.
   */
  decode(tokens: Iterable<number>): string {
    let text = '';
    for (const token of tokens) {
      const character = this.characters[token];
      if (character === undefined) throw new RangeError(`token ${token} is outside 0..${this.size - 1}`);
      text += character;
    }
    return text;
  }

  /** How `other` differs, in words, or null when it is the same vocabulary. */
  difference(other: Vocabulary): string | null {
    const missing = this.characters.filter((character) => !other.#tokens.has(character));
    const added = other.characters.filter((character) => !this.#tokens.has(character));
    const parts = [];
    if (missing.length > 0) parts.push(`lacks ${list(missing)}`);
    if (added.length > 0) parts.push(`adds ${list(added)}`);
    return parts.length > 0 ? parts.join(' and ') : null;
  }

  #unknown(character: string, index: number, text: string): UserError {
    const before = [...text].slice(0, index);
    const line = before.filter((c) => c === '\n').length + 1;
    const column = index - before.lastIndexOf('\n');
    return new UserError(
      `unknown character ${nameOf(character)} at position ${index} (line ${line}, column ${column}): it is not among the ` +
        `${this.size} characters of the vocabulary. Remove or replace it, or train on a text that contains it.`,
    );
  }
}

/** A character as a person can recognise it, also where it is invisible: `'é' (U+00E9)`, `space (U+0020)`. */
export function nameOf(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = NAMES[character] ?? (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `'${character}'` : undefined);
  return name === undefined ? code : `${name} (${code})`;
}

const NAMES: Record<string, string> = { ' ': 'space', '\n': 'line break', '\r': 'carriage return', '\t': 'tab' };

function list(characters: readonly string[], most = 5): string {
  const named = characters.slice(0, most).map(nameOf).join(', ');
  const rest = characters.length - most;
  return rest > 0 ? `${named} and ${rest} more` : named;
}
