/** An optimizer's state dict as named tensors and one string of JSON: what a safetensors file can hold. */

import { ArgumentError, Tensor } from '@tapegrad/core';
import { show } from './options.ts';
import type { OptimizerState, OptionValue, SavedGroup } from './state-dict.ts';

/** A state dict in two parts: tensors by name (`state.0.exp_avg`), and JSON for all the rest. */
export interface FlatState {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly json: string;
}

/**
 * Takes a state dict apart, so that a checkpoint file can hold it. Numbers go through JSON without loss, and tensors stay
 * the same objects: the way there and back changes no bit.
 *
 * ```ts
 * import { Parameter, tensor } from '@tapegrad/core';
 * import { Adam, flattenState, unflattenState } from '@tapegrad/optim';
 *
 * const w = new Parameter(tensor([1, 2]));
 * const optimizer = new Adam([w]);
 * w.square().sum().backward();
 * optimizer.step();
 *
 * const { tensors, json } = flattenState(optimizer.stateDict());
 * console.log([...tensors.keys()]); // [ 'state.0.exp_avg', 'state.0.exp_avg_sq' ]
 * const fresh = new Adam([w]);
 * fresh.loadStateDict(unflattenState({ tensors, json }));
 * ```
 */
export function flattenState(stateDict: OptimizerState): FlatState {
  const tensors = new Map<string, Tensor>();
  const state = Object.entries(stateDict.state).map(([param, values]) => {
    const entries = Object.entries(values).map(([name, value]) => {
      if (!(value instanceof Tensor)) return [name, value];
      const path = `state.${param}.${name}`;
      tensors.set(path, value);
      return [name, { tensor: path }];
    });
    return [param, Object.fromEntries(entries)];
  });
  const json = JSON.stringify({ state: Object.fromEntries(state), param_groups: stateDict.param_groups });
  return { tensors, json };
}

/**
 * Puts a state dict together again, for `loadStateDict`, which checks that it fits.
 *
 * Throws: ArgumentError for JSON that cannot be read or is not of this form, for a tensor that it names and that is
 * missing, and for a tensor that it does not name.
 */
export function unflattenState({ tensors, json }: FlatState): OptimizerState {
  const root = record(parse(json), 'the JSON');
  const used = new Set<string>();
  const state = Object.entries(record(root.state, 'state')).map(([param, values]) => {
    if (!/^(0|[1-9]\d{0,9})$/.test(param)) throw malformed('state', 'numbers of parameters as keys', param);
    const where = `state.${param}`;
    const entries = Object.entries(record(values, where)).map(([name, value]) => {
      if (value === null || typeof value === 'number') return [name, value];
      const path = record(value, `${where}.${name}`).tensor;
      if (typeof path !== 'string') throw malformed(`${where}.${name}`, 'a number or { "tensor": name }', value);
      const found = tensors.get(path);
      if (!found) throw new ArgumentError(`unflattenState: the tensor '${path}' is missing: is the file complete?`);
      used.add(path);
      return [name, found];
    });
    return [param, Object.fromEntries(entries)];
  });
  const extra = [...tensors.keys()].find((name) => !used.has(name));
  if (extra !== undefined) {
    throw new ArgumentError(
      `unflattenState: the tensor '${extra}' is not named by the JSON: do the two belong together?`,
    );
  }
  if (!Array.isArray(root.param_groups)) throw malformed('param_groups', 'a list', root.param_groups);
  return { state: Object.fromEntries(state), param_groups: root.param_groups.map(savedGroup) };
}

function savedGroup(saved: unknown, g: number): SavedGroup {
  const where = `param_groups[${g}]`;
  const { params, ...options } = record(saved, where);
  if (!Array.isArray(params) || !params.every((n) => Number.isInteger(n) && n >= 0)) {
    throw malformed(`${where}.params`, 'a list of numbers of parameters', params);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!isOption(value))
      throw malformed(`${where}.${name}`, 'a number, a text, true, false, null or a list of numbers', value);
  }
  return { ...(options as Record<string, OptionValue>), params };
}

function isOption(value: unknown): value is OptionValue {
  if (Array.isArray(value)) return value.every((v) => typeof v === 'number');
  return value === null || ['number', 'boolean', 'string'].includes(typeof value);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ArgumentError(`unflattenState: the JSON cannot be read: ${(error as Error).message}`);
  }
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed(where, 'an object', value);
  return value as Readonly<Record<string, unknown>>;
}

function malformed(where: string, expected: string, given: unknown): ArgumentError {
  return new ArgumentError(`unflattenState: ${where}: expected ${expected}; given ${show(given)}`);
}
