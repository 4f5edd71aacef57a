/** The header of a safetensors file: from untrusted bytes to entries whose types are certain. */

import { CheckpointError, quote } from './errors.ts';

/** What the header says of one tensor. The dtype may be unknown, and the offsets may not fit the file, yet. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Record<string, string>;
}

/** Room for about 100,000 tensors, and little enough to parse without harm. */
export const MAX_HEADER_BYTES: number = 16 * 2 ** 20;

export const DAMAGED = 'The file is cut off, damaged, or not a safetensors file: write or download it again.';

const MAX_DEPTH = 3; // the header, an entry, its shape

/** Reads and checks the header's JSON. Throws: CheckpointError. */
export function parseHeader(bytes: Uint8Array, source: string): Header {
  const header = parseJson(bytes, source);
  const fail = (found: string, expected: string): never => {
    throw new CheckpointError(source, found, expected, DAMAGED);
  };
  if (!isRecord(header)) return fail('the header is not a JSON object', 'tensor names with what is said of each');

  const entries: TensorEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isTexts(value)) return fail('__metadata__ holds something else than texts', 'an object of strings');
      metadata = value;
      continue;
    }
    if (!isRecord(value))
      return fail(`tensor ${quote(name)} is not described by an object`, 'dtype, shape, data_offsets');
    const { dtype, shape, data_offsets: offsets } = value;
    if (typeof dtype !== 'string') return fail(`tensor ${quote(name)} has no dtype`, 'a name such as "F32"');
    if (!isCounts(shape)) return fail(`tensor ${quote(name)} has no shape`, 'a list of whole numbers of 0 or more');
    if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
      return fail(`tensor ${quote(name)} has no data_offsets`, 'two whole numbers, [begin, end], in order');
    }
    entries.push({ name, dtype, shape, begin: offsets[0]!, end: offsets[1]! });
  }
  return { entries, metadata };
}

/** What may be a key: `__proto__` would change an object that someone collects names in. */
export function isName(text: string): boolean {
  return text !== '__proto__' && isWellFormed(text);
}

/** Half a surrogate pair has no UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function parseJson(bytes: Uint8Array, source: string): unknown {
  let text: string;
  try {
    // A byte order mark stays in the text, where it is not JSON; fatal refuses what is not UTF-8.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CheckpointError(source, 'the header is not UTF-8 text', 'JSON in UTF-8', DAMAGED);
  }
  const problem = keyProblem(text);
  if (problem !== undefined) throw new CheckpointError(source, problem.found, problem.expected, DAMAGED);
  try {
    return JSON.parse(text);
  } catch {
    throw new CheckpointError(
      source,
      `the header is not JSON: it begins with ${quote(text)}`,
      'a JSON object',
      DAMAGED,
    );
  }
}

/**
 * What JSON.parse would not tell: a key that appears twice (the last one would win silently), a reserved or broken key,
 * and nesting that no header needs. The text may be any text; one that is not JSON is left to JSON.parse to refuse.
 */
function keyProblem(text: string): { found: string; expected: string } | undefined {
  const open: Set<string>[] = []; // the keys of each object that is open at this place; lists have none
  const colon = /[ \t\r\n]*:/y;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '{' || char === '[') {
      if (open.push(new Set()) > MAX_DEPTH) {
        return { found: `the header nests deeper than ${MAX_DEPTH} levels`, expected: 'names, entries and lists only' };
      }
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const end = endOfString(text, i);
      colon.lastIndex = end;
      const key = colon.test(text) ? unescaped(text.slice(i, end)) : undefined;
      if (key !== undefined) {
        if (open.at(-1)?.has(key)) return { found: `the header names ${quote(key)} twice`, expected: 'each name once' };
        if (!isName(key)) {
          return { found: `the header uses the name ${quote(key)}`, expected: 'a well-formed, harmless name' };
        }
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string' && isWellFormed(text));
}

/** Whole numbers of 0 or more. */
export function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

// The library of ECMAScript types leaves this one out; every browser and Node have it.
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
