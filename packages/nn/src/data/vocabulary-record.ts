/** A vocabulary as JSON. The text may come from anywhere: it is data, and each part is checked before it is used. */

import { CheckpointError, quote } from '../serialize/errors.ts';
import { isRecord } from '../serialize/untrusted-json.ts';
import { UNIT_NAMES, type UnitName, unitOf } from './units.ts';

/** Lists of texts only: a piece that reads `__proto__` is a text like any other. */
export interface VocabularyRecord {
  readonly format: string;
  readonly unit: UnitName;
  readonly specials: readonly string[];
  readonly unknown: string | null;
  readonly pieces: readonly string[];
}

export function toRecord(
  vocabulary: Pick<VocabularyRecord, 'unit' | 'specials' | 'pieces'> & { readonly unknown: string | undefined },
): VocabularyRecord {
  const { unit, specials, unknown = null, pieces } = vocabulary;
  return { format: FORMAT, unit, specials, unknown, pieces };
}

/** Throws: CheckpointError. */
export function fromRecord(
  json: string,
  source: string,
): Omit<VocabularyRecord, 'format' | 'unknown'> & { readonly unknown: string | undefined } {
  const fail = (found: string, expected: string): never => {
    throw new CheckpointError(source, found, expected, ADVICE);
  };
  const record = parse(json);
  if (record === undefined)
    return fail(`it is not a JSON object: it begins with ${quote(String(json))}`, 'a vocabulary');
  const { format, unit, specials, unknown, pieces } = record;
  if (format !== FORMAT) return fail(`its format is ${show(format)}`, quote(FORMAT));
  const row = unitOf(unit);
  if (!row) return fail(`its unit is ${show(unit)}`, UNIT_NAMES.map(quote).join(', '));
  if (!isTexts(specials)) return fail('its specials are no list of texts', 'a list of texts');
  if (!isTexts(pieces)) return fail('its pieces are no list of texts', 'a list of texts');
  const wrong = pieces.find((piece) => !row.isPiece(piece));
  if (wrong !== undefined) return fail(`it has the piece ${quote(wrong)}`, `pieces that are a ${row.name} each`);
  const twice = repeated(pieces) ?? repeated(specials);
  if (twice !== undefined) return fail(`it has ${quote(twice)} twice`, 'each once');
  if (specials.includes('')) return fail('it has an empty special', 'names');
  if (unknown !== null && (typeof unknown !== 'string' || !specials.includes(unknown)))
    return fail(`its unknown token is ${show(unknown)}`, 'null, or one of its specials');
  return { unit: row.name, specials, unknown: unknown ?? undefined, pieces };
}

const FORMAT = 'tapegrad vocabulary 1';
const ADVICE = 'It is damaged, or no vocabulary: write it again with JSON.stringify(vocabulary).';

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function repeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : quote(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
