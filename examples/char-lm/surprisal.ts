/** A text with the surprisal of each character, -log2 P in bits: in colours, and its worst places. */
import { characterName } from '@tapegrad/nn/data';
import { thousands } from './format.ts';

/** Whether a stream shows 256 colours and the user wants them (https://no-color.org). */
export function wantsColours(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && stream.hasColors(256, environment);
}

/**
 * The text with a background colour a character, from none (expected) to dark red (a shock). Characters without a
 * surprisal, such as the first, have `NaN` and no colour. Control characters are shown as pictures: a text file must
 * not steer the terminal.
 */
export function colourBySurprisal(characters: readonly string[], surprisals: ArrayLike<number>): string {
  let text = '';
  let current = PLAIN;
  characters.forEach((character, i) => {
    const colour = colourOf(surprisals[i]);
    // A background would run on to the end of the line, so a coloured line break is shown as a sign before it.
    const shown = character === '\n' ? (colour === PLAIN ? '' : '↵') : printable(character);
    if (shown !== '' && colour !== current) text += current = colour;
    text += shown;
    if (character === '\n') {
      text += current === PLAIN ? '\n' : `${PLAIN}\n`;
      current = PLAIN;
    }
  });
  return current === PLAIN ? text : text + PLAIN;
}

/** What the colours mean: a sample of each with its bits. */
export function legend(): string {
  const samples = LEVELS.map(({ colour, below }, i) => {
    const from = LEVELS[i - 1]?.below ?? 0;
    const label = below === Number.POSITIVE_INFINITY ? `${from} or more` : `${from}-${below}`;
    return `${colour} ${label} ${PLAIN}`;
  });
  return `surprisal in bits: ${samples.join(' ')} (8 bits: a chance of 1 in 256)`;
}

/** The means of a text: bits per character and per byte of UTF-8, and the perplexity 2^(bits per character). */
export function summary(characters: readonly string[], surprisals: ArrayLike<number>): string {
  const predicted = characters.map((_, i) => i).filter((i) => !Number.isNaN(surprisals[i]));
  const total = predicted.reduce((sum, i) => sum + surprisals[i], 0);
  const bytes = predicted.reduce((sum, i) => sum + Buffer.byteLength(characters[i]), 0);
  const mean = total / predicted.length;
  return (
    `${thousands(predicted.length)} characters: ${mean.toFixed(4)} bits/char (${(mean * Math.LN2).toFixed(4)} nats), ` +
    `${(total / bytes).toFixed(4)} bits/byte, perplexity ${(2 ** mean).toFixed(2)}`
  );
}

/** The `count` most surprising characters, the worst first, each with its bits, its place and the text around it. */
export function worstTokens(characters: readonly string[], surprisals: ArrayLike<number>, count: number): string {
  const worst = characters
    .map((_, i) => i)
    .filter((i) => !Number.isNaN(surprisals[i]))
    .sort((a, b) => surprisals[b] - surprisals[a] || a - b)
    .slice(0, count);
  const placeOf = places(characters, worst);
  const nameWidth = Math.max(...worst.map((i) => characterName(characters[i]!).length));
  const placeWidth = Math.max(...worst.map((i) => placeOf(i).length));
  return worst
    .map((i) => {
      const before = characters
        .slice(Math.max(0, i - CONTEXT), i)
        .map(inLine)
        .join('');
      const after = characters
        .slice(i + 1, i + 1 + CONTEXT)
        .map(inLine)
        .join('');
      const name = characterName(characters[i]).padEnd(nameWidth);
      const bits = `${surprisals[i].toFixed(2)} bits`.padStart(10);
      return `${bits}  ${name}  ${placeOf(i).padEnd(placeWidth)}  ${before.padStart(CONTEXT)}[${inLine(characters[i])}]${after}`;
    })
    .join('\n');
}

/** Characters of text on either side of a worst token. */
const CONTEXT = 20;

const PLAIN = '\x1b[0m';

/** Backgrounds of the 256-colour palette with a foreground to read on them; a level ends `below` so many bits. */
const LEVELS: readonly { readonly below: number; readonly colour: string }[] = [
  { below: 2, colour: PLAIN },
  { below: 4, colour: '\x1b[38;5;16;48;5;229m' },
  { below: 6, colour: '\x1b[38;5;16;48;5;221m' },
  { below: 8, colour: '\x1b[38;5;16;48;5;208m' },
  { below: 11, colour: '\x1b[38;5;231;48;5;160m' },
  { below: Number.POSITIVE_INFINITY, colour: '\x1b[38;5;231;48;5;88m' },
];

function colourOf(surprisal: number): string {
  return (
    LEVELS.find(({ below }) => surprisal < below)?.colour ?? (Number.isNaN(surprisal) ? PLAIN : LEVELS.at(-1)!.colour)
  );
}

/** A control character as its picture (U+2400 and after); others, tabs and line breaks as they are. */
function printable(character: string): string {
  const code = character.codePointAt(0)!;
  if (character === '\n' || character === '\t') return character;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code >= 0x7f && code < 0xa0 ? '\u2421' : character;
}

function inLine(character: string): string {
  return character === '\n' ? '↵' : character === '\t' ? '→' : printable(character);
}

/** The lines and columns of some characters, counted from 1, found in one pass over the text. */
function places(characters: readonly string[], wanted: readonly number[]): (index: number) => string {
  const names = new Map(wanted.map((index) => [index, '']));
  let line = 1;
  let start = 0;
  characters.forEach((character, i) => {
    if (names.has(i)) names.set(i, `line ${line}, column ${i - start + 1}`);
    if (character !== '\n') return;
    line++;
    start = i + 1;
  });
  return (index) => names.get(index)!;
}
