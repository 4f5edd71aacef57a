/**
 * Writes vector arithmetic into a function: what the vector functions (`vector-exp.ts`, `vector-log.ts`...) are made
 * with.
 *
 * Values are four f32, four i32, or a mask: all ones where something holds, all zeros where it does not.
 */

import type { FunctionBuilder, Local, V128 } from './assembler.ts';
import { f32x4, f64x2, i32, i32x4, v128 } from './instructions.ts';
import type { Features, KernelBuilder } from './runtime.ts';

export class VectorBuilder {
  readonly m: KernelBuilder;
  readonly f: FunctionBuilder;
  readonly #fma: boolean;
  #kept: Local<'v128'>[] = [];
  readonly #free: Local<'v128'>[] = [];
  /** Statements that wait for those of other bodies. */
  #waiting: (() => void)[] | undefined;

  constructor(m: KernelBuilder, f: FunctionBuilder, { relaxedSimd }: Pick<Features, 'relaxedSimd'> = m.features) {
    this.m = m;
    this.f = f;
    this.#fma = relaxedSimd;
  }

  /** The number, rounded to f32, in all lanes. Constants live in locals that are set once. */
  float(value: number): V128 {
    return this.f.constant(`f32 ${Object.is(value, -0) ? '-0' : Math.fround(value)}`, f32x4.const(value));
  }

  int(value: number): V128 {
    return this.f.constant(`i32 ${value | 0}`, i32x4.const(value));
  }

  /** An f64 in both halves. */
  double(value: number): V128 {
    return this.f.constant(`f64 ${value}`, f64x2.const(value));
  }

  /** Computes a value once, for expressions that use it more than once. */
  keep(value: V128): Local<'v128'> {
    if ('index' in value) return value as Local<'v128'>;
    const local = this.fresh();
    this.set(local, value);
    return local;
  }

  set(local: Local<'v128'>, value: V128): void {
    this.statement(() => this.f.set(local, value));
  }

  /** All that writes to the function itself goes through here, for the sake of `together`. */
  statement(write: () => void): void {
    if (this.#waiting) this.#waiting.push(write);
    else write();
  }

  /**
   * Writes bodies of the same statements side by side, the first of each, the second of each... V8 keeps the order, so
   * a constant that had to be loaded again is there for all, and there is always something to do that need not wait.
   */
  together(bodies: readonly (() => void)[]): void {
    this.scope(() => {
      const lists = bodies.map((body) => {
        const list = (this.#waiting = []);
        body();
        this.#waiting = undefined;
        return list as (() => void)[];
      });
      for (let k = 0; k < lists[0]!.length; k++) for (const list of lists) list[k]!();
    });
  }

  /** A local to set, for use until the end of the scope. */
  fresh(): Local<'v128'> {
    const local = this.#free.pop() ?? this.f.local('v128');
    this.#kept.push(local);
    return local;
  }

  /** Sets a local; what `value` kept on the way is free again afterwards. */
  into(target: Local<'v128'>, value: () => V128): void {
    this.scope(() => this.set(target, value()));
  }

  /** Locals that the body kept are free again afterwards. */
  scope(body: () => void): void {
    const outer = this.#kept;
    this.#kept = [];
    body();
    this.#free.push(...this.#kept);
    this.#kept = outer;
  }

  /** a * b + c; in one rounding where the engine can. */
  fma(a: V128, b: V128, c: V128): V128 {
    return this.#fma ? f32x4.fma(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
  }

  /** A polynomial in x, highest power first (Horner's rule). */
  polynomial(x: V128, coefficients: readonly number[]): V128 {
    const [first, ...rest] = coefficients.map((c) => this.float(c));
    return rest.reduce((sum, c) => this.keep(this.fma(sum, x, c)), first!);
  }

  /** x between two bounds; NaN where x is. One instruction a side, which `f32x4.min` and `max` are not. */
  clamp(x: V128, low: number, high: number): V128 {
    return f32x4.pmin(f32x4.pmax(x, this.float(low)), this.float(high));
  }

  signOf(x: V128): V128 {
    return v128.and(x, this.int(SIGN));
  }

  /** y with the sign of x; y is positive, or has that sign already. */
  copySign(y: V128, x: V128): V128 {
    return v128.or(y, this.signOf(x));
  }

  shl(x: V128, bits: number): V128 {
    return i32x4.shl(x, i32.const(bits));
  }

  shrS(x: V128, bits: number): V128 {
    return i32x4.shrS(x, i32.const(bits));
  }
}

/** The bit of an f32 that is its sign. */
const SIGN = 0x80000000;

/**
 * Added to x and taken off again, it rounds x to a whole number; before it is taken off, the number stands in the low
 * bits. For |x| < 2^22.
 */
export const ROUNDER: number = 1.5 * 2 ** 23;
