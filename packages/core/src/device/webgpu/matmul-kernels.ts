/** The kernels of matrix products. Strides are parameters, so transposes cost nothing. M: rows, K: inner size, N: columns. */

import { type Kernel, kernels, type Word } from './kernel.ts';
import { walkCode, walkParameters } from './walk.ts';

/** Rows and columns of an invocation's block. */
export const BLOCK = 4;
/** Rows and columns of a workgroup's tile, and how far along K it reaches at a time. */
export const TILE = 64;
const DEPTH = 16;
/** Threads along each side of a tile: each makes a block of 4 x 4. */
const SIDE: number = TILE / BLOCK;
/** Threads that share a dot product. */
const DOT_THREADS = 64;
/** Threads of a workgroup that makes blocks. */
export const BLOCK_THREADS = 64;

/** What is added to the product: nothing, what the output holds, or another view `c`. */
export type Plus = 'nothing' | 'output' | 'other';
type MadeFor<Variant extends boolean[]> = (walkKey: string, plus: Plus, ...variant: Variant) => Kernel;
type Made = MadeFor<[]>;

const four = [0, 1, 2, 3] as const;
const lines = (line: (k: number) => string): string => four.map(line).join('\n');

function parameters(walkKey: string, plus: Plus): Record<string, Word> {
  const views = plus === 'other' ? ['a', 'b', 'y', 'c'] : ['a', 'b', 'y'];
  const steps = views.flatMap((view) => [`${view}_row`, `${view}_column`]);
  return {
    ...walkParameters(walkKey),
    ...{ M: 'u32', K: 'u32', N: 'u32' },
    ...(Object.fromEntries(steps.map((step) => [step, 'i32'])) as Record<string, Word>),
  };
}

/** Buffers, and the places where the matrices of a batch begin. */
const source = (walkKey: string, plus: Plus) => ({
  reads: plus === 'other' ? { a: 'f32', b: 'f32', c: 'f32' } : { a: 'f32', b: 'f32' },
  writes: { y: 'f32' },
  parameters: parameters(walkKey, plus),
});

/** The statement that stores `sum` as the element of these i32. */
const store = (plus: Plus, row: string, column: string, sum: string): string => `{
    let at = at2 + ${row} * p.y_row + ${column} * p.y_column;
    y[at] = ${
      { nothing: '', output: 'y[at] + ', other: `c[at3 + ${row} * p.c_row + ${column} * p.c_column] + ` }[plus]
    }${sum};
  }`;

/** Stores a block whose rows are the vectors `sums`, which are registers as long as no variable says which one. */
const storeBlock = (plus: Plus): string =>
  lines((i) =>
    lines(
      (j) =>
        `if (row + ${i}u < p.M && column + ${j}u < p.N) ${store(plus, `i32(row + ${i}u)`, `i32(column + ${j}u)`, `sums[${i}][${j}]`)}`,
    ),
  );

/** Declares `row` and `column`, where the thread's block begins. */
const blockAt = (walkKey: string): string => `let across = (p.N + 3u) / 4u;
  let blocks = across * ((p.M + 3u) / 4u);
  let groups = (blocks + ${BLOCK_THREADS - 1}u) / ${BLOCK_THREADS}u;
  let index = group / groups;
  let block = (group % groups) * ${BLOCK_THREADS}u + thread;
  if (index >= p.count || block >= blocks) { return; }
  ${walkCode(walkKey)}
  let row = block / across * 4u;
  let column = block % across * 4u;`;

/** Rows and columns beyond the edge read the last one that there is, and are not stored. */
export const blocksKernel: Made = kernels((walkKey: string, plus: Plus) => ({
  name: 'matmul',
  ...source(walkKey, plus),
  threads: BLOCK_THREADS,
  code: `fn kernel(group: u32, thread: u32) {
  ${blockAt(walkKey)}
  ${lines((i) => `var from_a${i} = at0 + i32(min(row + ${i}u, p.M - 1u)) * p.a_row;`)}
  ${lines((j) => `var from_b${j} = at1 + i32(min(column + ${j}u, p.N - 1u)) * p.b_column;`)}
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < p.K; k++) {
    let right = vec4f(${four.map((j) => `b[from_b${j}]`).join(', ')});
    ${lines((i) => `sums[${i}] += a[from_a${i}] * right;`)}
    ${lines((i) => `from_a${i} += p.a_column;`)}
    ${lines((j) => `from_b${j} += p.b_row;`)}
  }
  ${storeBlock(plus)}
}`,
}));

/**
 * Blocks that read four elements at a time, which lie side by side along K, or along the rows (a) and columns (b). Where
 * they lie across K, rows or columns are a multiple of 4; K is one, and so are offsets and all other strides.
 */
