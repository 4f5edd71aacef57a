/** Optimizer state dicts in PyTorch's layout: made as snapshots, and checked as a whole before anything is taken over. */

import {
  ArgumentError,
  assign,
  keep,
  ShapeError,
  sameShape,
  showShape,
  snapshot,
  Tensor,
  tensor,
  zerosLike,
} from '@tapegrad/core';
import { show } from './options.ts';

/** What one parameter keeps, by PyTorch's names. */
export type ParameterState = { [name: string]: Tensor | number | undefined };

/** An option's value in a state dict. */
export type OptionValue = number | boolean | string | null | readonly number[];

/** A group in a state dict: options by PyTorch's names (`weight_decay`), and the numbers of its parameters. */
export interface SavedGroup {
  readonly params: readonly number[];
  readonly [option: string]: OptionValue | undefined;
}

/** As PyTorch's `optimizer.state_dict()`. */
export interface OptimizerState {
  /** By the parameter's number, counted over all groups; parameters without a step have no entry. */
  readonly state: { readonly [param: number]: { readonly [name: string]: Tensor | number | null | undefined } };
  readonly param_groups: readonly SavedGroup[];
}

/** What the state of a parameter holds: `step` is a 'count'; a tensor that is 'optional' may be missing. */
export type StateLayout = { readonly [name: string]: 'count' | 'number' | 'tensor' | 'optional' };

type Group = { readonly params: readonly Tensor[] };

/** A snapshot of groups and state. */
export function saveState(
  groups: readonly Group[],
  defaults: object,
  state: ReadonlyMap<Tensor, ParameterState>,
): OptimizerState {
  const params = groups.flatMap((group) => group.params);
  const number = new Map(params.map((param, i) => [param, i]));
  const entries = params.flatMap((param, i) => {
    const values = Object.entries(state.get(param) ?? {}).filter(([, value]) => value !== undefined);
    const copies = values.map(([name, value]) => [name, value instanceof Tensor ? snapshot(value) : value]);
    return copies.length > 0 ? [[i, Object.fromEntries(copies)]] : [];
  });
  return {
    state: Object.fromEntries(entries),
    param_groups: groups.map((group) => ({
      ...Object.fromEntries(
        Object.keys(defaults).map((name) => {
          const value = group[name as keyof Group] as unknown as OptionValue;
          return [toSnake(name), Array.isArray(value) ? [...value] : value];
        }),
      ),
      params: group.params.map((param) => number.get(param)!),
    })),
  };
}

/** Options per group, and new state per parameter, of a state dict that fits. Throws: ArgumentError, ShapeError, DeviceError. */
export function readState<Options extends object>(
  optimizer: string,
  saved: OptimizerState,
  groups: readonly Group[],
  defaults: Options,
  layout: StateLayout,
): { readonly options: Options[]; readonly state: Map<Tensor, ParameterState> } {
  const where = `${optimizer}.loadStateDict`;
  if (!isRecord(saved) || !isRecord(saved.state) || !Array.isArray(saved.param_groups)) {
    throw new ArgumentError(`${where}: expected { state, param_groups }; given ${show(saved)}`);
  }
  if (saved.param_groups.length !== groups.length) {
    throw new ArgumentError(
      `${where}: the state dict has ${count(saved.param_groups.length, 'group')}, the optimizer has ${groups.length}`,
    );
  }
  const options = saved.param_groups.map((group, g) => readOptions(`${where}: param_groups[${g}]`, group, defaults));

  // PyTorch's rule: saved numbers and parameters correspond by position.
  const byNumber = new Map<string, Tensor>();
  groups.forEach(({ params }, g) => {
    const numbers: unknown = saved.param_groups[g]!.params;
    if (!Array.isArray(numbers) || numbers.length !== params.length) {
      throw new ArgumentError(
        `${where}: param_groups[${g}] has ${Array.isArray(numbers) ? count(numbers.length, 'parameter') : 'no list of parameters'}, group ${g} of the optimizer has ${params.length}`,
      );
    }
    numbers.forEach((number: unknown, i) => {
      if (!Number.isInteger(number) || byNumber.has(String(number))) {
        throw new ArgumentError(
          `${where}: param_groups[${g}].params[${i}]: expected the number of a parameter, each once; given ${show(number)}`,
        );
      }
      byNumber.set(String(number), params[i]!);
    });
  });

  const state = new Map<Tensor, ParameterState>();
  for (const [number, values] of Object.entries(saved.state)) {
    const param = byNumber.get(number);
    if (!param) throw new ArgumentError(`${where}: state[${number}] belongs to no parameter of the groups`);
    const read = readParameterState(`${where}: state[${number}]`, values, param, layout);
    if (read) state.set(param, read);
  }
  return { options, state };
}

