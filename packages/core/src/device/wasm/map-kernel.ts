/**
 * Writes the kernel of a scalar program: a loop over items, and in it loops over elements, 16, four or one at a
 * time.
 *
 * What does not depend on the element is computed before: once if it follows from constants and uniforms, and once a
 * row if it follows from values that the row repeats.
 */

import type { Program } from '../../scalar/program.ts';
import { CONSTANT, INPUT, IOTA, type Scalar, UNIFORM } from '../../scalar/scalar.ts';
import type { FunctionBuilder, I32 } from './assembler.ts';
import { type EmitItems, emitRows, UNIFORMS } from './map-items.ts';
import { emitAdvance, emitLoad, emitRepeated, emitStore, type Mode, type Port } from './map-ports.ts';
import { Evaluation, formOf, type NumberForm, stagesOf } from './map-program.ts';
import type { Arguments, KernelBuilder } from './runtime.ts';
import { VectorBuilder } from './vector-builder.ts';

export { SEGMENT } from './map-items.ts';

/** Dimensions that the program counts along. They are views too, the last ones: their addresses are their values. */
export function iotasOf({ nodes }: Program): Scalar[] {
  return nodes.filter(({ rule }) => rule === IOTA);
}

/** `modes` has one entry a view: inputs, outputs, iotas. `items` says what an item is: rows of views, or segments of them. */
export function emitMap(
  m: KernelBuilder,
  f: FunctionBuilder,
  args: Arguments,
  from: I32,
  to: I32,
  { program, numbers, modes }: { program: Program; numbers: NumberForm; modes: readonly Mode[] },
  items: EmitItems = emitRows,
): void {
  const v = new VectorBuilder(m, f);
  const evaluation = new Evaluation(v, program, numbers);
  const iotas = iotasOf(program);
  const uniforms = program.nodes.reduce((n, { rule, value }) => (rule === UNIFORM ? Math.max(n, value + 1) : n), 0);
  const viewOf = (leaf: Scalar): number =>
    leaf.rule === INPUT ? leaf.value : program.inputs.length + program.outputs.length + iotas.indexOf(leaf);
  const stages = stagesOf(program, (leaf) => modes[viewOf(leaf)] === 'repeated');

  for (const node of stages.once) {
    if (node.rule === CONSTANT) evaluation.set(node, [evaluation.constant(node)]);
    else if (node.rule === UNIFORM) evaluation.set(node, [v.keep(args.splat(UNIFORMS + node.value))]);
    else evaluation.compute(node, 1);
  }
  const itemAt = items(f, args, { modes, uniforms });
  f.for(from, to, 1, (index) => {
    const { length, portOf } = itemAt(index);
    const read = (leaf: Scalar): Port =>
      portOf(viewOf(leaf), leaf.lane, { form: formOf(leaf.kind, numbers), iota: leaf.rule === IOTA });
    for (const node of stages.perRow) {
      if (node.args.length > 0) evaluation.compute(node, 1);
      else evaluation.set(node, [v.keep(emitRepeated(v, read(node)))]);
    }
    const leaves = stages.perElement.filter(({ args }) => args.length === 0);
    const inputs = new Map(leaves.map((leaf) => [leaf, read(leaf)]));
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
    // Four vectors at a time: constants that do not fit into registers are loaded once for all four, and V8 makes two of
    // 256 bits of them where it may (wide SIMD).
    if (!modes.includes('strided')) elements(16);
    elements(4);
    elements(1);
  });
}
