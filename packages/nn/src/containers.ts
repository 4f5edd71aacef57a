/** PyTorch's lists and dictionaries of modules and parameters; plain arrays, maps and objects in fields do the same. */

import { ArgumentError, Parameter } from '@tapegrad/core';
import { Module } from './module.ts';

/** Holds members by name, and is never called itself. */
abstract class Container<T extends Module | Parameter> extends Module {
  readonly #items = new Map<string, T>();

  /** Throws: ArgumentError for what is no module or parameter, and for a name that there is, is empty or has a dot. */
  protected hold(name: string, item: T, kind: typeof Module | typeof Parameter): void {
    if (!(item instanceof kind))
      throw new ArgumentError(`${this.constructor.name}: expected a ${kind.name} for ${name}; given ${String(item)}`);
    if (item instanceof Parameter) this.registerParameter(name, item);
    else this.registerModule(name, item);
    this.#items.set(name, item);
  }

  protected get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  /** Throws: ArgumentError: what it holds is called, never itself. */
  override forward(): never {
    throw new ArgumentError(`${this.constructor.name}: it has no forward of its own; call what it holds`);
  }
}

abstract class List<T extends Module | Parameter> extends Container<T> {
  /** How many there are. */
  get length(): number {
    return this.items.size;
  }

  /** The one at a position; negative ones count from the end. */
  at(position: number): T | undefined {
    return [...this].at(position);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items.values();
  }
}

abstract class Dictionary<T extends Module | Parameter> extends Container<T> {
  /** How many there are. */
  get size(): number {
    return this.items.size;
  }

  get(key: string): T | undefined {
    return this.items.get(key);
  }

  has(key: string): boolean {
    return this.items.has(key);
  }

  keys(): Iterable<string> {
    return this.items.keys();
  }

  values(): Iterable<T> {
    return this.items.values();
  }

  /** In the order in which they were set. */
  [Symbol.iterator](): Iterator<readonly [string, T]> {
    return this.items[Symbol.iterator]();
  }
}

/**
 * Modules by position, whose keys are `0.weight`, `1.weight`. A plain array in a field has the same keys, and more methods:
 * take this where code is carried over from PyTorch, or where a list is to be a module itself.
 *
 * Equation: none; it is never called.
 *
 * Throws: ArgumentError for what is no module.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 *
 * ```ts
 * import { ones, type Tensor } from '@tapegrad/core';
 * import { Linear, Module, ModuleList } from '@tapegrad/nn';
 *
 * class Stack extends Module {
 *   readonly layers = new ModuleList([new Linear(4, 4), new Linear(4, 4)]); // or simply [...]
 *
 *   forward(x: Tensor): Tensor {
 *     for (const layer of this.layers) x = layer.forward(x).tanh();
 *     return x;
 *   }
 * }
 * const stack = new Stack();
 * stack.layers.append(new Linear(4, 1));
 * console.log(stack.forward(ones([2, 4])).shape, stack.layers.length); // [ 2, 1 ] 3
 * console.log([...stack.stateDict().keys()].at(-1)); // layers.2.bias
 * ```
 */
export class ModuleList<M extends Module = Module> extends List<M> {
  constructor(modules: Iterable<M> = []) {
    super();
    for (const module of modules) this.append(module);
  }

  /** Adds a module at the end. Returns the list. */
  append(module: M): this {
    this.hold(String(this.length), module, Module);
    return this;
  }
}

/**
 * Modules by name, whose keys are `left.weight`, `right.weight`. A plain object or a Map in a field has the same keys: take
 * this where code is carried over from PyTorch, or where a dictionary is to be a module itself.
 *
 * Equation: none; it is never called.
 *
 * Throws: ArgumentError for what is no module, and for a name that there is already, is empty or has a dot.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 *
 * ```ts
 * import { Linear, ModuleDict } from '@tapegrad/nn';
 *
 * const heads = new ModuleDict({ words: new Linear(8, 100, { bias: false }) });
 * heads.set('tags', new Linear(8, 12, { bias: false }));
 * console.log([...heads.keys()], heads.get('tags')?.outFeatures); // [ 'words', 'tags' ] 12
 * console.log([...heads.stateDict().keys()]); // [ 'words.weight', 'tags.weight' ]
 * ```
 */
export class ModuleDict<M extends Module = Module> extends Dictionary<M> {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    for (const [key, module] of Object.entries(modules)) this.set(key, module);
  }

  /** Adds a module. Returns the dictionary. */
  set(key: string, module: M): this {
    this.hold(key, module, Module);
    return this;
  }
}

/**
 * Parameters by position, whose keys are `0`, `1`. A plain array in a field has the same keys.
 *
 * Equation: none; it is never called.
 *
 * Throws: ArgumentError for what is no parameter.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ParameterList } from '@tapegrad/nn';
 *
 * const tables = new ParameterList([new Parameter(zeros([2, 3]))]);
 * tables.append(new Parameter(zeros([5])));
 * console.log([...tables].map(({ shape }) => shape)); // [ [ 2, 3 ], [ 5 ] ]
 * console.log([...tables.stateDict().keys()]); // [ '0', '1' ]
 * ```
 */
export class ParameterList extends List<Parameter> {
  constructor(parameters: Iterable<Parameter> = []) {
    super();
    for (const parameter of parameters) this.append(parameter);
  }

  /** Adds a parameter at the end. Returns the list. */
  append(parameter: Parameter): this {
    this.hold(String(this.length), parameter, Parameter);
    return this;
  }
}

/**
 * Parameters by name. A plain object or a Map in a field has the same keys.
 *
 * Equation: none; it is never called.
 *
 * Throws: ArgumentError for what is no parameter, and for a name that there is already, is empty or has a dot.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 *
 * ```ts
 * import { Parameter, zeros } from '@tapegrad/core';
 * import { ParameterDict } from '@tapegrad/nn';
 *
 * const biases = new ParameterDict({ up: new Parameter(zeros([3])) }).set('down', new Parameter(zeros([2])));
 * console.log(biases.get('down')?.shape, biases.size); // [ 2 ] 2
 * ```
 */
export class ParameterDict extends Dictionary<Parameter> {
  constructor(parameters: Readonly<Record<string, Parameter>> = {}) {
    super();
    for (const [key, parameter] of Object.entries(parameters)) this.set(key, parameter);
  }

  /** Adds a parameter. Returns the dictionary. */
  set(key: string, parameter: Parameter): this {
    this.hold(key, parameter, Parameter);
    return this;
  }
}
