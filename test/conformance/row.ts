/** A row of the table: a PyTorch name, its parameters, and the call of tapegrad that does the same. */

import type { DeviceName, FloatDType } from '@tapegrad/core';
import type { Given, Parameters } from './kinds.ts';
import { type Call, Missing, type Value } from './python/values.ts';

/** Where a case runs, and the float that it runs in: what tapegrad's functions that make tensors take as options. */
export interface Place {
  readonly device: DeviceName;
  readonly dtype: FloatDType;
  /** The version of PyTorch whose answers are wanted, where that makes a difference; the newest without. */
  readonly pytorch?: string;
}

export interface Row {
  /** Full names in PyTorch: `torch.softmax`, `F.softmax`, `Tensor.softmax`. */
  readonly names: readonly string[];
  /** How the same is written in tapegrad: a name, or a line of code over PyTorch's parameter names. */
  readonly tapegrad: string;
  readonly parameters: Parameters;
  readonly run: (given: never, place: Place) => Value | Promise<Value>;
}

/**
 * `names` are full names with blanks between; `torch|Tensor.exp` is `torch.exp Tensor.exp`. Rows of one name are overloads:
 * the first whose parameters take the arguments runs. `tapegrad` is the first name in camelCase where it is not given.
 *
 * ```ts
 * row('torch|F|Tensor.softmax', { input: tensor, dim: int }, ({ input, dim }) => input.softmax(dim));
 * ```
 */
export function row<P extends Parameters>(
  names: string,
  parameters: P,
  run: (given: Given<P>, place: Place) => Value | Promise<Value>,
  tapegrad?: string,
): Row {
  const all = names.split(/\s+/).flatMap((name) => {
    const dot = name.lastIndexOf('.');
    return name
      .slice(0, dot)
      .split('|')
      .map((namespace) => namespace + name.slice(dot));
  });
  return {
    names: all,
    tapegrad: tapegrad ?? camelCase(all[0]!.split('.').at(-1)!),
    parameters,
    run: run as Row['run'],
  };
}

export function camelCase(name: string): string {
  return name.replace(/(?<=[^_])_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** All rows by PyTorch's names. */
export class Table {
  readonly rows: readonly Row[];
  readonly #byName = new Map<string, Row[]>();

  constructor(rows: readonly Row[]) {
    this.rows = rows;
    for (const entry of rows) {
      for (const name of entry.names) this.#byName.set(name, [...(this.#byName.get(name) ?? []), entry]);
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The full name of a bare one, such as `softplus` or `pack_padded_sequence`; the name itself where there is no row. */
  find(name: string): string {
    if (this.has(name)) return name;
    const atHome = HOMES.map((home) => `${home}.${name}`).find((full) => this.has(full));
    return atHome ?? (name.endsWith('_') ? this.find(name.slice(0, -1)) : name); // F.relu_ is F.relu, in place
  }

  /** Throws: Missing where no row has the name, or takes the arguments. */
  async call(name: string, call: Call, place: Place): Promise<Value> {
    const overloads = this.#byName.get(name);
    if (!overloads) throw new Missing(name);
    const misfits: string[] = [];
    for (const overload of overloads) {
      const given = bind(overload.parameters, call);
      if (typeof given !== 'string') return await overload.run(given as never, place);
      misfits.push(given);
    }
    throw new Missing(`${name}(${misfits.at(-1)})`);
  }
}

/** Arguments by name, or in a word what the parameters do not take. */
function bind(parameters: Parameters, { positional, keywords }: Call): Readonly<Record<string, Value>> | string {
  const given: Record<string, Value> = {};
  const rest = [...positional];
  const named = new Map([...keywords].filter(([name]) => !IGNORED.has(name)));
  for (const [name, kind] of Object.entries(parameters)) {
    let value: Value;
    if (kind.variadic && rest.length > 0 && !(Array.isArray(rest[0]) || rest[0] === null)) value = rest.splice(0);
    else if (rest.length > 0) value = rest.shift();
    else {
      value = named.get(name) ?? named.get(SYNONYMS[name] ?? '') ?? null;
      named.delete(name);
      named.delete(SYNONYMS[name] ?? '');
    }
    if (value === null && kind.optional) given[name] = kind.fallback;
    else {
      const read = kind.read(value);
      if (read === undefined) return `${name}=${describe(value)}`;
      given[name] = read;
    }
  }
  if (rest.length > 0) return `${positional.length} positional arguments`;
  const unknown = [...named].find(([, value]) => value !== null);
  return unknown ? `${unknown[0]}=` : given;
}

const HOMES = ['torch', 'F', 'nn', 'nn.utils', 'nn.utils.rnn', 'optim', 'lr_scheduler'];

/** They say how to compute, not what. */
const IGNORED = new Set(['inplace', 'sparse', 'foreach', 'fused', 'capturable', '_stacklevel']);

/** PyTorch takes numpy's words for some parameters. */
const SYNONYMS: Readonly<Record<string, string>> = {
  dim: 'axis',
  dims: 'axes',
  keepdim: 'keepdims',
  input: 'x',
  other: 'x2',
};

function describe(value: Value): string {
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return '[...]';
  return typeof value === 'object' || typeof value === 'function' ? value.constructor.name : JSON.stringify(value);
}
