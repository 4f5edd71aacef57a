/** State dicts: the values of a module by PyTorch's keys, and loading them with PyTorch's strictness. */

import {
  type AnyTensor,
  ArgumentError,
  assign,
  type Shape,
  sameShape,
  showShape,
  snapshot,
  TapegradError,
  tensor,
} from '@tapegrad/core';
import { quote } from './serialize/errors.ts';

/** Values by key: `embedding.weight`, `lstm.weight_ih_l0`. */
export type StateDict = Map<string, AnyTensor>;

export interface LoadOptions {
  /** False lets keys be missing or unexpected. */
  readonly strict?: boolean | undefined;
}

export interface LoadResult {
  /** Keys of the module that the state dict or file lacks: those values stayed as they were. */
  readonly missingKeys: readonly string[];
  /** Keys of the state dict or file that the module lacks. */
  readonly unexpectedKeys: readonly string[];
}

/** A state dict or file that does not fit a module. Nothing was overwritten. */
export class StateDictError extends TapegradError implements LoadResult {
  override name: string = 'StateDictError';
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
  /** Keys whose shapes differ, in words. */
  readonly misshapenKeys: readonly string[];

  constructor(
    op: string,
    what: string,
    { missingKeys, unexpectedKeys }: LoadResult,
    misshapen: ReadonlyMap<string, string>,
  ) {
    const lines = [`${op}: ${what} does not fit the module, and nothing was loaded:`];
    if (missingKeys.length > 0) lines.push(`  missing: ${missingKeys.map(shown).join(', ')}`);
    if (unexpectedKeys.length > 0) lines.push(`  unexpected: ${unexpectedKeys.map(shown).join(', ')}`);
    for (const [key, shapes] of misshapen) lines.push(`  of another shape: ${shown(key)}: ${shapes}`);
    const prefix = prefixOf(unexpectedKeys, missingKeys);
    if (prefix !== undefined) lines.push(`The module's keys are there behind ${shown(prefix)}: rename them.`);
    else if (misshapen.size === 0) lines.push('Pass { strict: false } to load the keys that both have.');
    super(lines.join('\n'));
    this.missingKeys = missingKeys;
    this.unexpectedKeys = unexpectedKeys;
    this.misshapenKeys = [...misshapen.keys()];
  }
}

/** What all keys of the module have before them in a file, such as `module.` of a model that was wrapped. */
function prefixOf(unexpected: readonly string[], [first, ...others]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  const prefix = unexpected.find((key) => key.endsWith(`.${first}`))?.slice(0, -first.length);
  const all = new Set(unexpected);
  return prefix !== undefined && others.every((key) => all.has(prefix + key)) ? prefix : undefined;
}

/** A key from a file may be anything: it is quoted where it is not what keys are. */
function shown(key: string): string {
  return /^[\w.-]{1,200}$/.test(key) ? key : quote(key);
}

/** Copies that later training does not change. */
export function snapshots(state: ReadonlyMap<string, AnyTensor>): StateDict {
  return new Map([...state].map(([key, x]) => [key, snapshot(x)]));
}

/** Checks everything, then overwrites. Throws: StateDictError, ArgumentError. */
export function loadInto(
  state: ReadonlyMap<string, AnyTensor>,
  given: ReadonlyMap<string, AnyTensor>,
  options: LoadOptions,
): LoadResult {
  if (!(given instanceof Map))
    throw new ArgumentError(
      'loadStateDict: expected a Map from keys to tensors, such as stateDict() returns; of an object: new Map(Object.entries(it))',
    );
  const result = checkFit(state, given, options, 'loadStateDict', 'the state dict');
  const common = [...state].filter(([key]) => given.has(key));
  const sources = common.map(([key, target]) => onDeviceOf(target, given.get(key)!));
  common.forEach(([, target], k) => {
    assign(target, sources[k]!);
  });
  return result;
}

/** Compares keys and shapes. `what` is the caller's word for what was given. Throws: StateDictError that lists all that does not fit. */
export function checkFit(
  state: ReadonlyMap<string, AnyTensor>,
  given: ReadonlyMap<string, { readonly shape: Shape }>,
  { strict = true }: LoadOptions,
  op: string,
  what: string,
): LoadResult {
  const result: LoadResult = {
    missingKeys: [...state.keys()].filter((key) => !given.has(key)),
    unexpectedKeys: [...given.keys()].filter((key) => !state.has(key)),
  };
  const misshapen = new Map<string, string>();
  for (const [key, target] of state) {
    if (!given.has(key)) continue;
    const { shape } = given.get(key)!;
    if (!sameShape(shape, target.shape))
      misshapen.set(key, `${showShape(shape)} in ${what}, ${showShape(target.shape)} in the module`);
  }
  const differs = result.missingKeys.length + result.unexpectedKeys.length > 0;
  if (misshapen.size > 0 || (strict && differs)) throw new StateDictError(op, what, result, misshapen);
  return result;
}

/** Waits for nothing: a source on a device that cannot be read at once is a DeviceError. */
function onDeviceOf(target: AnyTensor, source: AnyTensor): AnyTensor {
  if (source.device === target.device) return source;
  const values = source.dataSync();
  return tensor(values, { dtype: target.dtype, device: target.device.name }).reshape(source.shape);
}
