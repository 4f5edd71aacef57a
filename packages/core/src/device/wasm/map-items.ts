/**
 * The items of a map, and the arguments that say where they are. An item is a row, or a segment of a long one.
 *
 * Arguments: the length of a row, segments a row, the uniforms; three words a view, its address, its step along the row
 * and its step from lane to lane, in bytes; the outer dimensions as a table (`walk.ts`).
 */

import type { FunctionBuilder, I32, Local } from './assembler.ts';
import { i32 } from './instructions.ts';
import { elementStep, type Mode, type Port } from './map-ports.ts';
import type { Arguments } from './runtime.ts';
import { emitOffsets, tableAt } from './walk.ts';

/** Positions of arguments. */
export const ROW_LENGTH = 0;
export const SEGMENTS = 1;
export const UNIFORMS = 2;

/** Elements a segment. */
export const SEGMENT = 4096;

export interface Item {
  /** Elements to go. */
  readonly length: Local<'i32'>;
  readonly portOf: (view: number, lane: number, kind: Pick<Port, 'form' | 'iota'>) => Port;
}

/** Called before the loop over items; what it returns is called for each. */
export type EmitItems = (
  f: FunctionBuilder,
  args: Arguments,
  about: { readonly modes: readonly Mode[]; readonly uniforms: number },
) => (index: I32) => Item;

export const emitRows: EmitItems =
  (f, args, { modes, uniforms }) =>
  (index) => {
    const segments = args.i32(SEGMENTS);
    const row = f.local('i32', index);
    const column = f.local('i32', i32.const(0));
    const length = f.local('i32', args.i32(ROW_LENGTH));
    f.if(i32.ne(segments, i32.const(1)), () => {
      f.set(row, i32.divU(index, segments));
      f.set(column, i32.mul(i32.remU(index, segments), i32.const(SEGMENT)));
      f.set(length, i32.sub(length, column));
      f.if(i32.gtS(length, i32.const(SEGMENT)), () => f.set(length, i32.const(SEGMENT)));
    });
    const word = (view: number): number => UNIFORMS + uniforms + 3 * view;
    const addresses = modes.map((_, view) => f.local('i32', args.i32(word(view))));
    const steps = modes.map((_, view) => f.local('i32', args.i32(word(view) + 1)));
    emitOffsets(f, tableAt(args, word(modes.length)), row, addresses);
    return {
      length,
      portOf(view, lane, kind) {
        const mode = modes[view]!;
        const pointer = f.local('i32', addresses[view]!);
        if (mode === 'adjacent') f.increment(pointer, i32.mul(column, i32.const(elementStep(kind))));
        if (mode === 'strided') f.increment(pointer, i32.mul(column, steps[view]!));
        if (lane > 0) f.increment(pointer, i32.mul(args.i32(word(view) + 2), i32.const(lane)));
        return { ...kind, mode, pointer, step: steps[view]! };
      },
    };
  };
