/**
 * The LSTM's time loop, a dispatch a time step, forward and back. T: time, B: batch, H: hidden features.
 *
 * A workgroup has 8 x 8 threads, which hold what the recurrent product reads in its memory. A thread makes some rows of
 * four columns of the product: forward the gates of one element of the state, back four elements. Then it runs the cell
 * for them, which is its scalar program, as everywhere.
 * Definition: ops/lstm-sequence.ts.
 */

import type { Derived, Program, Source } from '../../scalar/program.ts';
import type { FusedKernels, View } from '../device.ts';
import type { Gpu } from './gpu.ts';
import { type Kernel, kernel, type Word } from './kernel.ts';
import { matmul } from './matmul.ts';
import { reduce } from './reduce.ts';
import { type Leaf, printProgram } from './wgsl-program.ts';

/** Threads along each side of a workgroup, and how far along the sum it reaches at a time. */
const SIDE = 8;
const DEPTH = 16;
/** Columns of the product that a thread makes. */
const WIDTH = 4;
/** Rows of the batch that a thread takes: one where there are few. */
const rowsFor = (B: number): number => (B > SIDE ? 4 : 1);

export const lstmForward =
  (gpu: Gpu): NonNullable<FusedKernels['lstmForward']> =>
  (cell, { h0, c0, weightHh }, { gates, outputs, cells }) => {
    const [T, B, H] = outputs.shape as [number, number, number];
    for (let t = 0; t < T; t++) {
      const isFirst = t === 0;
      const [h, c] = isFirst ? [h0, c0] : [at(outputs, t - 1), at(cells, t - 1)];
      const made = forwardKernel(cell, rowsFor(B), isFirst);
      const starts = isFirst ? [h0.buffer, c0.buffer] : [];
      const written = [outputs, cells, gates].map(({ buffer }) => buffer);
      const places = [weightHh, h, c, at(outputs, t), at(cells, t), at(gates, t)];
      gpu.run(made, [weightHh.buffer, ...starts, ...written], [B, H, ...places.flatMap(placeOf)], tilesOf(B, H, 1));
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
      const { kernel: made, bound } = backwardKernel(cell, rowsFor(B), isFirst, isLast);
      const buffers = bound.map((name) => views[name].buffer);
      gpu.run(made, buffers, [B, H, ...NAMES.flatMap((name) => placeOf(views[name]))], tilesOf(B, H, WIDTH));
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

/** Workgroups whose threads make so many columns of the state each. */
const tilesOf = (B: number, H: number, columns: number): number =>
  Math.ceil(B / (SIDE * rowsFor(B))) * Math.ceil(H / (SIDE * columns));

/** The element of a matrix, in lane `lane` of its row. */
const element = (buffer: string, name: string, row = 'b', column = 'j', lane = 0): string => {
  const inLane = lane === 0 ? column : `(${column} + ${lane}u * p.H)`;
  return `${buffer}[p.${name}_at + i32(${row}) * p.${name}_row + i32(${inLane}) * p.${name}_column]`;
};

const FORWARD = ['weights', 'h', 'c', 'outputs', 'cells', 'gates'];

/** The states that a step starts from are the first ones, or where the step before has put them. */
const forwardKernel = variants((cell: Program, rows: number, isFirst: boolean): Kernel => {
  const { code, call, results } = printProgram(cell, 'f32', 'cell');
  const [h, c] = isFirst ? ['h', 'c'] : ['outputs', 'cells'];
  const argument = (leaf: Leaf): string => {
    const { slot, lane } = leaf as Extract<Leaf, { from: 'input' }>;
    return slot === 0 ? `${element('gates', 'gates', 'b', 'j', lane)} + sums[i][${lane}]` : element(c, 'c');
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
${tiles(rows)}
fn kernel(group: u32, thread: u32) {
  ${tileAt(rows, 1)}
  ${product({
    ...{ rows, size: 'p.H', row: element(h, 'h', 'row', 'k'), isAlongSum: true },
    column: `let column = min(left + outer, p.H - 1u); value = vec4f(${weights.join(', ')});`,
  })}
  let j = left + thread % ${SIDE}u;
  for (var i = 0u; i < ${rows}u; i++) {
    let b = top + thread / ${SIDE}u * ${rows}u + i;
    if (b >= p.B || j >= p.H) { break; }
    let r = ${call(argument)};
    ${stores.join('\n    ')}
  }
}`,
  });
});

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

/** Where the cell's derived program finds what it reads; the gradient of h from the step after is computed. */
const SOURCES: Readonly<Record<Source['from'], readonly (Name | undefined)[]>> = {
  input: [undefined, 'before'],
  output: ['cells', 'outputs', 'activations'],
  cotangent: ['gCell', 'gOutputs', undefined, undefined],
};

const backwardKernel = variants(
  ({ program, sources }: Derived, rows: number, isFirst: boolean, isLast: boolean): Backward => {
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
    const weights = [0, 1, 2, 3].map((n) => element('weights', 'weights', 'k', `min(column + ${n}u, p.H - 1u)`));
    const fromNext = product({
      ...{ rows, size: '4u * p.H', row: element('gGates', 'next', 'row', 'k'), isAlongSum: false },
      column: `let column = left + outer * 4u; value = vec4f(${weights.join(', ')});`,
    });
    const made = kernel({
      name: 'lstm.vjp',
      reads: Object.fromEntries(reads.map((name) => [name, 'f32'])),
      writes: Object.fromEntries(writes.map((name) => [name, 'f32'])),
      parameters: placeParameters(NAMES),
      threads: SIDE * SIDE,
      code: `${code}
${isLast ? '' : tiles(rows)}
fn kernel(group: u32, thread: u32) {
  ${tileAt(rows, WIDTH)}
  ${isLast ? '' : fromNext}
  for (var i = 0u; i < ${rows}u; i++) {
    let b = top + thread / ${SIDE}u * ${rows}u + i;
    for (var n = 0u; n < ${WIDTH}u; n++) {
      let j = left + thread % ${SIDE}u * ${WIDTH}u + n;
      if (b >= p.B || j >= p.H) { break; }
      let gState = ${isLast ? element('next', 'next') : 'sums[i][n]'};
      let r = ${call(argument)};
      ${stores.join('\n      ')}
    }
  }
}`,
    });
    return { kernel: made, bound: [...reads, ...writes] };
  },
);

/** Kernels of a cell, made once for each of the other arguments. */
function variants<Cell extends object, Rest extends readonly (number | boolean)[], Made>(
  make: (cell: Cell, ...rest: Rest) => Made,
): (cell: Cell, ...rest: Rest) => Made {
  const known = new WeakMap<Cell, Map<string, Made>>();
  return (cell, ...rest) => {
    const ofCell = known.get(cell) ?? new Map<string, Made>();
    known.set(cell, ofCell);
    const key = rest.join();
    let made = ofCell.get(key);
    if (!made) ofCell.set(key, (made = make(cell, ...rest)));
    return made;
  };
}

/** The workgroup's memory: rows of the batch, and fours of columns of the weights. */
const tiles = (rows: number): string => `var<workgroup> rows: array<f32, ${DEPTH * SIDE * rows}>;
var<workgroup> columns: array<vec4f, ${DEPTH * SIDE}>;`;

/** Declares where the workgroup's part of the state begins: row `top`, column `left`. */
const tileAt = (
  rows: number,
  columns: number,
): string => `let across = (p.H + ${SIDE * columns - 1}u) / ${SIDE * columns}u;
  if (group >= across * ((p.B + ${SIDE * rows - 1}u) / ${SIDE * rows}u)) { return; }
  let top = group / across * ${SIDE * rows}u;
  let left = group % across * ${SIDE * columns}u;`;

interface Product {
  /** That a thread makes. */
  readonly rows: number;
  /** Of the sum. */
  readonly size: string;
  /** What is at `row` and `k`. */
  readonly row: string;
  /** Sets `value` to the four columns of thread column `outer`, at `k`. */
  readonly column: string;
  /** Whether the weights lie along the sum, so that neighbouring threads should read along it. */
  readonly isAlongSum: boolean;
}

/** Declares `sums`: four columns of each of the thread's rows. What lies outside counts as 0, or goes nowhere. */
function product({ rows, size, row, column, isAlongSum }: Product): string {
  const all = Array.from({ length: rows }, (_, i) => i);
  return `var sums = array<vec4f, ${rows}>();
  for (var start = 0u; start < ${size}; start += ${DEPTH}u) {
    for (var slot = thread; slot < ${DEPTH * SIDE * rows}u; slot += ${SIDE * SIDE}u) {
      let row = min(top + slot / ${DEPTH}u, p.B - 1u);
      let k = start + slot % ${DEPTH}u;
      var value = 0f;
      if (k < ${size}) { value = ${row}; }
      rows[slot % ${DEPTH}u * ${SIDE * rows}u + slot / ${DEPTH}u] = value;
    }
    for (var slot = thread; slot < ${DEPTH * SIDE}u; slot += ${SIDE * SIDE}u) {
      let inner = ${isAlongSum ? `slot % ${DEPTH}u` : `slot / ${SIDE}u`};
      let outer = ${isAlongSum ? `slot / ${DEPTH}u` : `slot % ${SIDE}u`};
      let k = start + inner;
      var value = vec4f();
      if (k < ${size}) { ${column} }
      columns[inner * ${SIDE}u + outer] = value;
    }
    workgroupBarrier();
    var parts = array<vec4f, ${rows}>(); // short sums of short sums are more exact; SwiftShader sets only what has a value anew
    for (var k = 0u; k < ${DEPTH}u; k++) {
      let right = columns[k * ${SIDE}u + thread % ${SIDE}u];
      let first = k * ${SIDE * rows}u + thread / ${SIDE}u * ${rows}u;
      ${all.map((i) => `parts[${i}] += rows[first + ${i}u] * right;`).join('\n      ')}
    }
    ${all.map((i) => `sums[${i}] += parts[${i}];`).join('\n    ')}
    workgroupBarrier();
  }`;
}
