/** Characters in messages, and their order. */

/**
 * A piece of a text as a person can recognise it, also where it is invisible: one character with its code point, what is
 * longer in quotes.
 *
 * ```ts
 * import { characterName } from '@tapegrad/nn/data';
 *
 * console.log(characterName('é'), characterName('\n'), characterName(' whale')); // 'é' (U+00E9) line break (U+000A) ' whale'
 * ```
 */
export function characterName(piece: string): string {
  const [character = '', ...more] = piece;
  if (more.length > 0 || character === '') return `'${piece}'`;
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = NAMES.get(character) ?? (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `'${character}'` : undefined);
  return name === undefined ? code : `${name} (${code})`;
}

const NAMES: ReadonlyMap<string, string> = new Map([
  [' ', 'space'],
  ['\n', 'line break'],
  ['\r', 'carriage return'],
  ['\t', 'tab'],
]);

/** The order of code points, which that of JavaScript's 16-bit units is not: a surrogate comes before U+E000. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates (U+D800 to U+DFFF) stand for what is above U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
