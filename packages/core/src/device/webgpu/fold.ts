/**
 * The shader of reductions: L lanes (threads side by side) make an output. Each takes every L-th element, then they
 * combine in pairs, fours, eights...: within subgroups by shuffling, beyond through the workgroup's memory. How elements
 * are combined depends on the shape alone, so results do not depend on the GPU's subgroups.
 */

import type { DType } from '../../dtype.ts';
import type { ReduceOp } from '../device.ts';
import { wordOf } from './gpu.ts';
import { type Kernel, kernels, THREADS, type Word } from './kernel.ts';
import { type Walk, walkCode, walkParameters } from './walk.ts';

/** How values are folded. */
interface Fold {
  /** The accumulator's type, and what it is of nothing. */
  readonly type: 'f32' | 'i32' | 'vec2i';
  readonly start: string;
  /** An element, at place r of what is reduced, as accumulator. */
  readonly take: (x: string, r: string) => string;
  readonly combine: (a: string, b: string) => string;
  readonly finish: (result: string) => string;
}

/**
 * The kernel that folds the elements of `walkKey`'s dimensions, for each place in the others. In parts: what each
 * segment of the elements makes, [segments, outputs]. `shuffled` lanes combine by shuffling.
 */
export const foldKernel: (
  op: ReduceOp,
  dtype: DType,
  walkKey: string,
  rank: number,
  lanes: number,
  shuffled: number,
  inParts: boolean,
) => Kernel = kernels(
  (op: ReduceOp, dtype: DType, walkKey: string, rank: number, lanes: number, shuffled: number, inParts: boolean) => {
    const { type, start, take, combine, finish } = foldOf(op, dtype);
    return {
      name: op,
      reads: { x: wordOf(dtype) },
      writes: { y: op.startsWith('arg') || dtype !== 'f32' ? 'i32' : 'f32' },
      parameters: { ...walkParameters(walkKey), ...reducedParameters(rank), items: 'u32', size: 'u32', part: 'u32' },
      subgroups: shuffled > 1,
      code: `var<workgroup> totals: array<${type}, ${THREADS}>;
fn combine(a: ${type}, b: ${type}) -> ${type} { return ${combine('a', 'b')}; }
fn element(at: i32, r: u32) -> ${type} {
  ${placeCode(rank)}
  let value = x[at + place];
  return ${take('value', 'r')};
}
fn kernel(group: u32, thread: u32) {
  let lane = thread % ${lanes}u;
  let item = group * ${THREADS / lanes}u + thread / ${lanes}u;
  let index = item % p.count;
  ${walkCode(walkKey)}
  var total = ${type}(${start});
  if (item < p.items) {
    let first = item / p.count * p.part;
    let end = min(p.size, first + p.part);
    var r = first + lane;
    ${type === 'f32' ? inBlocks(lanes, [256, 16]) : each(lanes, 'total', 'end')}
  }
  ${lanesCode(lanes, shuffled)}
  if (lane == 0u && item < p.items) { y[${inParts ? 'item' : 'at1'}] = ${finish('total')}; }
}`,
    };
  },
);

/** The values of its parameters, after those of the walk. */
export function reducedValues(
  { sizes, strides }: Walk,
  { items, size, part }: Readonly<Record<'items' | 'size' | 'part', number>>,
): number[] {
  return [...sizes.slice(0, -1), ...strides[0]!, items, size, part];
}

function reducedParameters(rank: number): Record<string, Word> {
  const dims = Array.from({ length: rank }, (_, d) => d);
  return {
    ...Object.fromEntries(dims.slice(0, -1).map((d): [string, Word] => [`length${d}`, 'u32'])),
    ...Object.fromEntries(dims.map((d): [string, Word] => [`step${d}`, 'i32'])),
  };
}

