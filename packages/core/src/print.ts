/**
 * Tensors as text, character for character as PyTorch prints them (torch/_tensor_str.py), except for the names in the
 * suffix: `dtype=f64`, `requiresGrad=true`, `gradFn=<mul>`. The default dtypes, f32 and i32, and bool stay unnamed.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html (the defaults below).
 */

import type { DType, TypedArray } from './dtype.ts';

/** What is said of a tensor after its values; `gradFn` names the op that made it and takes the place of `requiresGrad`. */
export interface PrintSuffix {
  readonly requiresGrad?: boolean | undefined;
  readonly gradFn?: string | undefined;
}

const PRECISION = 4; // digits after the point
const THRESHOLD = 1000; // more elements than this are summarised
const EDGE_ITEMS = 3; // items that a summary keeps at each end of a dimension
const LINE_WIDTH = 80;
const PREFIX = 'tensor(';
const MORE_DIGITS = 40; // enough to tell an exact tie: no other double has that many zeros after its 5

/**
 * `tensor([[1.0000, 2.5000], [3.0000, 4.0000]])` and the like, over several lines where PyTorch does so.
 *
 * `data` holds the elements of `shape` in row-major order; more than 1000 are shown by their edges.
 */
export function formatTensor(
  data: TypedArray,
  shape: readonly number[],
  dtype: DType,
  suffix: PrintSuffix = {},
): string {
  const body = data.length === 0 ? '[]' : printValues(data, shape, dtype);
  return addSuffixes(PREFIX + body, suffixes(data, shape, dtype, suffix));
}

function suffixes(data: TypedArray, shape: readonly number[], dtype: DType, suffix: PrintSuffix): string[] {
  const empty = data.length === 0;
  const list: string[] = [];
  if (empty && shape.length !== 1) list.push(`size=(${shape.join(', ')})`);
  // Values show whether they are i32 or bool; without any, only the default stays unnamed.
  if (dtype === 'f64' || (empty && dtype !== 'f32')) list.push(`dtype=${dtype}`);
  if (suffix.gradFn !== undefined) list.push(`gradFn=<${suffix.gradFn}>`);
  else if (suffix.requiresGrad) list.push('requiresGrad=true');
  return list;
}

function addSuffixes(text: string, list: readonly string[]): string {
  let result = text;
  // PyTorch counts the first line one or two characters longer than it is: kept, since it decides where lines break.
  let lineLength = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of list) {
    if (lineLength + suffix.length + 2 > LINE_WIDTH) {
      result += `,\n${' '.repeat(PREFIX.length)}${suffix}`;
      lineLength = PREFIX.length + suffix.length;
    } else {
      result += `, ${suffix}`;
      lineLength += suffix.length + 2;
    }
  }
  return `${result})`;
}

/** The nested brackets: the last dimension fills lines, every other dimension starts a line for each item. */
function printValues(data: TypedArray, shape: readonly number[], dtype: DType): string {
  const summarize = data.length > THRESHOLD;
  const shown = shape.map((size) => shownIndices(size, summarize));
  const format = chooseFormat(shownValues(data, shape, shown), dtype);

  const printRow = (offset: number, indent: number): string => {
    const row = shape.length - 1;
    const items = shown[row]!.map((i) => format.print(data[offset + i]!).padStart(format.width));
    if (items.length < shape[row]!) items.splice(EDGE_ITEMS, 0, ' ...');
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / (format.width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
  };

  const printFrom = (dim: number, offset: number, indent: number): string => {
    const rank = shape.length - dim;
    if (rank === 1) return printRow(offset * shape[dim]!, indent);
    const items = shown[dim]!.map((i) => printFrom(dim + 1, offset * shape[dim]! + i, indent + 1));
    if (items.length < shape[dim]!) items.splice(EDGE_ITEMS, 0, '...');
    return `[${items.join(`,${'\n'.repeat(rank - 1)}${' '.repeat(indent + 1)}`)}]`;
  };

  if (shape.length === 0) return format.print(data[0]!).padStart(format.width);
  return printFrom(0, 0, PREFIX.length);
}

/** All indices of a dimension, or those of its two edges. */
function shownIndices(size: number, summarize: boolean): number[] {
  if (!summarize || size <= 2 * EDGE_ITEMS) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: 2 * EDGE_ITEMS }, (_, i) => (i < EDGE_ITEMS ? i : size - 2 * EDGE_ITEMS + i));
}

/** The values that will be printed: only they decide the number format. */
function shownValues(data: TypedArray, shape: readonly number[], shown: readonly (readonly number[])[]): number[] {
  let offsets = [0];
  shape.forEach((size, dim) => {
    offsets = offsets.flatMap((offset) => shown[dim]!.map((i) => offset * size + i));
  });
  return offsets.map((offset) => data[offset]!);
}

interface NumberFormat {
  readonly width: number;
  readonly print: (value: number) => string;
}

/** One format for all values of a tensor, chosen by the largest and smallest magnitude of the nonzero finite ones. */
function chooseFormat(values: readonly number[], dtype: DType): NumberFormat {
  if (dtype === 'bool') return withWidth(values, (value) => (value ? 'True' : 'False'));
  if (dtype === 'i32') return withWidth(values, String);

  const measured = values.filter((value) => Number.isFinite(value) && value !== 0);
  let largest = 0;
  let smallest = Infinity;
  for (const value of measured) {
    largest = Math.max(largest, Math.abs(value));
    smallest = Math.min(smallest, Math.abs(value));
  }
  // Without any measured value all three are false, and zeros print as `0.`.
  const wide = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
  const style = wide ? scientific : measured.every(Number.isInteger) ? whole : fixed;
  return withWidth(measured, (value) => (Number.isFinite(value) ? style(value) : nonFinite(value)));
}

/** As wide as the widest of `values`; zeros, infinities and nan are left out by the caller and may overhang. */
function withWidth(values: readonly number[], print: (value: number) => string): NumberFormat {
  return { width: values.reduce((width, value) => Math.max(width, print(value).length), 1), print };
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}

/** `-12.` */
function whole(value: number): string {
  return `${minusZero(value)}${value}.`;
}

/** `0.0312` for 0.03125: PyTorch rounds exact ties to even, toFixed rounds them up. */
function fixed(value: number): string {
  const tie = /^(-?\d+\.\d{3}[02468])50*$/.exec(value.toFixed(MORE_DIGITS));
  return minusZero(value) + (tie ? tie[1]! : value.toFixed(PRECISION));
}

/** `1.0000e-05`, with an exponent of at least two digits and exact ties to even. */
function scientific(value: number): string {
  const tie = /^(-?\d\.\d{3}[02468])50*(e.*)$/.exec(value.toExponential(MORE_DIGITS));
  const text = tie ? tie[1]! + tie[2]! : value.toExponential(PRECISION);
  return minusZero(value) + text.replace(/(?<=e[+-])(?=\d$)/, '0');
}

function minusZero(value: number): string {
  return Object.is(value, -0) ? '-' : '';
}
