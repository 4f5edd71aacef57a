/**
 * A typed WebAssembly assembler: expressions are values that know their type, statements append to one growing buffer.
 *
 * ```ts no-run
 * const m = new ModuleBuilder(memory);
 * m.function('add', ['i32', 'i32', 'i32'], [], (f, n, x, y) => {
 *   f.countDown(n, 4, () => {
 *     f.do(v128.store(y, f32x4.add(v128.load(x), v128.load(y))));
 *     f.increment(x, 16);
 *     f.increment(y, 16);
 *   });
 * });
 * new WebAssembly.Module(m.bytes());
 * ```
 *
 * Source: https://webassembly.github.io/spec/core/binary/ (SIMD and relaxed SIMD included).
 */

import { ByteWriter } from './bytes.ts';
import { i32 } from './instructions.ts';

export type WasmType = 'i32' | 'f32' | 'f64' | 'v128';

const TYPE_CODES: Record<WasmType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** An expression that leaves one value of type T on the stack. */
export interface Value<T extends WasmType> {
  readonly type: T;
  readonly emit: (out: ByteWriter) => void;
}

export type I32 = Value<'i32'>;
export type F32 = Value<'f32'>;
export type F64 = Value<'f64'>;
export type V128 = Value<'v128'>;

/** An expression that leaves nothing: a store, a call. */
export interface Effect {
  readonly emit: (out: ByteWriter) => void;
}

/** A parameter or variable of a function. */
export interface Local<T extends WasmType> extends Value<T> {
  readonly index: number;
}

type Locals<P extends readonly WasmType[]> = { -readonly [K in keyof P]: Local<P[K]> };

export class FunctionBuilder {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
  readonly #locals: WasmType[] = [];
  readonly #body = new ByteWriter();
  /** Constants that live in locals: V8 would rebuild a v128.const in each iteration. */
  readonly #constants = new Map<string, { readonly local: Local<'v128'>; readonly value: V128 }>();

  constructor(params: readonly WasmType[], results: readonly WasmType[]) {
    this.params = params;
    this.results = results;
  }

  param<T extends WasmType>(index: number): Local<T> {
    return localAt(this.params[index] as T, index);
  }

