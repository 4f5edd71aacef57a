/**
 * The base class of layers, losses and models.
 *
 * Keys are PyTorch's: a field's name in snake_case (`weight`, `self_attention`), then a dot, then what it holds
 * (`self_attention.weight`, `layers.0.weight`). What is registered under a name keeps that name (`weight_ih_l0`).
 */

import { type AnyTensor, ArgumentError, type DeviceName, type FloatDType, keep, Parameter } from '@tapegrad/core';
import { describeModule, summarize } from './describe.ts';
import { findMembers, type Member } from './members.ts';
import { moved } from './move.ts';
import { loadFile } from './serialize/load.ts';
import type { SafetensorsSource } from './serialize/reader.ts';
import { type SafetensorsTarget, type SaveOptions, saveSafetensors } from './serialize/writer.ts';
import { type LoadOptions, type LoadResult, loadInto, type StateDict, snapshots } from './state-dict.ts';

/** Where and in which float dtype a layer makes its parameters. */
export interface PlaceOptions {
  /** The current device where it is not given. */
  readonly device?: DeviceName | undefined;
  /** f32 where it is not given. */
  readonly dtype?: FloatDType | undefined;
}

export interface WalkOptions {
  /** False leaves out the modules below. */
  readonly recurse?: boolean | undefined;
}

export interface BufferOptions {
  /** Whether it is part of the state dict. */
  readonly persistent?: boolean | undefined;
}

/**
 * Something with parameters and a `forward`.
 *
 * Parameters and submodules are found in the fields of the object, also in plain arrays, maps and plain objects; fields
 * declared with `#` cannot be seen. Plain tensors in fields are not part of the state: `registerBuffer` makes them so.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 *
 * ```ts
 * import { type Tensor, ones } from '@tapegrad/core';
 * import { Linear, Module } from '@tapegrad/nn';
 *
 * class Model extends Module {
 *   readonly firstLayer = new Linear(4, 8);
 *   readonly head = new Linear(8, 2, { bias: false });
 *
 *   forward(x: Tensor): Tensor {
 *     return this.head.forward(this.firstLayer.forward(x).tanh());
 *   }
 * }
 * const model = new Model();
 * console.log(model.forward(ones([3, 4])).shape); // [ 3, 2 ]
 * console.log([...model.stateDict().keys()]); // [ 'first_layer.weight', 'first_layer.bias', 'head.weight' ]
 * ```
 */
export abstract class Module {
  /** Whether dropout drops and the like; changed by `train()` and `eval()`. */
  training = true;
  readonly #registered = new Map<string, Member>();
  /** Parameters that others stand for. */
  readonly #replaced = new Set<Member>();
  readonly #buffers = new Map<string, { readonly tensor: AnyTensor; readonly persistent: boolean }>();

  abstract forward(...inputs: never[]): unknown;

  // ---- what it is made of --------------------------------------------------------------------------------------------

