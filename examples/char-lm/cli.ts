/** Command lines from tables: an option is a row, which reads its value, checks it, and writes its line of the help. */
import type { ParseArgsConfig, parseArgs } from 'node:util';
import { UserError } from './user-error.ts';

/** One option. `option` is how the user writes it, such as `--checkpoint-every`. */
export interface Row<T> {
  /** What the value is in the help, such as `N`; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  readonly fallback: T;
  read(given: string, option: string): T;
}

/** A row for each field of `Options`; the field `checkpointEvery` is the option `--checkpoint-every`. */
export type Rows<Options> = { readonly [Name in keyof Options]: Row<Options[Name]> };

/** What a command line says. */
export interface Command<Options> {
  readonly options: Options;
  /** The options that the user wrote; the others have their defaults. */
  readonly given: ReadonlySet<keyof Options>;
  /** What stands there without an option. */
  readonly operands: readonly string[];
}

/**
 * Reads a command line.
 *
 * Throws: `UserError` at an option that does not exist, or has no value or a wrong one: the option, what was given and
 * what was expected.
 */
export function parseCommand<Options extends object>(args: readonly string[], rows: Rows<Options>): Command<Options> {
  const table = new Map(entries(rows).map(([name, row]) => [flag(name), { name, row }]));
  const options = defaults(rows) as Record<keyof Options, unknown>;
  const given = new Set<keyof Options>();
  const operands: string[] = [];
  for (const token of tokensOf(args, rows)) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { rawName: option, value } = token;
    const entry = table.get(option);
    if (entry === undefined)
      throw new UserError(`there is no option ${option}. Options are ${[...table.keys()].join(', ')}; see --help.`);
    const { name, row } = entry;
    if (row.value === undefined && value !== undefined)
      throw new UserError(`${option} is a switch and takes no value, but '${value}' is given.`);
    if (row.value !== undefined && (value === undefined || (!token.inlineValue && value.startsWith('--'))))
      throw new UserError(`${option} has no value: expected ${option} ${row.value}. See --help.`);
    options[name as keyof Options] = row.read(value ?? '', option);
    given.add(name as keyof Options);
  }
  return { options: options as Options, given, operands };
}

/** What the options are where the user writes none. */
export function defaults<Options extends object>(rows: Rows<Options>): Options {
  return Object.fromEntries(entries(rows).map(([name, row]) => [name, row.fallback])) as Options;
}

/**
 * Options that were stored as JSON, with the checks of a command line.
 *
 * Throws: `UserError` at one that is missing, of another type, or out of its range.
 */
export function checkStored<Options extends object>(
  stored: Readonly<Record<string, unknown>>,
  rows: Rows<Options>,
): Options {
  const checked = entries(rows).map(([name, row]) => {
    const value = Object.hasOwn(stored, name) ? stored[name] : undefined;
    if (value === undefined && row.fallback === undefined) return [name, undefined];
    const type = row.fallback === undefined ? 'string' : typeof row.fallback;
    if (typeof value !== type)
      throw new UserError(`${flag(name)} is ${JSON.stringify(value)?.slice(0, 60)}: expected a ${type}.`);
    return [name, row.value === undefined ? value : row.read(String(value), flag(name))];
  });
  return Object.fromEntries(checked) as Options;
}

/** One line an option: how it is written, what it does, its default. */
export function describeOptions<Options extends object>(rows: Rows<Options>): string {
  const table = entries(rows).map(([name, row]) => [`  ${flag(name)} ${row.value ?? ''}`.trimEnd(), row] as const);
  const width = Math.max(...table.map(([left]) => left.length)) + 2;
  return table.map(([left, row]) => `${left.padEnd(width)}${row.help}${defaultOf(row)}`).join('\n');
}

/** A whole number between `min` and `max`. */
export function integer(fallback: number, help: string, min = 0, max: number = Number.MAX_SAFE_INTEGER): Row<number> {
  const expected = `a whole number ${range(min, max)}`;
  const valid = (n: number): boolean => Number.isSafeInteger(n) && n >= min && n <= max;
  return { value: 'N', help, fallback, read: (given, option) => number(given, option, expected, valid) };
}

/** A number x with `min` <= x <= `max`, or `min` < x where `above` is set. */
export function real(fallback: number, help: string, min: number, max: number, above = false): Row<number> {
  const expected = `a number ${range(min, max, above)}`;
  const valid = (x: number): boolean => Number.isFinite(x) && (above ? x > min : x >= min) && x <= max;
  return { value: 'X', help, fallback, read: (given, option) => number(given, option, expected, valid) };
}

/** Any text that is not empty, such as a path. */
export function text<T extends string | undefined>(fallback: T, value: string, help: string): Row<string | T> {
  return {
    value,
    help,
    fallback,
    read(given, option) {
      if (given === '') throw new UserError(`${option} is empty: expected ${option} ${value}. See --help.`);
      return given;
    },
  };
}

/** One of a few words. */
export function choice<Word extends string>(fallback: Word, words: readonly Word[], help: string): Row<Word> {
  return {
    value: words.join('|'),
    help,
    fallback,
    read(given, option) {
      const word = words.find((candidate) => candidate === given);
      if (word === undefined) throw new UserError(`${option} is '${given}': expected one of ${words.join(', ')}.`);
      return word;
    },
  };
}

/** An option without a value. */
export function toggle(help: string): Row<boolean> {
  return { help, fallback: false, read: () => true };
}

/** The words of a command line, sorted into options with their values and operands; nothing is checked yet. */
function tokensOf<Options extends object>(args: readonly string[], rows: Rows<Options>): readonly Token[] {
  const options: ParseArgsConfig['options'] = {};
  for (const [name, { value }] of entries(rows)) options[flag(name).slice(2)] = { type: value ? 'string' : 'boolean' };
  // `pnpm start -- --steps 20` hands the first -- on; without it, all that follows would be operands.
  const words = args[0] === '--' ? args.slice(1) : [...args];
  // Asked for when it is needed, so that browsers can read the tables.
  const { parseArgs } = process.getBuiltinModule('node:util');
  return parseArgs({ args: words, options, allowPositionals: true, strict: false, tokens: true }).tokens;
}

type Token = NonNullable<ReturnType<typeof parseArgs<{ tokens: true; strict: false }>>['tokens']>[number];

function number(given: string, option: string, expected: string, valid: (x: number) => boolean): number {
  const x = given.trim() === '' ? Number.NaN : Number(given);
  if (!valid(x)) throw new UserError(`${option} is '${given}': expected ${expected}.`);
  return x;
}

function range(min: number, max: number, above = false): string {
  const low = above ? `greater than ${min}` : `of ${min} or more`;
  if (max === Number.MAX_SAFE_INTEGER || max === Number.POSITIVE_INFINITY) return low;
  return above ? `${low}, at most ${max}` : `from ${min} to ${max}`;
}

function defaultOf({ value, fallback }: Row<unknown>): string {
  return value === undefined || fallback === undefined ? '' : ` (default ${fallback})`;
}

/** How the user writes the option of a field: `--checkpoint-every` for `checkpointEvery`. */
export function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function entries<Options extends object>(rows: Rows<Options>): [string, Row<unknown>][] {
  return Object.entries(rows) as [string, Row<unknown>][];
}