  local<T extends WasmType>(type: T, initial?: Value<T>): Local<T> {
    this.#locals.push(type);
    const local = localAt(type, this.params.length + this.#locals.length - 1);
    if (initial) this.set(local, initial);
    return local;
  }

  /** A vector constant, set once at the function's start. */
  constant(key: string, value: V128): V128 {
    const known = this.#constants.get(key);
    if (known) return known.local;
    const local = this.local('v128');
    this.#constants.set(key, { local, value });
    return local;
  }

  set<T extends WasmType>(local: Local<T>, value: Value<T>): void {
    value.emit(this.#body);
    this.#body.byte(0x21).unsigned(local.index);
  }

  do(effect: Effect): void {
    effect.emit(this.#body);
  }

  increment(local: Local<'i32'>, by: number | I32): void {
    this.set(local, i32.add(local, typeof by === 'number' ? i32.const(by) : by));
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.emit(this.#body);
    this.#body.byte(0x04).byte(0x40);
    then();
    if (otherwise) {
      this.#body.byte(0x05);
      otherwise();
    }
    this.#body.byte(0x0b);
  }

  /** do { body } while (condition) */
  loop(body: () => void, condition: () => I32): void {
    this.#body.byte(0x03).byte(0x40);
    body();
    condition().emit(this.#body);
    this.#body.byte(0x0d).unsigned(0).byte(0x0b);
  }

  while(condition: () => I32, body: () => void): void {
    this.if(condition(), () => this.loop(body, condition));
  }

  /** Runs the body while `count` is at least `step`, and takes `step` off each time; what is left stays in `count`. */
  countDown(count: Local<'i32'>, step: number, body: () => void): void {
    this.while(
      () => i32.geS(count, i32.const(step)),
      () => {
        body();
        this.increment(count, -step);
      },
    );
  }

  /** for (i = from; i < to; i += step) */
  for(from: I32, to: I32, step: number, body: (i: Local<'i32'>) => void): void {
    const i = this.local('i32', from);
    this.while(
      () => i32.ltS(i, to),
      () => {
        body(i);
        this.increment(i, step);
      },
    );
  }

  return(value?: Value<WasmType>): void {
    value?.emit(this.#body);
    this.#body.byte(0x0f);
  }

  /** Leaves a value on the stack as the function's result. */
  result(value: Value<WasmType>): void {
    value.emit(this.#body);
  }

  emit(out: ByteWriter): void {
    const code = new ByteWriter();
    code.unsigned(this.#locals.length);
    for (const type of this.#locals) code.unsigned(1).byte(TYPE_CODES[type]);
    for (const { local, value } of this.#constants.values()) {
      value.emit(code);
      code.byte(0x21).unsigned(local.index);
    }
    code.append(this.#body).byte(0x0b);
    out.unsigned(code.length).append(code);
  }
}

export interface MemoryLimits {
  readonly initialPages: number;
  readonly maximumPages: number;
  readonly shared: boolean;
}

/** A function that can be called from others of the module. */
export interface Callable<P extends readonly WasmType[]> {
  readonly call: (...args: { [K in keyof P]: Value<P[K]> }) => Effect & { readonly index: number };
}

/** A module that imports its memory as env.memory and exports functions. */
export class ModuleBuilder {
  readonly #memory: MemoryLimits;
  readonly #functions: { readonly name: string | undefined; readonly builder: FunctionBuilder }[] = [];

  constructor(memory: MemoryLimits) {
    this.#memory = memory;
  }

  /** Adds a function; a name exports it. */
  function<const P extends readonly WasmType[]>(
    name: string | undefined,
    params: P,
    results: readonly WasmType[],
    body: (f: FunctionBuilder, ...params: Locals<P>) => void,
  ): Callable<P> {
    const builder = new FunctionBuilder(params, results);
    body(builder, ...(params.map((_, k) => builder.param(k)) as Locals<P>));
    const index = this.#functions.push({ name, builder }) - 1;
    return {
      call: (...args) => ({
        index,
        emit(out) {
          for (const arg of args) arg.emit(out);
          out.byte(0x10).unsigned(index);
        },
      }),
    };
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(byte);
    const types = new Map<string, { readonly index: number; readonly builder: FunctionBuilder }>();
    const typeOf = ({ params, results }: FunctionBuilder): string => `${params.join()}>${results.join()}`;
    for (const { builder } of this.#functions) {
      const key = typeOf(builder);
      if (!types.has(key)) types.set(key, { index: types.size, builder });
    }
    section(out, 1, (s) => {
      s.unsigned(types.size);
      for (const { builder } of types.values()) {
        s.byte(0x60);
        for (const list of [builder.params, builder.results]) {
          s.unsigned(list.length);
          for (const type of list) s.byte(TYPE_CODES[type]);
        }
      }
    });
    section(out, 2, (s) => {
      const { initialPages, maximumPages, shared } = this.#memory;
      s.unsigned(1).text('env').text('memory').byte(0x02);
      s.byte(shared ? 3 : 1)
        .unsigned(initialPages)
        .unsigned(maximumPages);
    });
    section(out, 3, (s) => {
      s.unsigned(this.#functions.length);
      for (const { builder } of this.#functions) s.unsigned(types.get(typeOf(builder))!.index);
    });
    const exported = this.#functions.flatMap(({ name }, index) => (name === undefined ? [] : [{ name, index }]));
    section(out, 7, (s) => {
      s.unsigned(exported.length);
      for (const { name, index } of exported) s.text(name).byte(0).unsigned(index);
    });
    section(out, 10, (s) => {
      s.unsigned(this.#functions.length);
      for (const { builder } of this.#functions) builder.emit(s);
    });
    return out.bytes();
  }
}

function section(out: ByteWriter, id: number, fill: (section: ByteWriter) => void): void {
  const part = new ByteWriter();
  fill(part);
  out.byte(id).unsigned(part.length).append(part);
}

function localAt<T extends WasmType>(type: T, index: number): Local<T> {
  return { type, index, emit: (out) => void out.byte(0x20).unsigned(index) };
}