function readOptions<Options extends object>(where: string, saved: unknown, defaults: Options): Options {
  if (!isRecord(saved)) throw new ArgumentError(`${where}: expected a group; given ${show(saved)}`);
  const entries = Object.entries(defaults).map(([name, expected]) => {
    const key = toSnake(name);
    if (!Object.hasOwn(saved, key)) {
      if (expected === false) return [name, expected]; // a flag that PyTorch, or an older version of it, does not have
      throw new ArgumentError(`${where} has no '${key}': was it saved by another optimizer?`);
    }
    const value = saved[key];
    const alike = Array.isArray(expected)
      ? Array.isArray(value) && value.length === expected.length && value.every((v) => typeof v === 'number')
      : typeof value === typeof expected;
    if (!alike) {
      throw new ArgumentError(`${where}.${key}: expected a value like ${show(expected)}; given ${show(value)}`);
    }
    return [name, Array.isArray(value) ? [...value] : value];
  });
  return Object.fromEntries(entries) as Options;
}

/** A parameter's state with tensors of its own; undefined where nothing is saved. */
function readParameterState(
  where: string,
  saved: unknown,
  param: Tensor,
  layout: StateLayout,
): ParameterState | undefined {
  if (!isRecord(saved)) throw new ArgumentError(`${where}: expected an object; given ${show(saved)}`);
  // PyTorch writes None for what an optimizer does not use.
  const given = Object.entries(saved).filter(([, value]) => value !== null && value !== undefined);
  if (given.length === 0) return undefined;
  for (const [name] of given) {
    if (!Object.hasOwn(layout, name)) {
      const known = Object.keys(layout).join(', ') || 'nothing';
      throw new ArgumentError(`${where}.${name} is unknown; this optimizer keeps ${known}`);
    }
  }
  const values = new Map(given);
  const entries = Object.entries(layout).flatMap(([name, kind]): [string, Tensor | number][] => {
    const value = values.get(name);
    if (value === undefined && kind === 'optional') return [];
    if (kind === 'count') {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
        throw new ArgumentError(`${where}.${name}: expected a number of steps; given ${showValue(value)}`);
      }
      return [[name, value]];
    }
    if (kind === 'number') {
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new ArgumentError(`${where}.${name}: expected a number; given ${showValue(value)}`);
      return [[name, value]];
    }
    if (!(value instanceof Tensor)) {
      throw new ArgumentError(`${where}.${name}: expected a tensor; given ${showValue(value)}`);
    }
    return [[name, copyFor(param, value, `${where}.${name}`)]];
  });
  return Object.fromEntries(entries);
}

function copyFor(param: Tensor, source: Tensor, where: string): Tensor {
  if (!sameShape(source.shape, param.shape)) {
    throw new ShapeError(
      `${where}: shapes differ: the state is ${showShape(source.shape)}, the parameter is ${showShape(param.shape)}`,
    );
  }
  const copy = keep(zerosLike(param));
  assign(copy, source.device === param.device ? source : moved(source, param));
  return copy;
}

/** Waits for nothing: a source on a device that cannot be read at once is a DeviceError. */
function moved(source: Tensor, { dtype, device }: Tensor): Tensor {
  return tensor(source.dataSync(), { dtype, device: device.name }).reshape(source.shape);
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function showValue(value: unknown): string {
  return value instanceof Tensor ? `a tensor ${showShape(value.shape)}` : show(value);
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}

/** weightDecay -> weight_decay */
function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