  /** Modules directly below this one. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  namedChildren(): [name: string, child: Module][] {
    return once(this.#members().filter((entry): entry is [string, Module] => entry[1] instanceof Module));
  }

  /** This module and all below it, parents first, each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** The module itself has the name ''. */
  namedModules(): [name: string, module: Module][] {
    return once(this.#tree());
  }

  /** All parameters, each once even where modules share it. */
  parameters(options?: WalkOptions): Parameter[] {
    return this.namedParameters(options).map(([, parameter]) => parameter);
  }

  namedParameters(options?: WalkOptions): [name: string, parameter: Parameter][] {
    return once(this.#walk(options).flatMap(([path, module]) => prefixed(path, module.#ownParameters())));
  }

  /** All registered buffers, each once. */
  buffers(options?: WalkOptions): AnyTensor[] {
    return this.namedBuffers(options).map(([, buffer]) => buffer);
  }

  namedBuffers(options?: WalkOptions): [name: string, buffer: AnyTensor][] {
    return once(this.#walk(options).flatMap(([path, module]) => prefixed(path, module.#ownBuffers())));
  }

  /** A parameter by its key, such as `lstm.weight_ih_l0`. Throws: ArgumentError that lists the keys there are. */
  getParameter(name: string): Parameter {
    const named = this.#tree().flatMap(([path, module]) => prefixed(path, module.#ownParameters()));
    const found = named.find(([key]) => key === name);
    if (!found)
      throw new ArgumentError(`getParameter: there is no ${name}; there are ${named.map(([key]) => key).join(', ')}`);
    return found[1];
  }

  // ---- what it is told -----------------------------------------------------------------------------------------------

  /** Sets training mode, here and below. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Sets evaluation mode, here and below: nothing is dropped. */
  eval(): this {
    return this.train(false);
  }

  /** Calls `fn` on every module below, then on this one. */
  apply(fn: (module: Module) => void): this {
    for (const module of this.modules().reverse()) fn(module);
    return this;
  }

  /** Empties the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** Stops training the parameters: they require no gradient, and lose the one they have. */
  freeze(): this {
    for (const parameter of this.parameters()) {
      parameter.requiresGrad = false;
      parameter.zeroGrad();
    }
    return this;
  }

  /** The reverse of `freeze()`. */
  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = true;
    return this;
  }

  /**
   * Moves parameters and buffers to a device, and floats to a dtype. The objects stay the same, so an optimizer keeps
   * them; gradients are dropped. Throws: DeviceError, DTypeError, and then nothing has moved.
   *
   * ```ts
   * import { Linear } from '@tapegrad/nn';
   *
   * const layer = await new Linear(3, 2).to({ device: 'cpu', dtype: 'f64' });
   * console.log(layer.weight.dtype); // f64
   * ```
   */
  async to({ device, dtype }: PlaceOptions): Promise<this> {
    const replaced = this.modules().flatMap((module) => [...module.#replaced] as Parameter[]);
    const tensors = [...this.parameters(), ...this.buffers(), ...replaced];
    const targets = await Promise.all(tensors.map((x) => moved(x, device, dtype)));
    tensors.forEach((x, k) => {
      if (targets[k] !== x) x.become(targets[k]!);
    });
    return this;
  }

  // ---- state ---------------------------------------------------------------------------------------------------------

  /** Copies of all parameters and persistent buffers by PyTorch's keys; what modules share comes under each key. */
  stateDict(): StateDict {
    return snapshots(this.#state());
  }

  /**
   * Overwrites parameters and buffers with the values of a state dict, cast to their dtypes. With `strict: false` keys
   * may be missing or unexpected; they are returned.
   *
   * Throws: StateDictError that lists all keys that are missing, unexpected or of another shape; nothing is changed then.
   *
   * ```ts
   * import { Linear } from '@tapegrad/nn';
   *
   * const [teacher, student] = [new Linear(2, 1), new Linear(2, 1)];
   * console.log(student.loadStateDict(teacher.stateDict())); // { missingKeys: [], unexpectedKeys: [] }
   * ```
   */
  loadStateDict(stateDict: ReadonlyMap<string, AnyTensor>, options: LoadOptions = {}): LoadResult {
    return loadInto(this.#state(), stateDict, options);
  }

  /**
   * Overwrites parameters and buffers with the values of a safetensors file, by PyTorch's keys. The file may be a path
   * (in Node), the index of a file in shards (`model.safetensors.index.json`) or a list of all shards, a Blob, a Response
   * of fetch(), or bytes. F16 and BF16 are read too; values are cast to the parameters' dtypes.
   *
   * With `strict: false` keys may be missing or unexpected; they are returned. A key is not missing where the file has
   * the same parameter under another one.
   *
   * Throws: StateDictError that lists all keys that are missing, unexpected or of another shape, CheckpointError for a
   * file that cannot be read or is not whole and well-formed; nothing is changed then.
   *
   * Source: https://huggingface.co/docs/safetensors/api/torch
   *
   * ```ts
   * import { encodeStateDict, Linear } from '@tapegrad/nn';
   *
   * const file = await encodeStateDict(new Linear(2, 1).stateDict()); // in Node also a path: 'model.safetensors'
   * console.log(await new Linear(2, 1).load(file)); // { missingKeys: [], unexpectedKeys: [] }
   * ```
   */
  load(source: SafetensorsSource, options: LoadOptions = {}): Promise<LoadResult> {
    return loadFile(this.#state(), source, options);
  }

  /**
   * Writes parameters and persistent buffers to a safetensors file, by PyTorch's keys: to a path (in Node), which is
   * replaced as a whole, or to a WritableStream. `dtype: 'bf16'` rounds floats; a path that ends in `.index.json` gets
   * shards of at most `maxShardBytes`.
   *
   * Throws: CheckpointError where it cannot be written, and then the old file is as it was; ArgumentError where a
   * parameter changes while it is being saved.
   *
   * Source: https://huggingface.co/docs/safetensors/api/torch
   *
   * ```ts
   * import { Linear } from '@tapegrad/nn';
   *
   * const { readable, writable } = new TransformStream<Uint8Array>(); // in Node also a path: 'model.safetensors'
   * const saved = new Linear(2, 1).save(writable);
   * const other = new Linear(2, 1);
   * await other.load(new Response(readable));
   * await saved;
   * ```
   */
  save(target: SafetensorsTarget, options: SaveOptions = {}): Promise<void> {
    return saveSafetensors(target, this.#state(), options);
  }

  // ---- text ----------------------------------------------------------------------------------------------------------

  /**
   * A table of all parameters and buffers with shape, number of elements and bytes.
   *
   * ```ts
   * import { Linear } from '@tapegrad/nn';
   *
   * console.log(new Linear(3, 2).summary());
   * // name    type    shape   parameters  bytes
   * // -----------------------------------------
   * // weight  Linear  [2, 3]           6     24
   * // bias    Linear  [2]              2      8
   * // -----------------------------------------
   * // total                            8     32
   * ```
   */
  summary(): string {
    return summarize(this);
  }

  /** The tree of modules, as PyTorch prints it. */
  toString(): string {
    return describeModule(this);
  }

  /** What stands in the parentheses of `toString()`: `inFeatures=2, outFeatures=8, bias=true`. */
  describe(): string {
    return '';
  }

  // ---- for subclasses ------------------------------------------------------------------------------------------------

  /** Adds a parameter whose key is no field's name, and returns it. Throws: ArgumentError. */
  protected registerParameter(name: string, parameter: Parameter): Parameter {
    this.#registered.set(this.#checkName(name), parameter);
    return parameter;
  }

  /** Adds a submodule whose key is no field's name, and returns it. Throws: ArgumentError. */
  protected registerModule<M extends Module>(name: string, module: M): M {
    this.#registered.set(this.#checkName(name), module);
    return module;
  }

  /**
   * Makes a tensor that is not trained part of the module: it moves with `to()` and, if persistent, is in the state dict.
   * It changes through core's `assign`. Throws: ArgumentError.
   */
  protected registerBuffer<T extends AnyTensor>(name: string, tensor: T, { persistent = true }: BufferOptions = {}): T {
    this.#buffers.set(this.#checkName(name), { tensor: keep(tensor), persistent });
    return tensor;
  }

  /**
   * Puts parameters under names of their own in the place of one, which is no part of the state any more: for what is
   * computed from others, as by `weightNorm`. Returns the function that undoes it.
   *
   * Throws: ArgumentError where there is no such parameter, or a name is taken.
   *
   * ```ts
   * import { Parameter, zeros } from '@tapegrad/core';
   * import { Linear } from '@tapegrad/nn';
   *
   * const layer = new Linear(2, 3);
   * layer.replaceParameter('weight', { low: new Parameter(zeros([1, 2])), high: new Parameter(zeros([3, 1])) });
   * console.log([...layer.stateDict().keys()]); // [ 'bias', 'low', 'high' ]
   * ```
   */
  replaceParameter(name: string, others: Readonly<Record<string, Parameter>>): () => void {
    const parameter = this.#ownParameters().find(([key]) => key === name)?.[1];
    if (!parameter) {
      const names = this.#ownParameters().map(([key]) => key);
      throw new ArgumentError(`replaceParameter: there is no ${name}; there are ${names.join(', ')}`);
    }
    for (const other of Object.keys(others)) this.#checkName(other);
    for (const [key, other] of Object.entries(others)) this.#registered.set(key, other);
    this.#replaced.add(parameter);
    return () => {
      for (const key of Object.keys(others)) this.#registered.delete(key);
      this.#replaced.delete(parameter);
    };
  }

  // ---- the walk ------------------------------------------------------------------------------------------------------

  #members(): [string, Member][] {
    const isMember = (value: unknown): value is Member => value instanceof Parameter || value instanceof Module;
    const all = [...findMembers(this, isMember), ...this.#registered];
    return all.filter(([, member]) => !this.#replaced.has(member));
  }

  #ownParameters(): [string, Parameter][] {
    return this.#members().filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter);
  }

  #ownBuffers(): [string, AnyTensor][] {
    return [...this.#buffers].map(([name, { tensor }]) => [name, tensor]);
  }

  /** This module and all below it by path; a shared one comes under each of its paths. */
  #tree(path = '', above: readonly Module[] = []): [string, Module][] {
    if (above.includes(this)) return []; // a module that holds the one it is in
    const below = this.#members().filter((entry): entry is [string, Module] => entry[1] instanceof Module);
    return [
      [path, this],
      ...below.flatMap(([name, child]) => child.#tree(path ? `${path}.${name}` : name, [...above, this])),
    ];
  }

  #walk({ recurse = true }: WalkOptions = {}): [string, Module][] {
    return recurse ? this.#tree() : [['', this]];
  }

  /** Parameters and persistent buffers by key. */
  #state(): Map<string, AnyTensor> {
    const state = new Map<string, AnyTensor>();
    for (const [path, module] of this.#tree()) {
      const persistent = module.#ownBuffers().filter(([name]) => module.#buffers.get(name)!.persistent);
      for (const [key, x] of prefixed<AnyTensor>(path, [...module.#ownParameters(), ...persistent])) {
        if (state.has(key)) throw new ArgumentError(`stateDict: two tensors have the key ${key}; rename one`);
        state.set(key, x);
      }
    }
    return state;
  }

  #checkName(name: string): string {
    if (name === '' || name.includes('.') || this.#registered.has(name) || this.#buffers.has(name)) {
      throw new ArgumentError(`register: expected a new name without dots; given '${name}'`);
    }
    return name;
  }
}

// Node's console.log prints a module as String(module) does.
Object.defineProperty(Module.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Module) {
    return this.toString();
  },
});

function prefixed<T>(path: string, entries: readonly (readonly [string, T])[]): [string, T][] {
  return entries.map(([name, value]) => [path ? `${path}.${name}` : name, value]);
}

/** The first entry of each value. */
function once<T>(entries: readonly [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
