/**
 * The LSTM's time loop, a dispatch a time step, forward and back. T: time, B: batch, H: hidden features.
 *
 * An invocation makes one element of the state. A workgroup's 8 x 8 elements share what the recurrent product reads,
 * which they hold in the workgroup's memory; then each runs the cell, which is its scalar program, as everywhere.
 * Definition: ops/lstm-sequence.ts.
 */

import type { Derived, Program, Source } from '../../scalar/program.ts';
import type { FusedKernels, View } from '../device.ts';
import type { Gpu } from './gpu.ts';
import { type Kernel, kernel, type Word } from './kernel.ts';
import { matmul } from './matmul.ts';
import { reduce } from './reduce.ts';
import { type Leaf, printProgram } from './wgsl-program.ts';

/** Elements of the state along each side of a workgroup's tile, and how far along the sum it reaches at a time. */
const SIDE = 8;
const DEPTH = 16;

export const lstmForward =
  (gpu: Gpu): NonNullable<FusedKernels['lstmForward']> =>
  (cell, { h0, c0, weightHh }, { gates, outputs, cells }) => {
    const [T, B, H] = outputs.shape as [number, number, number];
    for (let t = 0; t < T; t++) {
      const isFirst = t === 0;
      const [h, c] = isFirst ? [h0, c0] : [at(outputs, t - 1), at(cells, t - 1)];
      const made = forwardKernel(cell, isFirst);
      const starts = isFirst ? [h0.buffer, c0.buffer] : [];
      const written = [outputs, cells, gates].map(({ buffer }) => buffer);
      const places = [weightHh, h, c, at(outputs, t), at(cells, t), at(gates, t)];
      gpu.run(made, [weightHh.buffer, ...starts, ...written], [B, H, ...places.flatMap(placeOf)], tilesOf(B, H));
    }
  };

export const lstmBackward =
  (gpu: Gpu): NonNullable<FusedKernels['lstmBackward']> =>
  (cell, inputs, { gGates, gh0, gc0, gBias }) => {
    const { gOutputs, gHn, gCn, c0, weightHh, outputs, cells, activations } = inputs;
    const [T, B, H] = outputs.shape as [number, number, number];
    for (let t = T - 1; t >= 0; t--) {
      const [isFirst, isLast] = [t === 0, t === T - 1];
      const views: Readonly<Record<Name, View>> = {
        gOutputs: at(gOutputs, t),
        before: isFirst ? c0 : at(cells, t - 1),
        cells: at(cells, t),
        outputs: at(outputs, t),
        activations: at(activations, t),
        weights: weightHh,
        next: isLast ? gHn : at(gGates, t + 1), // what the state's gradient is, or is made of
        gCell: isLast ? gCn : gc0,
        gGates: at(gGates, t),
        gc: gc0,
      };
      const { kernel: made, bound } = backwardKernel(cell, isFirst, isLast);
      const buffers = bound.map((name) => views[name].buffer);
      gpu.run(made, buffers, [B, H, ...NAMES.flatMap((name) => placeOf(views[name]))], tilesOf(B, H));
    }
    matmul(gpu)(at(gGates, 0), weightHh, gh0);
    reduce(gpu)('sum', gGates, [0], { ...viewOf(gBias), shape: [1, ...gBias.shape], strides: [0, ...gBias.strides] });
  };

/** A view's own members: a tensor's are getters. */
const viewOf = ({ buffer, dtype, offset, shape, strides }: View): View => ({ buffer, dtype, offset, shape, strides });

/** A view's step. */
function at({ buffer, dtype, offset, shape, strides }: View, t: number): View {
  return { buffer, dtype, offset: offset + t * strides[0]!, shape: shape.slice(1), strides: strides.slice(1) };
}

/** Where a matrix lies: the parameters `<name>_at`, `<name>_row` and `<name>_column`. */
const placeOf = ({ offset, strides }: View): readonly number[] => [offset, ...strides];

function placeParameters(names: readonly string[]): Record<string, Word> {
  const words = names.flatMap((name) => [`${name}_at`, `${name}_row`, `${name}_column`]);
  return { B: 'u32', H: 'u32', ...Object.fromEntries(words.map((word): [string, Word] => [word, 'i32'])) };
}

const tilesOf = (B: number, H: number): number => Math.ceil(B / SIDE) * Math.ceil(H / SIDE);