/** Declares `place`: where element r of the reduced dimensions is. */
function placeCode(rank: number): string {
  const lines: string[] = [];
  const terms: string[] = [];
  for (let d = 0; d < rank; d++) {
    const rest = d === 0 ? 'r' : `left${d}`;
    const inner = d === rank - 1;
    terms.push(`i32(${inner ? rest : `${rest} % p.length${d}`}) * p.step${d}`);
    if (!inner) lines.push(`let left${d + 1} = ${rest} / p.length${d};`);
  }
  return `${lines.join(' ')} let place = ${terms.join(' + ') || '0'};`;
}

/** A lane's elements until `end`, in fours: so that four are on their way from memory at once. */
function each(lanes: number, total: string, end: string): string {
  const [a, b, c, d] = [0, 1, 2, 3].map((k) => `element(at0, r + ${k * lanes}u)`);
  return `for (; r + ${3 * lanes}u < ${end}; r += ${4 * lanes}u) {
      ${total} = combine(${total}, combine(combine(${a}, ${b}), combine(${c}, ${d})));
    }
    for (; r < ${end}; r += ${lanes}u) { ${total} = combine(${total}, element(at0, r)); }`;
}

/**
 * The same in blocks of blocks: a float sum of n numbers makes n rounding errors, each as large as the sum is by then, so
 * short sums of short sums are more exact.
 */
function inBlocks(lanes: number, [size, ...smaller]: readonly number[], total = 'total', end = 'end'): string {
  if (!size) return each(lanes, total, end);
  return `for (; r < ${end};) {
      let end${size} = min(${end}, r + ${size * lanes}u);
      var sum${size} = 0f;
      ${inBlocks(lanes, smaller, `sum${size}`, `end${size}`)}
      ${total} += sum${size};
    }`;
}

/** Combines lane 0 with 1, 2 with 3..., then 0 with 2...: lane 0 has the total in the end. */
function lanesCode(lanes: number, shuffled: number): string {
  const lines: string[] = [];
  let step = 1;
  for (; step < shuffled; step *= 2) lines.push(`total = combine(total, subgroupShuffleXor(total, ${step}u));`);
  if (step < lanes) lines.push('totals[thread] = total;', 'workgroupBarrier();');
  for (; step < lanes; step *= 2) {
    lines.push(
      `if (lane % ${2 * step}u == 0u) { total = combine(total, totals[thread + ${step}u]); totals[thread] = total; }`,
      'workgroupBarrier();',
    );
  }
  return lines.join('\n  ');
}

/** No element's key is smaller. */
const LEAST = 'i32(-2147483648)';

/** Extremes are found among integer keys, which grow with the value, or against it for the smallest; NaN has the last. */
function foldOf(op: ReduceOp, dtype: DType): Fold {
  const form = dtype === 'f32' ? 'f32' : 'i32';
  const not = op.endsWith('min') ? '~' : '';
  const value = (x: string): string => (dtype === 'bool' ? `i32(${x})` : x);
  if (op === 'sum') {
    const start = form === 'f32' ? '0f' : '0';
    return { type: form, start, take: value, combine: (a, b) => `${a} + ${b}`, finish: (sum) => sum };
  }
  const key = (x: string, order: string): string =>
    form === 'f32' ? `select(${not}${order}, 0x7fffffff, isNaN_(${x}))` : `${not}${value(x)}`;
  if (op === 'max' || op === 'min') {
    return {
      type: 'i32',
      start: LEAST,
      take: (x) => key(x, `rank_(bitcast<i32>(${x}))`),
      combine: (a, b) => `max(${a}, ${b})`,
      finish: (k) => (form === 'f32' ? `bitcast<f32>(rank_(${not}${k}))` : `${not}${k}`),
    };
  }
  return {
    type: 'vec2i',
    start: `${LEAST}, 0x7fffffff`, // any element is better: at a draw the first
    take: (x, r) => `vec2i(${key(x, `order_(${x})`)}, i32(${r}))`,
    combine: (a, b) => `select(${a}, ${b}, ${b}.x > ${a}.x || (${b}.x == ${a}.x && ${b}.y < ${a}.y))`,
    finish: (best) => `${best}.y`,
  };
}
