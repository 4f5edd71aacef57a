/** What a parameter of a PyTorch function takes. */

import { type BoolTensor, type IntTensor, Tensor } from '@tapegrad/core';
import { Module } from '@tapegrad/nn';
import { DTypeValue, type Value } from './python/values.ts';

/** Reads a value, or gives undefined for one that does not fit: another overload may take it. */
export class Kind<T> {
  readonly read: (value: Value) => T | undefined;
  /** Whether it may be left out, and what it is then; None stands for that too. */
  readonly optional: boolean;
  readonly fallback: T | undefined;
  /** Takes all positional arguments that follow: `x.permute(2, 0, 1)` is `x.permute((2, 0, 1))`. */
  readonly variadic: boolean;

  constructor(
    read: (value: Value) => T | undefined,
    { optional = false, fallback, variadic = false }: { optional?: boolean; fallback?: T; variadic?: boolean } = {},
  ) {
    this.read = read;
    this.optional = optional;
    if (fallback !== undefined) this.fallback = fallback;
    this.variadic = variadic;
  }

  /** The parameter's default, PyTorch's own. */
  or<D>(fallback: D): Kind<T | D> {
    return new Kind<T | D>(this.read, { optional: true, fallback, variadic: this.variadic });
  }

  /** May be left out, or None: undefined then. */
  get opt(): Kind<T | undefined> {
    return new Kind<T | undefined>(this.read, { optional: true, variadic: this.variadic });
  }
}

/** Parameters in PyTorch's order. */
export type Parameters = Readonly<Record<string, Kind<unknown>>>;

export type Given<P extends Parameters> = { readonly [N in keyof P]: P[N] extends Kind<infer T> ? T : never };

const isInteger = (value: Value): value is number => Number.isInteger(value);
const listOf =
  <T>(read: (value: Value) => T | undefined) =>
  (value: Value): T[] | undefined => {
    if (!Array.isArray(value)) return undefined;
    const items = value.map(read);
    return items.includes(undefined) ? undefined : (items as T[]);
  };
const tensorOf =
  <T>(...dtypes: readonly string[]) =>
  (value: Value): T | undefined =>
    value instanceof Tensor && (dtypes.length === 0 || dtypes.includes(value.dtype)) ? (value as T) : undefined;
const intOf = (value: Value): number | undefined => (isInteger(value) ? value : undefined);
const numberOf = (value: Value): number | undefined =>
  typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : undefined;
const booleanOf = (value: Value): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

export const anything: Kind<Value> = new Kind((value: Value) => value);
/** A tensor of any dtype, though mostly floats are meant. */
export const tensor: Kind<Tensor> = new Kind(tensorOf<Tensor>());
export const indices: Kind<IntTensor> = new Kind(tensorOf<IntTensor>('i32'));
export const mask: Kind<BoolTensor> = new Kind(tensorOf<BoolTensor>('bool'));
export const tensors: Kind<Tensor[]> = new Kind(listOf(tensorOf<Tensor>()), { variadic: true });
export const modules: Kind<Module[]> = new Kind(
  listOf((value) => (value instanceof Module ? value : undefined)),
  { variadic: true },
);
export const number: Kind<number> = new Kind(numberOf);
export const int: Kind<number> = new Kind(intOf);
export const boolean: Kind<boolean> = new Kind(booleanOf);
export const string: Kind<string> = new Kind((value) => (typeof value === 'string' ? value : undefined));
/** An operand of arithmetic. */
export const operand: Kind<Tensor | number> = new Kind<Tensor | number>(
  (value) => tensorOf<Tensor>()(value) ?? numberOf(value),
);
export const ints: Kind<number[]> = new Kind(listOf(intOf), { variadic: true });
export const numbers: Kind<number[]> = new Kind(listOf(numberOf));
/** One dimension or several. */
export const dims: Kind<number | number[]> = new Kind<number | number[]>(
  (value) => intOf(value) ?? listOf(intOf)(value),
);
export const dtype: Kind<DTypeValue> = new Kind((value) => (value instanceof DTypeValue ? value : undefined));
/** One of some words, of which TypeScript then knows. */
export function oneOf<const W extends string>(...words: readonly W[]): Kind<W> {
  return new Kind((value) => words.find((word) => word === value));
}
