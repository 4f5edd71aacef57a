/** JSON from files of unknown origin: what JSON.parse would let pass in silence is refused before it is asked. */

import { CheckpointError, quote } from './errors.ts';

export const DAMAGED = 'The file is cut off, damaged, or not a safetensors file: write or download it again.';

/** Room for about 100,000 tensors, and little enough to parse without harm. */
export const MAX_JSON_BYTES: number = 16 * 2 ** 20;

/**
 * The value of some JSON in UTF-8, of at most `depth` levels. `what` names the text in errors: `the header`.
 * Throws: CheckpointError, also where a key appears twice in an object or is no name, see `isName`.
 */
export function parseJson(bytes: Uint8Array, source: string, what: string, depth: number): unknown {
  const fail = (found: string, expected: string): CheckpointError =>
    new CheckpointError(source, `${what} ${found}`, expected, DAMAGED);
  if (bytes.length > MAX_JSON_BYTES) throw fail(`has ${bytes.length} bytes`, `at most ${MAX_JSON_BYTES}`);
  let text: string;
  try {
    // A byte order mark stays in the text, where it is not JSON; fatal refuses what is not UTF-8.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail('is not UTF-8 text', 'JSON in UTF-8');
  }
  const problem = keyProblem(text, depth);
  if (problem !== undefined) throw fail(problem.found, problem.expected);
  try {
    return JSON.parse(text);
  } catch {
    throw fail(`is not JSON: it begins with ${quote(text)}`, 'a JSON object');
  }
}

/**
 * What may be a key: half a surrogate pair has no UTF-8, and an object in which someone collects names is changed, or
 * looks like another, where a name or a part of it is one that every object has.
 */
export function isName(text: string): boolean {
  return isWellFormed(text) && !HOSTILE.test(text);
}

const HOSTILE = /^constructor$|^prototype$|(^|\.)__proto__($|\.)/;

/** Half a surrogate pair has no UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Duplicate keys, of which the last would win silently, keys that are no names, and nesting that no file needs. */
function keyProblem(text: string, depth: number): { found: string; expected: string } | undefined {
  const open: Set<string>[] = []; // the keys of each object that is open at this place; lists have none
  const colon = /[ \t\r\n]*:/y;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '{' || char === '[') {
      if (open.push(new Set()) > depth) {
        return { found: `nests deeper than ${depth} levels`, expected: 'names, entries and lists only' };
      }
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const end = endOfString(text, i);
      colon.lastIndex = end;
      const key = colon.test(text) ? unescaped(text.slice(i, end)) : undefined;
      if (key !== undefined) {
        if (open.at(-1)?.has(key)) return { found: `names ${quote(key)} twice`, expected: 'each name once' };
        if (!isName(key)) return { found: `uses the name ${quote(key)}`, expected: 'a well-formed, harmless name' };
        open.at(-1)?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The index after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

function unescaped(literal: string): string | undefined {
  try {
    return String(JSON.parse(literal));
  } catch {
    return undefined;
  }
}

// The library of ECMAScript types leaves this one out; every browser and Node have it.
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
