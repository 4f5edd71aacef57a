/** Options of optimizers: defaults filled in, and values that make no sense refused by name. */

import { ArgumentError } from '@tapegrad/core';

/** What every optimizer has. */
export interface OptimizerOptions {
  /** Learning rate: the step's length, in units of the parameter per unit of the update's direction. */
  lr: number;
}

/** Options as a caller gives them: any may be left out. */
export type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** `defaults` with what is given in their place. Throws: ArgumentError for a name that is no option. */
export function fillIn<Options extends object>(
  optimizer: string,
  defaults: Options,
  given: Given<Options> | undefined,
): Options {
  const options = { ...defaults };
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(defaults, name)) {
      throw new ArgumentError(
        `${optimizer}: unknown option '${name}'; the options are ${Object.keys(defaults).join(', ')}`,
      );
    }
    if (value !== undefined) options[name as keyof Options] = value as Options[keyof Options];
  }
  return options;
}

/** Throws: ArgumentError unless each of the named options is a finite number of at least 0. */
export function checkAtLeastZero<Options>(
  optimizer: string,
  options: Options,
  names: readonly (keyof Options)[],
): void {
  for (const name of names) {
    const value = options[name];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new ArgumentError(`${optimizer}: ${String(name)} must be a number of at least 0; given ${show(value)}`);
    }
  }
}

/** Throws: ArgumentError unless both decay rates lie in [0, 1). */
export function checkBetas(optimizer: string, betas: unknown): void {
  const valid = (beta: unknown): boolean => typeof beta === 'number' && beta >= 0 && beta < 1;
  if (!Array.isArray(betas) || betas.length !== 2 || !betas.every(valid)) {
    throw new ArgumentError(
      `${optimizer}: betas must be two numbers, each at least 0 and below 1; given ${show(betas)}`,
    );
  }
}

/** Throws: ArgumentError unless each of the named options is true or false. */
export function checkFlags<Options>(optimizer: string, options: Options, names: readonly (keyof Options)[]): void {
  for (const name of names) {
    if (typeof options[name] !== 'boolean') {
      throw new ArgumentError(`${optimizer}: ${String(name)} must be true or false; given ${show(options[name])}`);
    }
  }
}

/** A value for a message. */
export function show(value: unknown): string {
  if (Array.isArray(value)) {
    const simple = value.length <= 4 && !value.some((v) => v !== null && typeof v === 'object');
    return simple ? `[${value.map(show).join(', ')}]` : `a list of ${value.length}`;
  }
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}...` : value}'`;
  if (value !== null && typeof value === 'object') return `an object (${Object.keys(value).slice(0, 5).join(', ')})`;
  return typeof value === 'function' ? 'a function' : String(value);
}