/** The element of a matrix, in lane `lane` of its row. */
const element = (buffer: string, name: string, row = 'b', column = 'j', lane = 0): string => {
  const inLane = lane === 0 ? column : `(${column} + ${lane}u * p.H)`;
  return `${buffer}[p.${name}_at + i32(${row}) * p.${name}_row + i32(${inLane}) * p.${name}_column]`;
};

const FORWARD = ['weights', 'h', 'c', 'outputs', 'cells', 'gates'];
const forwardKernels = new WeakMap<Program, Kernel[]>();

/** The states that a step starts from are the first ones, or where the step before has put them. */
function forwardKernel(cell: Program, isFirst: boolean): Kernel {
  const known = forwardKernels.get(cell) ?? [];
  forwardKernels.set(cell, known);
  return (known[Number(isFirst)] ??= makeForward(cell, isFirst));
}

function makeForward(cell: Program, isFirst: boolean): Kernel {
  const { code, call, results } = printProgram(cell, 'f32', 'cell');
  const [h, c] = isFirst ? ['h', 'c'] : ['outputs', 'cells'];
  const argument = (leaf: Leaf): string => {
    const { slot, lane } = leaf as Extract<Leaf, { from: 'input' }>;
    return slot === 0 ? `${element('gates', 'gates', 'b', 'j', lane)} + sum[${lane}]` : element(c, 'c');
  };
  const written = ['cells', 'outputs', 'gates'];
  const stores = results.map(
    ({ output, lane, field }) => `${element(written[output]!, written[output]!, 'b', 'j', lane)} = r.${field};`,
  );
  const weights = [0, 1, 2, 3].map((gate) => element('weights', 'weights', `(column + ${gate}u * p.H)`, 'k'));
  return kernel({
    name: 'lstm',
    reads: { weights: 'f32', ...(isFirst && { h: 'f32', c: 'f32' }) },
    writes: { outputs: 'f32', cells: 'f32', gates: 'f32' },
    parameters: placeParameters(FORWARD),
    threads: SIDE * SIDE,
    code: `${code}
${tiles('vec4f')}
fn kernel(group: u32, thread: u32) {
  ${tileAt}
  ${product({
    ...{ type: 'vec4f', size: 'p.H', row: element(h, 'h', 'row', 'k') },
    ...{ column: `vec4f(${weights.join(', ')})`, isAlongSum: true },
  })}
  if (b >= p.B || j >= p.H) { return; }
  let r = ${call(argument)};
  ${stores.join('\n  ')}
}`,
  });
}

/** What a step back reads and writes. */
const NAMES = [
  'gOutputs',
  'before',
  'cells',
  'outputs',
  'activations',
  'weights',
  'next',
  'gCell',
  'gGates',
  'gc',
] as const;
type Name = (typeof NAMES)[number];

interface Backward {
  readonly kernel: Kernel;
  /** The views whose buffers it is bound to. */
  readonly bound: readonly Name[];
}
const backwardKernels = new WeakMap<Derived, Backward[]>();

function backwardKernel(cell: Derived, isFirst: boolean, isLast: boolean): Backward {
  const known = backwardKernels.get(cell) ?? [];
  backwardKernels.set(cell, known);
  return (known[Number(isFirst) + 2 * Number(isLast)] ??= makeBackward(cell, isFirst, isLast));
}

/** Where the cell's derived program finds what it reads; the gradient of h from the step after is computed. */
const SOURCES: Readonly<Record<Source['from'], readonly (Name | undefined)[]>> = {
  input: [undefined, 'before'],
  output: ['cells', 'outputs', 'activations'],
  cotangent: ['gCell', 'gOutputs', undefined, undefined],
};

