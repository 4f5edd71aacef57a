/**
 * Writes the kernel of a scalar program: loops over rows and over the elements of a row, eight, four or one at a time.
 *
 * Items are rows, long ones cut into segments. Arguments: the length of a row, segments a row, the uniforms; three words a
 * view, its address, its step along the row and its step from lane to lane, in bytes; the outer dimensions as a table.
 */

import type { Program } from '../../scalar/program.ts';
import { CONSTANT, INPUT, IOTA, type Scalar, UNIFORM } from '../../scalar/scalar.ts';
import type { FunctionBuilder, I32, Local } from './assembler.ts';
import { i32 } from './instructions.ts';
import { elementStep, emitAdvance, emitLoad, emitRepeated, emitStore, type Mode, type Port } from './map-ports.ts';
import { Evaluation, formOf, type NumberForm, stagesOf } from './map-program.ts';
import type { Arguments, KernelBuilder } from './runtime.ts';
import { VectorBuilder } from './vector-builder.ts';
import { emitOffsets, tableAt } from './walk.ts';

/** Positions of arguments. */
export const ROW_LENGTH = 0;
export const SEGMENTS = 1;
export const UNIFORMS = 2;

/** Elements of a row that make an item. */
export const SEGMENT = 4096;

/** Dimensions that the program counts along. They are views too, the last ones: their addresses are their values. */
export function iotasOf({ nodes }: Program): Scalar[] {
  return nodes.filter(({ rule }) => rule === IOTA);
}

export function uniformCount({ nodes }: Program): number {
  return nodes.reduce((count, { rule, value }) => (rule === UNIFORM ? Math.max(count, value + 1) : count), 0);
}

/** `modes` has one entry a view: inputs, outputs, iotas. */
export function emitMap(
  m: KernelBuilder,
  f: FunctionBuilder,
  args: Arguments,
  from: I32,
  to: I32,
  { program, numbers, modes }: { program: Program; numbers: NumberForm; modes: readonly Mode[] },
): void {
  const v = new VectorBuilder(m, f);
  const evaluation = new Evaluation(v, program, numbers);
  const iotas = iotasOf(program);
  const viewOf = (leaf: Scalar): number =>
    leaf.rule === INPUT ? leaf.value : program.inputs.length + program.outputs.length + iotas.indexOf(leaf);
  const stages = stagesOf(program, (leaf) => modes[viewOf(leaf)] === 'repeated');

  for (const node of stages.once) {
    if (node.rule === CONSTANT) evaluation.set(node, [evaluation.constant(node)]);
    else if (node.rule === UNIFORM) evaluation.set(node, [v.keep(args.splat(UNIFORMS + node.value))]);
    else evaluation.compute(node, 1);
  }
  f.for(from, to, 1, (item) => {
    const { length, portOf } = emitItem(f, args, item, modes, UNIFORMS + uniformCount(program));
    const read = (leaf: Scalar): Port =>
      portOf(viewOf(leaf), leaf.lane, { form: formOf(leaf.kind, numbers), iota: leaf.rule === IOTA });
    for (const node of stages.perRow) {
      if (node.args.length > 0) evaluation.compute(node, 1);
      else evaluation.set(node, [v.keep(emitRepeated(v, read(node)))]);
    }
    const inputs = new Map(stages.perElement.filter(({ args }) => args.length === 0).map((leaf) => [leaf, read(leaf)]));
    const outputs = program.outputs.flatMap(({ lanes, kind }, k) =>
      lanes.map((node, lane) => ({
        node,
        port: portOf(program.inputs.length + k, lane, { form: formOf(kind, numbers), iota: false }),
      })),
    );
    const elements = (count: number): void =>
      f.countDown(length, count, () => {
        const vectors = Math.max(1, count / 4);
        v.scope(() => {
          for (const node of stages.perElement) {
            const port = inputs.get(node);
            if (port) evaluation.set(node, emitLoad(v, port, count));
            else evaluation.compute(node, vectors);
          }
          for (const { node, port } of outputs) {
            const values = Array.from({ length: vectors }, (_, u) => evaluation.get(node, u));
            emitStore(v, port, count, values);
          }
          for (const port of [...inputs.values(), ...outputs.map(({ port }) => port)]) emitAdvance(f, port, count);
        });
      });
    // Two vectors at a time: V8 makes one of 256 bits of them where it may (wide SIMD).
    if (!modes.includes('strided')) elements(8);
    elements(4);
    elements(1);
  });
}

interface Item {
  /** Elements to go. */
  readonly length: Local<'i32'>;
  readonly portOf: (view: number, lane: number, kind: Pick<Port, 'form' | 'iota'>) => Port;
}

/** Where a row or its segment is. */
function emitItem(f: FunctionBuilder, args: Arguments, item: I32, modes: readonly Mode[], firstView: number): Item {
  const word = (view: number): number => firstView + 3 * view;
  const row = f.local('i32', item);
  const column = f.local('i32', i32.const(0));
  const length = f.local('i32', args.i32(ROW_LENGTH));
  f.if(i32.ne(args.i32(SEGMENTS), i32.const(1)), () => {
    f.set(row, i32.divU(item, args.i32(SEGMENTS)));
    f.set(column, i32.mul(i32.remU(item, args.i32(SEGMENTS)), i32.const(SEGMENT)));
    f.set(length, i32.sub(length, column));
    f.if(i32.gtS(length, i32.const(SEGMENT)), () => f.set(length, i32.const(SEGMENT)));
  });
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
}