export const vectorsKernel: MadeFor<[aAlongK: boolean, bAlongK: boolean]> = kernels(
  (walkKey, plus, aAlongK, bAlongK) => {
    const { reads, ...rest } = source(walkKey, plus);
    const start = (name: 'a' | 'b', alongK: boolean): string => {
      const [at, first, last, step] =
        name === 'a' ? ['at0', 'row', 'p.M', 'p.a_row'] : ['at1', 'column', 'p.N', 'p.b_column'];
      return alongK
        ? lines((i) => `var from_${name}${i} = (${at} + i32(min(${first} + ${i}u, ${last} - 1u)) * ${step}) / 4;`)
        : `var from_${name} = (${at} + i32(${first})) / 4;`;
    };
    const load = (name: 'a' | 'b', alongK: boolean): string => {
      const step = name === 'a' ? 'p.a_column' : 'p.b_row';
      return alongK
        ? lines((i) => `let ${name}${i} = ${name}[from_${name}${i}]; from_${name}${i}++;`)
        : `${lines((k) => `let ${name}${k} = ${name}[from_${name} + ${k} * (${step} / 4)];`)}\nfrom_${name} += ${step};`;
    };
    const left = (i: number, k: number): string => (aAlongK ? `a${i}[${k}]` : `a${k}[${i}]`);
    const right = (k: number): string => (bAlongK ? `vec4f(${four.map((j) => `b${j}[${k}]`).join(', ')})` : `b${k}`);
    return {
      name: 'matmul',
      ...rest,
      reads: { ...reads, a: 'vec4f', b: 'vec4f' },
      threads: BLOCK_THREADS,
      code: `fn kernel(group: u32, thread: u32) {
  ${blockAt(walkKey)}
  ${start('a', aAlongK)}
  ${start('b', bAlongK)}
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < p.K; k += 4u) {
    ${load('a', aAlongK)}
    ${load('b', bAlongK)}
    ${lines((k) => `let right${k} = ${right(k)};\n${lines((i) => `sums[${i}] += ${left(i, k)} * right${k};`)}`)}
  }
  ${storeBlock(plus)}
}`,
    };
  },
);

/** Threads read what lies side by side: along K, or along the rows (a) and columns (b). What lies outside counts as 0. */
export const tilesKernel: MadeFor<[aAlongK: boolean, bAlongK: boolean]> = kernels((walkKey, plus, aAlongK, bAlongK) => {
  const place = (alongK: boolean): string =>
    alongK
      ? `let inner = slot % ${DEPTH}u; let outer = slot / ${DEPTH}u;`
      : `let inner = slot / ${TILE}u; let outer = slot % ${TILE}u;`;
  const fill = (name: 'a' | 'b', alongK: boolean): string => {
    const [size, first, at] = name === 'a' ? ['p.M', 'top', 'at0'] : ['p.N', 'left', 'at1'];
    const steps =
      name === 'a'
        ? 'i32(outer_at) * p.a_row + i32(inner_at) * p.a_column'
        : 'i32(inner_at) * p.b_row + i32(outer_at) * p.b_column';
    return `for (var slot = thread; slot < ${TILE * DEPTH}u; slot += ${SIDE * SIDE}u) {
      ${place(alongK)}
      let outer_at = ${first} + outer;
      let inner_at = start + inner;
      var value = 0f;
      if (outer_at < ${size} && inner_at < p.K) { value = ${name}[${at} + ${steps}]; }
      tile_${name}[inner * ${TILE}u + outer] = value;
    }`;
  };
  return {
    name: 'matmul',
    ...source(walkKey, plus),
    threads: SIDE * SIDE,
    code: `
var<workgroup> tile_a: array<f32, ${TILE * DEPTH}>;
var<workgroup> tile_b: array<f32, ${TILE * DEPTH}>;
fn kernel(group: u32, thread: u32) {
  let across = (p.N + ${TILE - 1}u) / ${TILE}u;
  let tiles = across * ((p.M + ${TILE - 1}u) / ${TILE}u);
  let index = min(group / tiles, p.count - 1u);
  let is_extra = group >= tiles * p.count;
  ${walkCode(walkKey)}
  let tile = group % tiles;
  let top = tile / across * ${TILE}u;
  let left = tile % across * ${TILE}u;
  let in_row = thread / ${SIDE}u * 4u;
  let in_column = thread % ${SIDE}u * 4u;
  var sums: array<vec4f, 4>;
  for (var start = 0u; start < p.K; start += ${DEPTH}u) {
    ${fill('a', aAlongK)}
    ${fill('b', bAlongK)}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      let from_a = k * ${TILE}u + in_row;
      let from_b = k * ${TILE}u + in_column;
      let right = vec4f(${four.map((j) => `tile_b[from_b + ${j}u]`).join(', ')});
      ${lines((i) => `sums[${i}] += tile_a[from_a + ${i}u] * right;`)}
    }
    workgroupBarrier();
  }
  if (is_extra) { return; }
  let row = top + in_row;
  let column = left + in_column;
  ${storeBlock(plus)}
}`,
  };
});

/** Each thread sums every 64th product; then halves add up. */
export const dotsKernel: Made = kernels((walkKey: string, plus: Plus) => ({
  name: 'matmul',
  ...source(walkKey, plus),
  threads: DOT_THREADS,
  code: `
var<workgroup> partial: array<f32, ${DOT_THREADS}>;
fn kernel(group: u32, thread: u32) {
  let elements = p.M * p.N;
  let index = min(group / elements, p.count - 1u);
  let is_extra = group >= elements * p.count;
  ${walkCode(walkKey)}
  let row = i32(group % elements / p.N);
  let column = i32(group % elements % p.N);
  let from_a = at0 + row * p.a_row;
  let from_b = at1 + column * p.b_column;
  var sum = 0f;
  for (var k = thread; k < p.K; k += ${DOT_THREADS}u) {
    sum += a[from_a + i32(k) * p.a_column] * b[from_b + i32(k) * p.b_row];
  }
  partial[thread] = sum;
  for (var half = ${DOT_THREADS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { partial[thread] += partial[thread + half]; }
  }
  if (thread == 0u && !is_extra) ${store(plus, 'row', 'column', 'partial[0]')}
}`,
}));