function makeBackward({ program, sources }: Derived, isFirst: boolean, isLast: boolean): Backward {
  const { code, call, results } = printProgram(program, 'f32', 'cell');
  const named = sources.map(({ from, index }) => SOURCES[from][index]);
  const writes: readonly Name[] = ['gGates', 'gc'];
  // The first step's c is c0, later ones' lies in cells; what comes from the step after was written by it.
  const bufferOf = (name: Name): Name => {
    if (name === 'before' && !isFirst) return 'cells';
    if (name === 'next' && !isLast) return 'gGates';
    return name === 'gCell' && !isLast ? 'gc' : name;
  };
  const needed: readonly Name[] = ['next', ...(isLast ? [] : (['weights'] as const))];
  const used = [...needed, ...named.filter((name) => name !== undefined)].map(bufferOf);
  const reads = [...new Set(used)].filter((name) => !writes.includes(name));
  const argument = (leaf: Leaf): string => {
    const { slot, lane } = leaf as Extract<Leaf, { from: 'input' }>;
    const name = named[slot];
    return name ? element(bufferOf(name), name, 'b', 'j', lane) : 'gState';
  };
  const stores = results.map(
    ({ output, lane, field }) => `${element(writes[output]!, writes[output]!, 'b', 'j', lane)} = r.${field};`,
  );
  const fromNext = product({
    ...{ type: 'f32', size: '4u * p.H', row: element('gGates', 'next', 'row', 'k') },
    ...{ column: element('weights', 'weights', 'k', 'column'), isAlongSum: false },
  });
  const made = kernel({
    name: 'lstm.vjp',
    reads: Object.fromEntries(reads.map((name) => [name, 'f32'])),
    writes: Object.fromEntries(writes.map((name) => [name, 'f32'])),
    parameters: placeParameters(NAMES),
    threads: SIDE * SIDE,
    code: `${code}
${isLast ? '' : tiles('f32')}
fn kernel(group: u32, thread: u32) {
  ${tileAt}
  ${isLast ? '' : fromNext}
  if (b >= p.B || j >= p.H) { return; }
  let gState = ${isLast ? element('next', 'next') : 'sum'};
  let r = ${call(argument)};
  ${stores.join('\n  ')}
}`,
  });
  return { kernel: made, bound: [...reads, ...writes] };
}

/** The workgroup's memory: rows of the batch [8, 16], and columns of the weights [16, 8], of one or of four gates. */
const tiles = (type: string): string => `var<workgroup> rows: array<f32, ${SIDE * DEPTH}>;
var<workgroup> columns: array<${type}, ${SIDE * DEPTH}>;`;

/** Declares the place b, j of an invocation. */
const tileAt = `let across = (p.H + ${SIDE - 1}u) / ${SIDE}u;
  if (group >= across * ((p.B + ${SIDE - 1}u) / ${SIDE}u)) { return; }
  let top = group / across * ${SIDE}u;
  let left = group % across * ${SIDE}u;
  let b = top + thread / ${SIDE}u;
  let j = left + thread % ${SIDE}u;`;

interface Product {
  /** Of an element of the sum. */
  readonly type: 'f32' | 'vec4f';
  readonly size: string;
  /** What is at `row` and `k`, and at `k` and `column`. */
  readonly row: string;
  readonly column: string;
  /** Whether the weights lie along the sum, so that neighbouring threads should read along it. */
  readonly isAlongSum: boolean;
}

/** Declares `sum`, over k, for the invocation's row and column. What lies outside counts as 0. */
const product = ({ type, size, row, column, isAlongSum }: Product): string => `var sum = ${type}();
  for (var start = 0u; start < ${size}; start += ${DEPTH}u) {
    for (var slot = thread; slot < ${SIDE * DEPTH}u; slot += ${SIDE * SIDE}u) {
      {
        let row = top + slot / ${DEPTH}u;
        let k = start + slot % ${DEPTH}u;
        var value = 0f;
        if (row < p.B && k < ${size}) { value = ${row}; }
        rows[slot] = value;
      }
      {
        let inner = ${isAlongSum ? `slot % ${DEPTH}u` : `slot / ${SIDE}u`};
        let outer = ${isAlongSum ? `slot / ${DEPTH}u` : `slot % ${SIDE}u`};
        let k = start + inner;
        let column = left + outer;
        var value = ${type}();
        if (column < p.H && k < ${size}) { value = ${column}; }
        columns[inner * ${SIDE}u + outer] = value;
      }
    }
    workgroupBarrier();
    var part = ${type}(); // short sums of short sums are more exact
    for (var k = 0u; k < ${DEPTH}u; k++) {
      part += rows[thread / ${SIDE}u * ${DEPTH}u + k] * columns[k * ${SIDE}u + thread % ${SIDE}u];
    }
    sum += part;
    workgroupBarrier();
  }`;
