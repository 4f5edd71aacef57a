/**
 * How the kernels of scalar programs read and write a row: vectors of four elements, or one element in the first lane.
 */

import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { i32, i32x4, v128 } from './instructions.ts';
import type { VectorBuilder } from './vector-builder.ts';
import type { Form } from './vector-rules.ts';

/** How a view walks along a row: element by element, not at all, or in any other steps. */
export type Mode = 'adjacent' | 'repeated' | 'strided';

/** A lane of a view, or an iota: a view whose addresses are its values. */
export interface Port {
  readonly form: Form;
  readonly iota: boolean;
  readonly mode: Mode;
  /** Address of the next element. */
  readonly pointer: Local<'i32'>;
  /** Bytes from one element to the next, where the mode does not tell. */
  readonly step: I32;
}

/** Bytes from an element to an adjacent one. */
export function elementStep({ form, iota }: Pick<Port, 'form' | 'iota'>): number {
  return form === 'bool' || iota ? 1 : 4;
}

/** The next `count` elements: 16 or 4 as vectors, 1 in the first lane of one. */
export function emitLoad(v: VectorBuilder, port: Port, count: number): V128[] {
  const { pointer, mode } = port;
  if (port.iota) return range(count, (u) => i32x4.add(i32x4.splat(pointer), lanesFrom(v, 4 * u))).map((x) => v.keep(x));
  if (mode === 'strided' && count > 1) return [gather(v, port)];
  if (port.form === 'bool') {
    const bytes = (u: number): V128 =>
      count === 1 ? i32x4.splat(i32.load8(pointer)) : i32x4.fromBytes(v128.loadZero(pointer, 4 * u));
    return range(count, (u) => v.keep(i32x4.gtS(bytes(u), v.int(0))));
  }
  return range(count, (u) => v.keep(count === 1 ? v128.loadZero(pointer) : v128.load(pointer, 16 * u)));
}

/** The one value of a repeated view, in all lanes. */
export function emitRepeated(v: VectorBuilder, { form, iota, pointer }: Port): V128 {
  if (iota) return i32x4.splat(pointer);
  return form === 'bool' ? i32x4.gtS(i32x4.splat(i32.load8(pointer)), v.int(0)) : v128.loadSplat(pointer);
}

/** Writes the next `count` elements. */
export function emitStore(v: VectorBuilder, port: Port, count: number, values: readonly V128[]): void {
  const { f } = v;
  const { pointer, form, mode } = port;
  const vectors = values.map((value) => (form === 'bool' ? v.keep(v128.and(value, v.int(1))) : value));
  if (mode === 'strided' && count > 1) {
    scatter(f, port, vectors[0]!);
    return;
  }
  vectors.forEach((value, u) => {
    if (form === 'bool') {
      f.do(
        count === 1
          ? i32.store8(pointer, i32x4.lane(value, 0))
          : i32.store(pointer, i32x4.lane(i32x4.toBytes(value), 0), 4 * u),
      );
    } else f.do(count === 1 ? v128.storeLane(pointer, value, 0) : v128.store(pointer, value, 16 * u));
  });
}

/** Moves behind `count` elements; gather and scatter have moved already. */
export function emitAdvance(f: FunctionBuilder, port: Port, count: number): void {
  if (port.mode === 'adjacent') f.increment(port.pointer, elementStep(port) * count);
  else if (port.mode === 'strided' && count === 1) f.increment(port.pointer, port.step);
}

function gather(v: VectorBuilder, { form, pointer, step }: Port): V128 {
  const { f } = v;
  const all = v.fresh();
  f.set(all, form === 'bool' ? i32x4.splat(i32.load8(pointer)) : v128.loadSplat(pointer));
  for (const lane of [1, 2, 3]) {
    f.increment(pointer, step);
    f.set(all, form === 'bool' ? i32x4.replaceLane(all, lane, i32.load8(pointer)) : v128.loadLane(pointer, all, lane));
  }
  f.increment(pointer, step);
  if (form === 'bool') f.set(all, i32x4.gtS(all, v.int(0)));
  return all;
}

function scatter(f: FunctionBuilder, { form, pointer, step }: Port, value: V128): void {
  for (const lane of [0, 1, 2, 3]) {
    f.do(form === 'bool' ? i32.store8(pointer, i32x4.lane(value, lane)) : v128.storeLane(pointer, value, lane));
    f.increment(pointer, step);
  }
}

/** start, start + 1, start + 2, start + 3 */
function lanesFrom(v: VectorBuilder, start: number): V128 {
  const zero = i32x4.const(start) as V128;
  const lanes = [1, 2, 3].reduce((all, lane) => i32x4.replaceLane(all, lane, i32.const(start + lane)), zero);
  return v.f.constant(`lanes from ${start}`, lanes);
}

/** One entry a vector. */
function range<T>(count: number, entry: (u: number) => T): T[] {
  return Array.from({ length: Math.max(1, count / 4) }, (_, u) => entry(u));
}
